package io.rowpost.benchmarks;

import io.rowpost.core.OutboxRecord;
import io.rowpost.core.TransactionalOutbox;
import io.rowpost.jdbc.JdbcOutboxStore;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import javax.sql.DataSource;

/**
 * What an append adds to a business transaction: one INSERT of an order and a COMMIT, by itself,
 * with a hand-written INSERT into the outbox, and with {@link TransactionalOutbox#append}.
 */
final class AppendCost {
  static final String BASE = "business transaction alone";
  static final String RAW = "with a hand-written outbox INSERT";
  static final String ROWPOST = "with Rowpost's append";

  private static final String ORDERS =
      "CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, note text)";
  private static final String ORDER = "INSERT INTO orders (note) VALUES (?)";
  private static final String OUTBOX =
      """
      INSERT INTO "rowpost_outbox"
        (id, bucket, topic, message_key, type, source, content_type, headers, traceparent,
         payload, available_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """;

  private final DataSource dataSource;
  private final TransactionalOutbox<Connection> outbox;
  private final byte[] payload = new byte[Bench.PAYLOAD_BYTES];

  AppendCost(DataSource dataSource) {
    this.dataSource = dataSource;
    this.outbox = TransactionalOutbox.builder(JdbcOutboxStore.builder(dataSource).build()).build();
  }

  /** Runs the three ways in turn, so many rounds of so many seconds with so many threads. */
  Samples run(int rounds, int seconds, int threads)
      throws SQLException, InterruptedException, ExecutionException {
    Bench.execute(dataSource, ORDERS);
    var samples = new Samples();
    for (int round = -1; round < rounds; round++) {
      double base = rate(threads, seconds, this::alone);
      double raw = rate(threads, seconds, this::byHand);
      double rowpost = rate(threads, seconds, this::append);
      Bench.execute(dataSource, "TRUNCATE orders, \"rowpost_outbox\"");
      if (round >= 0) {
        samples.add(BASE, base);
        samples.add(RAW, raw);
        samples.add(ROWPOST, rowpost);
      }
    }
    return samples;
  }

  private interface Work {
    void run(Connection connection, PreparedStatement order, PreparedStatement insert)
        throws SQLException;
  }

  private double rate(int threads, int seconds, Work work)
      throws InterruptedException, ExecutionException {
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try {
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
      var done = new AtomicLong();
      List<Future<Void>> running = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        Callable<Void> loop =
            () -> {
              try (Connection connection = dataSource.getConnection();
                  PreparedStatement order = connection.prepareStatement(ORDER);
                  PreparedStatement insert = connection.prepareStatement(OUTBOX)) {
                connection.setAutoCommit(false);
                while (System.nanoTime() < end) {
                  work.run(connection, order, insert);
                  connection.commit();
                  done.incrementAndGet();
                }
              }
              return null;
            };
        running.add(pool.submit(loop));
      }
      for (Future<Void> thread : running) {
        thread.get();
      }
      return done.get() / (double) seconds;
    } finally {
      pool.shutdownNow();
    }
  }

  private void alone(Connection connection, PreparedStatement order, PreparedStatement insert)
      throws SQLException {
    order.setString(1, "an order");
    order.executeUpdate();
  }

  private void byHand(Connection connection, PreparedStatement order, PreparedStatement insert)
      throws SQLException {
    alone(connection, order, insert);
    OutboxRecord record = Bench.record(payload, ByteBuffer.wrap(payload).getInt());
    insert.setObject(1, UUID.randomUUID());
    insert.setInt(2, record.bucket());
    insert.setString(3, record.topic());
    insert.setString(4, record.key());
    insert.setString(5, record.type());
    insert.setString(6, "/bench");
    insert.setString(7, record.contentType());
    insert.setString(8, null);
    insert.setString(9, null);
    insert.setBytes(10, payload);
    insert.setObject(11, null, java.sql.Types.TIMESTAMP_WITH_TIMEZONE);
    insert.executeUpdate();
  }

  private void append(Connection connection, PreparedStatement order, PreparedStatement insert)
      throws SQLException {
    alone(connection, order, insert);
    outbox.append(connection, Bench.record(payload, 0));
  }
}
