package io.rowpost.verification;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;
import javax.sql.DataSource;

/**
 * Transactions of every awkward shape that append to an outbox on PostgreSQL, many at a time.
 *
 * <p>Each writer has a key of its own and numbers its rows from 1; besides, all of them share some
 * keys, whose numbers are drawn under a lock from append to commit. So per key each append begins
 * after the one before has committed, and a reader must see 1, 2, 3 without a gap. A transaction
 * that is rolled back gives its numbers back: were a row of it ever read, its number would come
 * twice.
 */
final class RaceWriters implements AutoCloseable {
  private static final int MANY_ROWS = 40;
  private static final int SHARED_KEYS = 2;

  private static final String INSERT =
      """
      INSERT INTO rowpost_outbox (id, bucket, topic, message_key, type, content_type, payload)
      SELECT gen_random_uuid(), 0, 'race', ?, 'T', 'text/plain', n::text::bytea
        FROM generate_series(?::bigint, ?::bigint) AS n""";

  /** How a transaction goes. */
  private enum Shape {
    PLAIN,
    ID_LONG_BEFORE,
    HELD_OPEN,
    SAVEPOINT_ROLLED_BACK,
    ROLLED_BACK,
    PREPARED,
    NOT_FLUSHED
  }

  private final DataSource dataSource;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final List<Future<?>> writers = new ArrayList<>();
  private final AtomicLong rowsLeft;
  private final AtomicLong committed = new AtomicLong();
  private final AtomicLong preparations = new AtomicLong();
  private final Key[] shared = new Key[SHARED_KEYS];

  /** A key and the last number that was committed under it. */
  private static final class Key {
    final String name;
    long last;

    Key(String name) {
      this.name = name;
    }
  }

  /**
   * Starts them.
   *
   * @param dataSource of a server that takes prepared transactions
   * @param rows how many to commit in all, about
   */
  RaceWriters(DataSource dataSource, int writers, long rows, long seed) {
    this.dataSource = dataSource;
    this.rowsLeft = new AtomicLong(rows);
    for (int i = 0; i < SHARED_KEYS; i++) {
      shared[i] = new Key("shared" + i);
    }
    for (int i = 0; i < writers; i++) {
      var key = new Key("own" + i);
      var random = new SplittableRandom(seed + i);
      this.writers.add(threads.submit(() -> write(key, random)));
    }
  }

  long committed() {
    return committed.get();
  }

  boolean areDone() {
    return writers.stream().allMatch(Future::isDone);
  }

  /** Waits for them, and throws what stopped one. */
  void await() throws InterruptedException, ExecutionException {
    for (Future<?> writer : writers) {
      writer.get();
    }
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }

  private Void write(Key own, SplittableRandom random) throws SQLException {
    try (Connection connection = dataSource.getConnection()) {
      connection.setAutoCommit(false);
      while (rowsLeft.get() > 0) {
        Key key = random.nextInt(4) == 0 ? shared[random.nextInt(SHARED_KEYS)] : own;
        Shape shape = shape(random);
        if (shape == Shape.ID_LONG_BEFORE) {
          // Others may append to the key meanwhile, by transactions with a later id.
          execute(connection, "SELECT pg_current_xact_id()");
          hold(connection, random.nextInt(20));
        }
        synchronized (key) {
          write(connection, key, shape, random);
        }
      }
    }
    return null;
  }

  private void write(Connection connection, Key key, Shape shape, SplittableRandom random)
      throws SQLException {
    int rows = random.nextInt(2) == 0 ? 1 : 1 + random.nextInt(MANY_ROWS);
    switch (shape) {
      case HELD_OPEN -> {
        insert(connection, key, rows, 0);
        hold(connection, random.nextInt(random.nextInt(50) == 0 ? 2000 : 20));
      }
      case SAVEPOINT_ROLLED_BACK -> {
        execute(connection, "SAVEPOINT a");
        insert(connection, key, rows, 0);
        execute(connection, "SAVEPOINT b");
        insert(connection, key, 7, rows);
        execute(connection, "ROLLBACK TO b");
        execute(connection, "RELEASE a");
      }
      case NOT_FLUSHED -> {
        execute(connection, "SET LOCAL synchronous_commit = off");
        insert(connection, key, rows, 0);
      }
      default -> insert(connection, key, rows, 0);
    }
    if (shape == Shape.ROLLED_BACK) {
      connection.rollback();
      return;
    }
    if (shape == Shape.PREPARED) {
      commitPrepared(connection, random);
    } else {
      connection.commit();
    }
    key.last += rows;
    committed.addAndGet(rows);
    rowsLeft.addAndGet(-rows);
  }

  private static Shape shape(SplittableRandom random) {
    Shape[] shapes = Shape.values();
    return random.nextInt(2) == 0 ? Shape.PLAIN : shapes[random.nextInt(shapes.length)];
  }

  private void commitPrepared(Connection connection, SplittableRandom random) throws SQLException {
    String name = "race" + preparations.incrementAndGet();
    execute(connection, "PREPARE TRANSACTION '%s'".formatted(name));
    connection.commit();
    connection.setAutoCommit(true);
    hold(connection, random.nextInt(10));
    execute(connection, "COMMIT PREPARED '%s'".formatted(name));
    connection.setAutoCommit(false);
  }

  /** Time passes at the server, so that the transaction is seen to be busy. */
  private static void hold(Connection connection, int millis) throws SQLException {
    execute(connection, "SELECT pg_sleep(%d / 1000.0)".formatted(millis));
  }

  private static void execute(Connection connection, String sql) throws SQLException {
    try (var statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static void insert(Connection connection, Key key, int rows, int after)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(INSERT)) {
      statement.setString(1, key.name);
      statement.setLong(2, key.last + after + 1);
      statement.setLong(3, key.last + after + rows);
      statement.executeUpdate();
    }
  }

  /** Rows that are in the table: what {@link #committed} should be. */
  static long rows(DataSource dataSource) throws SQLException {
    try (Connection connection = dataSource.getConnection();
        var statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT count(*) FROM rowpost_outbox")) {
      row.next();
      return row.getLong(1);
    }
  }

  /** A page of 1 record to one of 2,000, small ones as often as large ones. */
  static int pageSize() {
    var random = ThreadLocalRandom.current();
    return 1 + random.nextInt(1 << (1 + random.nextInt(11)));
  }
}
