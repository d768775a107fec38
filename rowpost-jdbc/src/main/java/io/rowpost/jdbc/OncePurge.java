package io.rowpost.jdbc;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Forgets old ids of appendIfAbsent, in each run a part of them.
 *
 * <p>No index has their age, since every append would have to write it. So they are passed in the
 * order of the ids, young ones too, and a run goes on where the last one of this store has ended.
 * Thread-safe: two runs at once may pass the same part.
 */
final class OncePurge {
  static final int PAGE = 500;

  private final int mostPages;
  private volatile @Nullable UUID passed;

  OncePurge(int mostPages) {
    this.mostPages = mostPages;
  }

  /** Ends at the last id, from behind which the next run begins anew, or after so many pages. */
  void run(Session session, Pace pace, Instant horizon) throws SQLException {
    UUID from = passed;
    for (int page = 0; page < mostPages && (page == 0 || from != null); page++) {
      if (page > 0) {
        pace.rest();
      }
      from = runPage(session, horizon, from);
      passed = from;
    }
  }

  /** Returns the last id of the page, or null if no other page is behind it. */
  private static @Nullable UUID runPage(Session session, Instant horizon, @Nullable UUID from)
      throws SQLException {
    PreparedStatement select = session.prepare(Query.ONCE_PAGE);
    setPage(session, select, from);
    select.setInt(3, PAGE);
    UUID last = null;
    int size = 0;
    try (ResultSet row = select.executeQuery()) {
      while (row.next()) {
        last = session.values().getUuid(row, 1);
        size++;
      }
    }
    if (last != null) {
      PreparedStatement delete = session.prepare(Query.PURGE_ONCE);
      setPage(session, delete, from);
      session.values().setUuid(delete, 3, last);
      session.values().setTime(delete, 4, horizon);
      delete.executeUpdate();
    }
    session.commit();
    return size == PAGE ? last : null;
  }

  private static void setPage(Session session, PreparedStatement statement, @Nullable UUID from)
      throws SQLException {
    statement.setInt(1, from == null ? 0 : 1);
    session.values().setUuid(statement, 2, from == null ? new UUID(0, 0) : from);
  }
}
