package io.rowpost.verification;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Readers of an append-only outbox that look right and are not. The suite has to find each out.
 *
 * <p>They read in memory only and never settle: what matters is which rows come, and in which
 * order.
 */
final class WrongReader {
  /** What is wrong. */
  enum Bug {
    /** Nothing: the cursor of the real thing, to show that the others fail because of their bug. */
    NONE,
    /** Everything above the highest seq: passes what commits later with a lower one. */
    HIGHEST_SEQ,
    /** Below the oldest open transaction, by xid: an early xid may append last. */
    ORDERED_BY_XID,
    /** Snapshots, but nothing below the sequence's value at the snapshot before. */
    BOUND_FROM_SEQUENCE,
    /** Snapshots, but a page that was cut counts as the end of its window. */
    CUT_PAGE_IS_COMPLETE,
    /** Snapshots, but an owner that was paused reads on, though another one has gone further. */
    UNFENCED_FETCH,
    /** Pages under SKIP LOCKED: who comes second gets what follows, and may be done first. */
    LOCKING_FETCH
  }

  private static final String START = "3:3:";
  private static final int TURNS_OF_A_PAUSE = 50;

  private static final String LOCK_A_PAGE =
      """
      WITH page AS (
        SELECT seq, message_key, convert_from(payload, 'UTF8')::bigint AS number
          FROM rowpost_outbox o
         WHERE NOT EXISTS (SELECT FROM read_rows r WHERE r.seq = o.seq)
         ORDER BY seq
         LIMIT ?
           FOR UPDATE OF o SKIP LOCKED),
      noted AS (
        INSERT INTO read_rows (seq) SELECT seq FROM page)
      SELECT seq, message_key, number, 0
        FROM page
       ORDER BY seq""";

  private final DataSource dataSource;
  private final Bug bug;
  private final RaceAudit audit;
  private String consumed = START;
  private String reading = "";
  private long last;
  private long lastXid;
  private long bound;
  private long nextBound;
  private int turns;
  private @Nullable WrongReader paused;

  WrongReader(DataSource dataSource, Bug bug) {
    this(dataSource, bug, new RaceAudit());
  }

  private WrongReader(DataSource dataSource, Bug bug, RaceAudit audit) {
    this.dataSource = dataSource;
    this.bug = bug;
    this.audit = audit;
  }

  RaceAudit audit() {
    return audit;
  }

  /** Reads a page; returns how many rows came. */
  int turn() throws SQLException {
    try (Connection connection = dataSource.getConnection()) {
      int limit = RaceWriters.pageSize();
      return switch (bug) {
        case HIGHEST_SEQ -> aboveHighest(connection, limit);
        case ORDERED_BY_XID -> belowHorizon(connection, limit);
        case UNFENCED_FETCH -> besideAnother(connection, limit);
        case LOCKING_FETCH -> whatOthersHaveNotLocked(connection, limit);
        default -> bySnapshots(connection, limit);
      };
    }
  }

  private int aboveHighest(Connection connection, int limit) throws SQLException {
    String sql =
        """
        SELECT seq, message_key, convert_from(payload, 'UTF8')::bigint, 0
          FROM rowpost_outbox
         WHERE seq > ?
         ORDER BY seq
         LIMIT ?""";
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setLong(1, last);
      statement.setInt(2, limit);
      return read(statement);
    }
  }

  private int belowHorizon(Connection connection, int limit) throws SQLException {
    String sql =
        """
        SELECT seq, message_key, convert_from(payload, 'UTF8')::bigint, xid::text::bigint
          FROM rowpost_outbox
         WHERE (xid, seq) > (?::text::xid8, ?)
           AND xid < pg_snapshot_xmin(pg_current_snapshot())
         ORDER BY xid, seq
         LIMIT ?""";
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setString(1, String.valueOf(lastXid));
      statement.setLong(2, last);
      statement.setInt(3, limit);
      return read(statement);
    }
  }

  private int besideAnother(Connection connection, int limit) throws SQLException {
    if (++turns % TURNS_OF_A_PAUSE == 0) {
      if (paused != null) {
        paused.bySnapshots(connection, limit);
      }
      paused = new WrongReader(dataSource, bug, audit);
      paused.consumed = consumed;
      paused.reading = reading;
      paused.last = last;
    }
    return bySnapshots(connection, limit);
  }

  private int whatOthersHaveNotLocked(Connection connection, int limit) throws SQLException {
    try (var statement = connection.createStatement()) {
      statement.execute("CREATE TABLE IF NOT EXISTS read_rows (seq bigint PRIMARY KEY)");
    }
    connection.setAutoCommit(false);
    try (PreparedStatement statement = connection.prepareStatement(LOCK_A_PAGE)) {
      statement.setInt(1, limit);
      try (ResultSet first = statement.executeQuery()) {
        int rows = secondPage(limit);
        rows += read(first);
        connection.commit();
        return rows;
      }
    }
  }

  private int secondPage(int limit) throws SQLException {
    try (Connection connection = dataSource.getConnection();
        PreparedStatement statement = connection.prepareStatement(LOCK_A_PAGE)) {
      statement.setInt(1, limit);
      return read(statement);
    }
  }

  private int bySnapshots(Connection connection, int limit) throws SQLException {
    boolean opens = reading.isEmpty();
    connection.setAutoCommit(false);
    try (var statement = connection.createStatement()) {
      // One snapshot for both statements.
      statement.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ");
      if (opens) {
        try (ResultSet row =
            statement.executeQuery(
                """
                SELECT pg_current_snapshot()::text,
                       (SELECT last_value
                          FROM pg_sequences
                         WHERE sequencename = 'rowpost_outbox_seq_seq')""")) {
          row.next();
          reading = row.getString(1);
          nextBound = row.getLong(2);
        }
        last = 0;
      }
    }
    String sql =
        """
        SELECT seq, message_key, convert_from(payload, 'UTF8')::bigint, 0
          FROM rowpost_outbox
         WHERE NOT pg_visible_in_snapshot(xid, ?::pg_snapshot)
           AND pg_visible_in_snapshot(xid, ?::pg_snapshot)
           AND seq > ?
           AND (seq > ? OR xid = ANY (ARRAY(SELECT pg_snapshot_xip(?::pg_snapshot))))
         ORDER BY seq
         LIMIT ?""";
    int rows;
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setString(1, consumed);
      statement.setString(2, reading);
      statement.setLong(3, last);
      statement.setLong(4, bug == Bug.BOUND_FROM_SEQUENCE ? bound : 0);
      statement.setString(5, consumed);
      statement.setInt(6, limit);
      rows = read(statement);
    }
    connection.commit();
    if (rows < limit || bug == Bug.CUT_PAGE_IS_COMPLETE) {
      consumed = reading;
      bound = nextBound;
      reading = "";
    }
    return rows;
  }

  private int read(PreparedStatement statement) throws SQLException {
    try (ResultSet row = statement.executeQuery()) {
      return read(row);
    }
  }

  private int read(ResultSet row) throws SQLException {
    int rows = 0;
    while (row.next()) {
      last = row.getLong(1);
      lastXid = row.getLong(4);
      audit.read(row.getString(2), row.getLong(3));
      rows++;
    }
    return rows;
  }
}
