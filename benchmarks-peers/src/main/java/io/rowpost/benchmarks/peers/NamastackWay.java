package io.rowpost.benchmarks.peers;

import io.namastack.outbox.Outbox;
import io.namastack.outbox.OutboxJacksonAutoConfiguration;
import io.namastack.outbox.config.JdbcOutboxAutoConfiguration;
import io.namastack.outbox.config.JdbcOutboxSchemaAutoConfiguration;
import io.namastack.outbox.config.OutboxCoreInfrastructureAutoConfiguration;
import io.namastack.outbox.config.OutboxCoreMulticasterAutoConfiguration;
import io.namastack.outbox.config.OutboxCoreProcessingAutoConfiguration;
import io.namastack.outbox.config.OutboxCoreSchedulingAutoConfiguration;
import io.namastack.outbox.config.OutboxCoreThreadingAutoConfiguration;
import io.namastack.outbox.handler.OutboxRecordMetadata;
import io.namastack.outbox.handler.OutboxTypedHandler;
import io.rowpost.benchmarks.Place;
import io.rowpost.benchmarks.Sink;
import io.rowpost.benchmarks.WayMain;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.autoconfigure.task.TaskExecutionAutoConfiguration;
import org.springframework.boot.autoconfigure.task.TaskSchedulingAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceTransactionManagerAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.JdbcClientAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.JdbcTemplateAutoConfiguration;
import org.springframework.boot.transaction.autoconfigure.TransactionAutoConfiguration;
import org.springframework.context.annotation.Configuration;

/** namastack-outbox with its JDBC starter, set as its own performance test sets it. */
public final class NamastackWay extends SpringWay {
  private static final Map<String, String> BUSY =
      Map.of(
          "namastack.outbox.polling.batch-size", "1000",
          "namastack.outbox.polling.fixed.interval", "100ms",
          "namastack.outbox.processing.executor-core-pool-size", "16",
          "namastack.outbox.processing.executor-max-pool-size", "32",
          "namastack.outbox.instance.heartbeat-interval", "1s",
          "namastack.outbox.instance.rebalance-interval", "1s");
  private static final Map<String, String> RESTING =
      Map.of("namastack.outbox.polling.fixed.interval", "1h");

  private final Handler handler;
  private volatile Outbox outbox;

  private NamastackWay(Place place, Handler handler) {
    super(
        place,
        Application.class,
        RESTING,
        context -> context.registerBean(Handler.class, () -> handler));
    this.handler = handler;
    this.outbox = context().getBean(Outbox.class);
  }

  /**
   * Runs it.
   *
   * @param arguments the JDBC URL and the user
   */
  public static void main(String[] arguments) throws Exception {
    WayMain.run(arguments, place -> new NamastackWay(place, new Handler()));
  }

  /** What the starter configures, and nothing of other libraries on the class path. */
  @Configuration(proxyBeanMethods = false)
  @ImportAutoConfiguration({
    DataSourceTransactionManagerAutoConfiguration.class,
    TransactionAutoConfiguration.class,
    TaskExecutionAutoConfiguration.class,
    TaskSchedulingAutoConfiguration.class,
    JdbcTemplateAutoConfiguration.class,
    JdbcClientAutoConfiguration.class,
    OutboxJacksonAutoConfiguration.class,
    OutboxCoreInfrastructureAutoConfiguration.class,
    OutboxCoreThreadingAutoConfiguration.class,
    OutboxCoreProcessingAutoConfiguration.class,
    OutboxCoreSchedulingAutoConfiguration.class,
    OutboxCoreMulticasterAutoConfiguration.class,
    JdbcOutboxAutoConfiguration.class,
    JdbcOutboxSchemaAutoConfiguration.class
  })
  static class Application {}

  /** Hands on what is due. */
  static final class Handler implements OutboxTypedHandler<PeerEvent> {
    private volatile @Nullable Sink sink;

    @Override
    public void handle(PeerEvent event, OutboxRecordMetadata metadata) {
      event.handTo(Objects.requireNonNull(sink, "sink"));
    }
  }

  @Override
  public String settings() {
    return "batch-size 1000, interval 100ms, 16 to 32 threads, pool of 40 connections";
  }

  @Override
  void append(int number) {
    PeerEvent event = PeerEvent.number(number);
    outbox.schedule(event, event.key());
  }

  @Override
  String tables() {
    return "outbox_record";
  }

  /** One instance at a time: two would share the work, also the one that has no time for it. */
  @Override
  public AutoCloseable relay(Sink sink) {
    handler.sink = sink;
    become(BUSY);
    return () -> become(RESTING);
  }

  private void become(Map<String, String> settings) {
    restart(settings);
    outbox = context().getBean(Outbox.class);
  }
}
