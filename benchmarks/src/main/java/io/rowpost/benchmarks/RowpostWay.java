package io.rowpost.benchmarks;

import com.zaxxer.hikari.HikariDataSource;
import io.rowpost.core.OutboxAdmin;
import io.rowpost.core.OutboxRelay;
import io.rowpost.core.TransactionalOutbox;
import io.rowpost.jdbc.JdbcOutboxStore;
import io.rowpost.jdbc.JdbcTransactor;
import io.rowpost.jdbc.Layout;
import io.rowpost.jdbc.Schema;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Rowpost with its defaults. */
final class RowpostWay implements Way {
  /** How a business transaction gets its event. */
  enum Append {
    /** {@code append} in a transaction of the caller. */
    IN_YOURS,
    /** {@code executeWithOutbox}, which commits itself. */
    IN_OURS
  }

  private static final String IDLE_PREFIX = "idle_";

  private final HikariDataSource pool;
  private final Append append;
  private final JdbcOutboxStore store;
  private final JdbcTransactor transactor;
  private final TransactionalOutbox<Connection> outbox;
  private volatile @Nullable OutboxRelay relay;

  RowpostWay(Place place, Layout layout, boolean keepSent, Append append) throws SQLException {
    this.pool = place.pool();
    this.append = append;
    Tables.install(pool, layout);
    store = JdbcOutboxStore.builder(pool).keepSent(keepSent).build();
    transactor = new JdbcTransactor(pool);
    outbox = TransactionalOutbox.builder(store).transactor(transactor).wakeUp(this::wakeUp).build();
  }

  /** Its transactions wake a relay of another outbox, in which there is nothing. */
  static RowpostWay wakingAnIdleRelay(Place place) throws SQLException {
    var way = new RowpostWay(place, Layout.LOG, false, Append.IN_OURS);
    Schema.install(way.pool, null, IDLE_PREFIX, Layout.LOG);
    JdbcOutboxStore idle = JdbcOutboxStore.builder(way.pool).tablePrefix(IDLE_PREFIX).build();
    Sink nothing = Sink.nowhere(0, 0, Arrivals.NOWHERE, () -> {});
    way.relay = OutboxRelay.builder(idle, nothing).build().start();
    return way;
  }

  private void wakeUp() {
    OutboxRelay running = relay;
    if (running != null) {
      running.wakeUp();
    }
  }

  @Override
  public String settings() {
    return "defaults";
  }

  @Override
  public void clear() throws SQLException {
    Sql.execute(pool, Tables.CLEAR);
  }

  @Override
  public void fill(int from, int to) {
    Events.fill(transactor, outbox, from, to);
  }

  @Override
  public void transact(int number) throws SQLException {
    if (append == Append.IN_OURS) {
      outbox.<Integer, SQLException>executeWithOutbox(
          Events.record(number), tx -> Orders.insert(tx, number));
      return;
    }
    transactor.<Integer, SQLException>inTransaction(
        tx -> {
          Orders.insert(tx, number);
          outbox.append(tx, Events.record(number));
          return number;
        });
  }

  @Override
  public AutoCloseable relay(Sink sink) {
    OutboxRelay started = OutboxRelay.builder(store, sink).build();
    relay = started;
    started.start();
    return () -> {
      relay = null;
      started.close();
    };
  }

  @Override
  public long purge() {
    OutboxAdmin admin = store.admin();
    long purged = 0;
    for (long step = admin.purge(Duration.ZERO); step > 0; step = admin.purge(Duration.ZERO)) {
      purged += step;
    }
    return purged;
  }

  @Override
  public void close() {
    store.close();
    pool.close();
  }
}
