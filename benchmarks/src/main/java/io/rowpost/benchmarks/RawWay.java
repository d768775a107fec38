package io.rowpost.benchmarks;

import com.zaxxer.hikari.HikariDataSource;
import io.rowpost.core.Message;
import io.rowpost.core.TransactionalOutbox;
import io.rowpost.jdbc.JdbcOutboxStore;
import io.rowpost.jdbc.JdbcTransactor;
import io.rowpost.jdbc.Layout;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

/**
 * The least that SQL must do, by hand and on one connection, on Rowpost's own tables.
 *
 * <p>It knows no lease, no order per key, no retries and no late commits, so it is no relay: it is
 * what a relay can be compared with. While one page is at the sink, the next one is read.
 */
abstract class RawWay implements Way {
  /** As many as Rowpost reads at once. */
  private static final int PAGE = 2000;

  static final String INSERT =
      """
      INSERT INTO "rowpost_outbox"
        (id, bucket, topic, message_key, type, source, content_type, headers, traceparent,
         payload, available_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """;

  /** Any bucket will do for a row of which nobody asks it. */
  private static final int BUCKET = 1;

  final HikariDataSource pool;
  final JdbcTransactor transactor;
  private final TransactionalOutbox<Connection> outbox;

  RawWay(Place place, Layout layout) throws SQLException {
    pool = place.pool();
    Tables.install(pool, layout);
    transactor = new JdbcTransactor(pool);
    outbox = TransactionalOutbox.builder(JdbcOutboxStore.appendOnly().build()).build();
  }

  @Override
  public String settings() {
    return "pages of %,d rows".formatted(PAGE);
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
    transactor.<Integer, SQLException>inTransaction(
        tx -> {
          Orders.insert(tx, number);
          return insertEvent(tx, INSERT, number);
        });
  }

  static int insertEvent(Connection connection, String sql, int number) throws SQLException {
    try (PreparedStatement insert = connection.prepareStatement(sql)) {
      insert.setObject(1, UUID.randomUUID());
      insert.setInt(2, BUCKET);
      insert.setString(3, Events.TOPIC);
      insert.setString(4, Events.key(number));
      insert.setString(5, Events.TYPE);
      insert.setString(6, "/rowpost");
      insert.setString(7, Events.CONTENT_TYPE);
      insert.setNull(8, Types.VARCHAR);
      insert.setNull(9, Types.VARCHAR);
      insert.setBytes(10, Events.payload(number));
      insert.setNull(11, Types.TIMESTAMP_WITH_TIMEZONE);
      return insert.executeUpdate();
    }
  }

  /** Rows that were read and handed to the sink. */
  record Page(List<Long> seqs, List<CompletableFuture<Void>> answers) {
    boolean isEmpty() {
      return seqs.isEmpty();
    }

    long last() {
      return seqs.get(seqs.size() - 1);
    }

    void await() {
      CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new)).join();
    }
  }

  /** Relays on a connection until there is no more, or until the thread is interrupted. */
  abstract void relay(Connection connection, Sink sink) throws SQLException;

  @Override
  public AutoCloseable relay(Sink sink) {
    var thread = new Thread(() -> relayOnItsOwn(sink), "raw-relay");
    thread.setDaemon(true);
    thread.start();
    return () -> {
      thread.interrupt();
      thread.join();
    };
  }

  private void relayOnItsOwn(Sink sink) {
    try (Connection connection = pool.getConnection()) {
      relay(connection, sink);
    } catch (SQLException e) {
      throw new IllegalStateException("the loop ended", e);
    }
  }

  /** Sets the parameters of the statement that selects the page behind a row. */
  interface Select {
    ResultSet pageAfter(long seq, int limit) throws SQLException;
  }

  /** Writes down that a page was taken, where anything is written. */
  interface Settle {
    void settle(Page page) throws SQLException;
  }

  /** Hands on page by page what is there now. */
  static void drain(long after, Select select, Settle settle, Sink sink) throws SQLException {
    Page page = hand(select.pageAfter(after, PAGE), sink);
    while (!page.isEmpty()) {
      Page next = hand(select.pageAfter(page.last(), PAGE), sink);
      page.await();
      settle.settle(page);
      page = next;
    }
  }

  private static Page hand(ResultSet rows, Sink sink) throws SQLException {
    var page = new Page(new ArrayList<>(PAGE), new ArrayList<>(PAGE));
    try (ResultSet row = rows) {
      while (row.next()) {
        page.seqs.add(row.getLong(1));
        page.answers.add(sink.publish(message(row)).toCompletableFuture());
      }
    }
    return page;
  }

  private static Message message(ResultSet row) throws SQLException {
    return new Message(
        row.getString(2),
        row.getString(3),
        row.getString(4),
        row.getString(5),
        row.getString(6),
        row.getString(7),
        Map.of(),
        row.getString(9),
        row.getObject(11, OffsetDateTime.class).toInstant(),
        row.getBytes(10));
  }

  @Override
  public long purge() {
    throw new UnsupportedOperationException("nothing is purged by hand");
  }

  @Override
  public void close() {
    pool.close();
  }
}
