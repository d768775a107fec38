package io.rowpost.jdbc;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * One purge of an outbox, in short steps with rests between them; each is a transaction of its own.
 *
 * <p>What a step takes is locked, or told sent, within it, so turns of a relay, acts of operators
 * and other purges may come between any two.
 */
final class OutboxPurge {
  private static final Duration ONCE_KEPT_AT_LEAST = Duration.ofHours(24);
  private static final int STEP = 500;

  private final Session session;
  private final Pace pace = new Pace();

  OutboxPurge(Session session) {
    this.session = session;
  }

  /** Returns how many records are gone; ids of appendIfAbsent are not counted. */
  long run(Duration retention, OncePurge oncePurge) throws SQLException {
    if (session.can(Query.PURGE_LOG)) {
      Rebase.refuseIfNeeded(session, "Nothing was purged");
    }
    Instant now = now();
    Instant horizon = before(now, retention);
    long deleted = purgeDiscarded(horizon);
    deleted += session.can(Query.PURGE_LOG) ? purgeLog(horizon) : purgeSent(horizon);
    boolean longer = retention.compareTo(ONCE_KEPT_AT_LEAST) > 0;
    oncePurge.run(session, pace, before(now, longer ? retention : ONCE_KEPT_AT_LEAST));
    return deleted;
  }

  private Instant now() throws SQLException {
    Instant now;
    try (ResultSet row = session.prepare(Query.INBOX_CLOCK).executeQuery()) {
      row.next();
      now = session.values().requireTime(row, 1);
    }
    session.commit();
    return now;
  }

  /** A retention beyond every calendar keeps everything. */
  private static Instant before(Instant now, Duration retention) {
    Duration sinceEpoch = Duration.between(Instant.EPOCH, now);
    return retention.compareTo(sinceEpoch) < 0 ? now.minus(retention) : Instant.EPOCH;
  }

  private long purgeDiscarded(Instant horizon) throws SQLException {
    long deleted = 0;
    for (String relay : relays()) {
      // Every minute there is nothing, which is no reason to hold a turn up.
      while (!discarded(relay, horizon).isEmpty()) {
        session.prepare(Query.LOCK_RELAYS).execute();
        List<Long> page = discarded(relay, horizon);
        if (!page.isEmpty()) {
          PreparedStatement delete = session.prepare(Query.DELETE_PARKED);
          session.values().setKeys(delete, 1, page);
          delete.setString(2, relay);
          deleted += delete.executeUpdate();
          if (session.can(Query.PURGE_LOG)) {
            // Without its parked row the one in the log would seem to be sent.
            session.byKeys(Query.PURGE_ROWS, page);
          }
        }
        session.commit();
        pace.rest();
      }
    }
    session.commit();
    return deleted;
  }

  private List<String> relays() throws SQLException {
    var relays = new ArrayList<String>();
    try (ResultSet row = session.prepare(Query.RELAYS).executeQuery()) {
      while (row.next()) {
        relays.add(row.getString(1));
      }
    }
    return relays;
  }

  private List<Long> discarded(String relay, Instant horizon) throws SQLException {
    PreparedStatement select = session.prepare(Query.PURGE_DISCARDED_PAGE);
    select.setString(1, relay);
    session.values().setTime(select, 2, horizon);
    select.setInt(3, STEP);
    return Session.numbers(select);
  }

  /** Walks in the log's order, and ends where everything is younger. */
  private long purgeLog(Instant horizon) throws SQLException {
    long deleted = 0;
    long last = 0;
    while (true) {
      session.prepare(Query.HOLD_RELAYS).execute();
      PreparedStatement purge = session.prepare(Query.PURGE_LOG);
      session.values().setTime(purge, 1, horizon);
      purge.setLong(2, last);
      purge.setInt(3, STEP);
      purge.setLong(4, last);
      session.values().setTime(purge, 5, horizon);
      boolean old;
      try (ResultSet row = purge.executeQuery()) {
        row.next();
        deleted += row.getLong(1);
        last = row.getLong(2);
        old = row.getBoolean(3);
      }
      session.commit();
      if (!old) {
        return deleted;
      }
      pace.rest();
    }
  }

  /** The same where rows have a status: sent ones grow old in their order, or nearly so. */
  private long purgeSent(Instant horizon) throws SQLException {
    long deleted = 0;
    long last = 0;
    while (true) {
      PreparedStatement look = session.prepare(Query.PURGE_LOOK);
      session.values().setTime(look, 1, horizon);
      look.setLong(2, last);
      look.setInt(3, STEP);
      long end;
      boolean old;
      try (ResultSet row = look.executeQuery()) {
        row.next();
        end = row.getLong(1);
        old = row.getInt(2) == 1;
      }
      if (old) {
        deleted += purgeSent(horizon, last, end);
      }
      session.commit();
      if (!old) {
        return deleted;
      }
      last = end;
      pace.rest();
    }
  }

  private int purgeSent(Instant horizon, long after, long end) throws SQLException {
    PreparedStatement select = session.prepare(Query.PURGE_PAGE);
    select.setLong(1, after);
    select.setLong(2, end);
    session.values().setTime(select, 3, horizon);
    List<Long> page = Session.numbers(select);
    if (page.isEmpty()) {
      return 0;
    }
    PreparedStatement delete = session.prepare(Query.PURGE_ROWS);
    session.values().setKeys(delete, 1, page);
    return delete.executeUpdate();
  }
}
