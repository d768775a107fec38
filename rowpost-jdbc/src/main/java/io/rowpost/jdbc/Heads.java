package io.rowpost.jdbc;

import io.rowpost.core.OutboxStatus;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Set;
import java.util.function.LongFunction;

/** Keeps the promise that the head of a queue, if PENDING, has a due time. */
final class Heads {
  private Heads() {}

  /**
   * Gives heads without a due time one; the relay's row is locked.
   *
   * @param dueTime when a row is due, should it be a head without a time
   * @return order keys that have no head: nothing blocks them
   */
  static Set<Long> promote(
      Session session, String relay, Set<Long> orderKeys, LongFunction<Instant> dueTime)
      throws SQLException {
    if (orderKeys.isEmpty()) {
      return Set.of();
    }
    var free = new HashSet<Long>(orderKeys);
    var undated = new ArrayList<Long>();
    PreparedStatement heads = session.prepare(Query.HEADS);
    heads.setString(1, relay);
    session.values().setKeys(heads, 2, orderKeys);
    heads.setString(3, relay);
    try (ResultSet row = heads.executeQuery()) {
      while (row.next()) {
        free.remove(row.getLong(1));
        boolean pending = OutboxStatus.PENDING.name().equals(row.getString(3));
        if (pending && !row.getBoolean(4)) {
          undated.add(row.getLong(2));
        }
      }
    }
    if (!undated.isEmpty()) {
      PreparedStatement date = session.prepare(Query.SET_DUE);
      for (Long seq : undated) {
        session.values().setTime(date, 1, dueTime.apply(seq));
        date.setString(2, relay);
        date.setLong(3, seq);
        date.addBatch();
      }
      date.executeBatch();
    }
    return free;
  }
}
