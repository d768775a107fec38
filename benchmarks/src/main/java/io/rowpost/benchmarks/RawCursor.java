package io.rowpost.benchmarks;

import io.rowpost.jdbc.Layout;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import org.postgresql.PGConnection;

/**
 * Reads what became visible between two snapshots, page by page along the primary key, and writes
 * nothing. Whoever keeps the later snapshot goes on from there.
 */
final class RawCursor extends RawWay {
  /** Nothing is visible in it: no transaction has a lower id. */
  private static final String BEFORE_ALL = "3:3:";

  private static final String SNAPSHOT = "SELECT pg_current_snapshot()::text, 1";

  /** What committed after the first snapshot and before the second. */
  private static final String SELECT =
      """
      SELECT seq, id, topic, message_key, type, source, content_type, headers, traceparent,
             payload, created_at, available_at
      FROM "rowpost_outbox"
      WHERE seq > ?
        AND (xid >= ? OR xid = ANY (?))
        AND pg_visible_in_snapshot(xid, ?)
      ORDER BY seq
      LIMIT ?
      """;

  /**
   * Also where the rows begin that it shows in addition, so that the pages of a small window begin
   * there and not in the history. One statement: a row that commits between two would be passed.
   */
  private static final String SNAPSHOT_AND_LEAST =
      """
      SELECT pg_current_snapshot()::text, coalesce(min(seq), 1)
      FROM "rowpost_outbox"
      WHERE xid >= ? OR xid = ANY (?)
      """;

  private static final int WAIT_MILLIS = 1000;

  /** How a transaction ends that has an event. */
  enum Commit {
    ALONE,
    /** In one round trip with the event's INSERT: the least that an event can cost. */
    WITH_THE_EVENT,
    /** Notifies a relay that waits: the least latency that another process can have. */
    NOTIFYING
  }

  private final Commit commit;
  private String consumed = BEFORE_ALL;

  RawCursor(Place place, Commit commit) throws SQLException {
    super(place, Layout.LOG);
    this.commit = commit;
  }

  @Override
  public void transact(int number) throws SQLException {
    switch (commit) {
      case ALONE -> super.transact(number);
      case WITH_THE_EVENT -> insertAndCommit(number);
      case NOTIFYING ->
          transactor.<Integer, SQLException>inTransaction(
              tx -> {
                Orders.insert(tx, number);
                int inserted = insertEvent(tx, INSERT, number);
                Sql.execute(tx, "NOTIFY bench");
                return inserted;
              });
    }
  }

  private void insertAndCommit(int number) throws SQLException {
    try (Connection connection = pool.getConnection()) {
      connection.setAutoCommit(false);
      Orders.insert(connection, number);
      insertEvent(connection, INSERT + "; COMMIT", number);
      connection.setAutoCommit(true);
    }
  }

  @Override
  void relay(Connection connection, Sink sink) throws SQLException {
    if (commit != Commit.NOTIFYING) {
      try (PreparedStatement look = connection.prepareStatement(SNAPSHOT)) {
        window(connection, look, sink);
      }
      return;
    }
    Sql.execute(connection, "LISTEN bench");
    while (!Thread.currentThread().isInterrupted()) {
      try (PreparedStatement look = connection.prepareStatement(SNAPSHOT_AND_LEAST)) {
        setConsumed(connection, look, 1);
        window(connection, look, sink);
      }
      connection.unwrap(PGConnection.class).getNotifications(WAIT_MILLIS);
    }
  }

  /** Reads what the snapshot of a look shows in addition, from the seq on that it tells. */
  private void window(Connection connection, PreparedStatement look, Sink sink)
      throws SQLException {
    String current;
    long first;
    try (ResultSet row = look.executeQuery()) {
      row.next();
      current = row.getString(1);
      first = row.getLong(2);
    }
    try (PreparedStatement select = connection.prepareStatement(SELECT)) {
      setConsumed(connection, select, 2);
      select.setObject(4, current, Types.OTHER);
      drain(
          first - 1,
          (seq, limit) -> {
            select.setLong(1, seq);
            select.setInt(5, limit);
            return select.executeQuery();
          },
          page -> {},
          sink);
    }
    consumed = current;
  }

  /** A snapshot is {@code xmin:xmax:those in progress}. */
  private void setConsumed(Connection connection, PreparedStatement statement, int index)
      throws SQLException {
    String[] parts = consumed.split(":", -1);
    Object[] inProgress = parts[2].isEmpty() ? new Object[0] : parts[2].split(",", -1);
    statement.setObject(index, parts[1], Types.OTHER);
    statement.setArray(index + 1, connection.createArrayOf("xid8", inProgress));
  }
}
