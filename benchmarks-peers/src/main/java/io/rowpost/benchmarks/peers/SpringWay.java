package io.rowpost.benchmarks.peers;

import com.zaxxer.hikari.HikariDataSource;
import io.rowpost.benchmarks.Orders;
import io.rowpost.benchmarks.Place;
import io.rowpost.benchmarks.Sink;
import io.rowpost.benchmarks.Way;
import java.util.LinkedHashMap;
import java.util.Map;
import javax.sql.DataSource;
import org.springframework.boot.Banner;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.support.TransactionTemplate;

/** A peer that is a part of Spring applications. */
abstract class SpringWay implements Way {
  private static final int BATCH = 1000;

  private final Class<?> application;
  private final ApplicationContextInitializer<GenericApplicationContext> beans;
  private final HikariDataSource pool;
  private final JdbcTemplate jdbc;
  private ConfigurableApplicationContext context;

  SpringWay(
      Place place,
      Class<?> application,
      Map<String, String> settings,
      ApplicationContextInitializer<GenericApplicationContext> beans) {
    this.application = application;
    this.beans = beans;
    pool = place.pool();
    jdbc = new JdbcTemplate(pool);
    jdbc.execute(Orders.TABLE);
    context = start(settings);
  }

  private ConfigurableApplicationContext start(Map<String, String> settings) {
    return new SpringApplicationBuilder(application)
        .web(WebApplicationType.NONE)
        .bannerMode(Banner.Mode.OFF)
        .logStartupInfo(false)
        .registerShutdownHook(false)
        .properties(new LinkedHashMap<>(settings))
        .initializers(
            starting -> {
              var generic = (GenericApplicationContext) starting;
              // Not a bean to be closed: it lives longer than a context.
              generic.registerBean(
                  DataSource.class, () -> pool, bean -> bean.setDestroyMethodName(""));
              beans.initialize(generic);
            })
        .run();
  }

  /** Starts the application again, with other settings. */
  final void restart(Map<String, String> settings) {
    context.close();
    context = start(settings);
  }

  final ConfigurableApplicationContext context() {
    return context;
  }

  private TransactionTemplate transactions() {
    return context.getBean(TransactionTemplate.class);
  }

  /** Appends an event to the transaction of this thread. */
  abstract void append(int number);

  abstract String tables();

  @Override
  public void clear() {
    jdbc.execute("TRUNCATE orders, " + tables());
  }

  @Override
  public void fill(int from, int to) {
    for (int first = from; first < to; first += BATCH) {
      int begin = first;
      int end = Math.min(to, first + BATCH);
      transactions()
          .executeWithoutResult(
              status -> {
                for (int number = begin; number < end; number++) {
                  append(number);
                }
              });
    }
  }

  @Override
  public void transact(int number) {
    transactions()
        .executeWithoutResult(
            status -> {
              jdbc.update(Orders.INSERT, Orders.note(number));
              append(number);
            });
  }

  @Override
  public long purge() {
    throw new UnsupportedOperationException("not measured");
  }

  @Override
  public abstract AutoCloseable relay(Sink sink);

  @Override
  public void close() {
    context.close();
    pool.close();
  }
}
