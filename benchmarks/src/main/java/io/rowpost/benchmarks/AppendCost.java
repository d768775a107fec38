package io.rowpost.benchmarks;

import io.rowpost.core.OutboxRecord;
import io.rowpost.core.TransactionalOutbox;
import io.rowpost.jdbc.JdbcOutboxStore;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Types;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import javax.sql.DataSource;

/**
 * What an append adds to a business transaction: one INSERT of an order and a COMMIT, by itself,
 * with a hand-written INSERT into the outbox, and with {@link TransactionalOutbox#append}.
 */
final class AppendCost {
  static final String ALONE = "business transaction: INSERT, COMMIT";
  static final String BY_HAND = "the same with a hand-written INSERT into the outbox";
  static final String ROWPOST = "the same with Rowpost's append";

  static final int MANY = 100;
  static final int THREADS = 8;

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

  /** Any bucket will do for a row that nobody fetches. */
  private static final int BUCKET = 1;

  private final DataSource dataSource;
  private final TransactionalOutbox<Connection> outbox;
  private final Meter meter;

  /** The data source must lead to an empty database with Rowpost's tables. */
  AppendCost(DataSource dataSource) throws SQLException {
    this.dataSource = dataSource;
    this.outbox = TransactionalOutbox.builder(JdbcOutboxStore.appendOnly().build()).build();
    this.meter = new Meter(dataSource);
    Sql.execute(dataSource, ORDERS);
  }

  /** What is done in one transaction, and committed by the caller. */
  interface Transaction {
    void run(Statements statements, int number) throws SQLException;
  }

  /** A connection and what is prepared on it. */
  record Statements(Connection connection, PreparedStatement order, PreparedStatement insert) {}

  Samples run(int warmUps, int rounds, int seconds) throws Exception {
    Map<String, Samples.Way> ways = new LinkedHashMap<>();
    ways.put(ALONE, () -> measure(seconds, AppendCost::alone));
    ways.put(BY_HAND, () -> measure(seconds, AppendCost::byHand));
    ways.put(ROWPOST, () -> measure(seconds, this::append));
    return Samples.take(warmUps, rounds, ways);
  }

  private Figure measure(int seconds, Transaction transaction) throws Exception {
    Sql.execute(dataSource, "TRUNCATE orders, \"rowpost_outbox\"");
    Sql.execute(dataSource, "CHECKPOINT");
    ExecutorService pool = Executors.newFixedThreadPool(THREADS);
    // The threads wait here connected, so that nobody's connecting is measured.
    var start = new CyclicBarrier(THREADS + 1);
    try {
      List<Future<Long>> threads = new ArrayList<>();
      for (int i = 0; i < THREADS; i++) {
        threads.add(pool.submit(client(start, TimeUnit.SECONDS.toNanos(seconds), transaction)));
      }
      return meter.measure(
          () -> {
            start.await();
            long done = 0;
            for (Future<Long> thread : threads) {
              done += thread.get();
            }
            return done;
          });
    } finally {
      pool.shutdownNow();
    }
  }

  private Callable<Long> client(CyclicBarrier start, long nanos, Transaction transaction) {
    return () -> {
      try (Connection connection = dataSource.getConnection();
          PreparedStatement order = connection.prepareStatement(ORDER);
          PreparedStatement insert = connection.prepareStatement(OUTBOX)) {
        connection.setAutoCommit(false);
        var statements = new Statements(connection, order, insert);
        start.await();
        long began = System.nanoTime();
        int done = 0;
        while (System.nanoTime() - began < nanos) {
          transaction.run(statements, done);
          connection.commit();
          done++;
        }
        return (long) done;
      }
    };
  }

  /** How often a counted connection waits for the server in one transaction, after some others. */
  static double roundTrips(Connection counted, Transaction transaction) throws SQLException {
    int warmUps = 20;
    int transactions = 100;
    try (PreparedStatement order = counted.prepareStatement(ORDER);
        PreparedStatement insert = counted.prepareStatement(OUTBOX)) {
      counted.setAutoCommit(false);
      var statements = new Statements(counted, order, insert);
      long before = 0;
      for (int i = -warmUps; i < transactions; i++) {
        if (i == 0) {
          before = RoundTrips.count();
        }
        transaction.run(statements, i);
        counted.commit();
      }
      return (RoundTrips.count() - before) / (double) transactions;
    }
  }

  static void alone(Statements statements, int number) throws SQLException {
    statements.order.setString(1, "order " + number);
    statements.order.executeUpdate();
  }

  static void byHand(Statements statements, int number) throws SQLException {
    alone(statements, number);
    PreparedStatement insert = statements.insert;
    insert.setObject(1, UUID.randomUUID());
    insert.setInt(2, BUCKET);
    insert.setString(3, Events.TOPIC);
    insert.setString(4, Events.key(number));
    insert.setString(5, Events.TYPE);
    insert.setString(6, "");
    insert.setString(7, Events.CONTENT_TYPE);
    insert.setNull(8, Types.VARCHAR);
    insert.setNull(9, Types.VARCHAR);
    insert.setBytes(10, Events.payload(number));
    insert.setNull(11, Types.TIMESTAMP_WITH_TIMEZONE);
    insert.executeUpdate();
  }

  void append(Statements statements, int number) throws SQLException {
    alone(statements, number);
    outbox.append(statements.connection, Events.number(number));
  }

  void appendMany(Statements statements, int number) throws SQLException {
    alone(statements, number);
    List<OutboxRecord> records = IntStream.range(0, MANY).mapToObj(Events::number).toList();
    outbox.append(statements.connection, records);
  }
}
