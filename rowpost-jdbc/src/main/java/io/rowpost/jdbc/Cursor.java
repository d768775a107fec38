package io.rowpost.jdbc;

import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Types;
import org.jspecify.annotations.Nullable;

/**
 * How far the log was read: a pair of snapshots.
 *
 * <p>Everything visible in {@code consumed} is behind it. A window is what {@code reading} shows in
 * addition; if one is open, its rows up to {@code last} are behind it, too. Inside a window rows go
 * by seq: of two dependent appends the later one has the greater seq, and is never in an earlier
 * window. Immutable.
 *
 * @param consumed a pg_snapshot as text
 * @param reading the same, or null if no window is open
 * @param last the seq up to which the window is behind it, of a row in it or not; 0 for none
 * @param low no row of a transaction that began after {@code consumed} has a lower seq; 0 if
 *     unknown
 */
record Cursor(String consumed, @Nullable String reading, long last, long low) {
  /** In front of everything. */
  static final Cursor START = new Cursor("3:3:", null, 0, 0);

  /** The window is read to its end. */
  static Cursor behind(String snapshot) {
    return new Cursor(snapshot, null, 0, 0);
  }

  Cursor at(long seq) {
    return new Cursor(consumed, reading, seq, low);
  }

  Cursor from(long lowest) {
    return new Cursor(consumed, reading, last, lowest);
  }

  /** The id behind the last transaction that had completed when {@code consumed} was taken. */
  String xmax() {
    return consumed.split(":", 3)[1];
  }

  boolean isOpen() {
    return reading != null;
  }

  /** Whether a page may be read: one of an open window begins at its lowest seq. */
  boolean isReadable() {
    return reading == null || low > 0;
  }

  /** Binds a snapshot as the database's own type, which it reads once and not for each row. */
  static void set(PreparedStatement statement, int index, @Nullable String snapshot)
      throws SQLException {
    statement.setObject(index, snapshot, Types.OTHER);
  }
}
