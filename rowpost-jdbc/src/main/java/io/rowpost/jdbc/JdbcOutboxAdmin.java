package io.rowpost.jdbc;

import io.rowpost.core.OutboxAdmin;
import io.rowpost.core.OutboxRecord;
import io.rowpost.core.OutboxStatus;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Looks and acts at the tables for operators; each call borrows one connection.
 *
 * <p>An act that touches parked rows locks the relay's row first, as a turn does, so the two never
 * meet half-way; it compares the row's version, writes the audit, and bumps the change counter that
 * tells the relay to look again. Acts on many rows go in steps, each a transaction of its own.
 */
final class JdbcOutboxAdmin implements OutboxAdmin {
  private static final int STEP = 500;

  private final Supplier<Session> sessions;
  private final Runnable onFailure;
  private final OncePurge oncePurge;

  /**
   * Makes one.
   *
   * @param sessions opens them, and says what fails if that does
   * @param onFailure run when a statement has failed, perhaps for another layout than we know
   * @param oncePurge that of the store, which knows where its last run has ended
   */
  JdbcOutboxAdmin(Supplier<Session> sessions, Runnable onFailure, OncePurge oncePurge) {
    this.oncePurge = oncePurge;
    this.sessions = sessions;
    this.onFailure = onFailure;
  }

  /** Work with a session. */
  private interface Work<R> {
    R run(Session session) throws SQLException;
  }

  private <R> R inSession(String what, Work<R> work) {
    try (Session session = sessions.get()) {
      return work.run(session);
    } catch (SQLException e) {
      onFailure.run();
      throw SqlErrors.of(what, e);
    }
  }

  @Override
  public Counts counts() {
    return inSession(
        "The records were not counted",
        session -> {
          passBySent(session);
          try (ResultSet row = session.prepare(Query.COUNTS).executeQuery()) {
            row.next();
            long waiting = row.getLong(2);
            return new Counts(
                Math.min(row.getLong(1) + waiting, Counts.LIMIT),
                waiting,
                row.getLong(3),
                row.getLong(4),
                row.getLong(5));
          }
        });
  }

  /** In the log, where statistics that are old lead through all that was sent. */
  private static void passBySent(Session session) throws SQLException {
    if (session.statements().layout() == Layout.LOG) {
      session.planForRelay();
    }
  }

  @Override
  public Optional<Duration> oldestPendingAge() {
    return inSession(
        "The oldest record was not found",
        session -> {
          passBySent(session);
          try (ResultSet row = session.prepare(Query.OLDEST).executeQuery()) {
            row.next();
            Instant now = session.values().requireTime(row, 1);
            Instant fresh = session.values().getTime(row, 2);
            Instant parked = session.values().getTime(row, 3);
            Instant oldest =
                fresh == null || (parked != null && parked.isBefore(fresh)) ? parked : fresh;
            return Optional.ofNullable(oldest).map(created -> Duration.between(created, now));
          }
        });
  }

  @Override
  public List<Item> find(Filter filter, long after, int limit) {
    if (limit < 1 || limit > 1000) {
      throw new IllegalArgumentException("limit " + limit + " is not 1 to 1,000");
    }
    return inSession(
        "The records were not listed",
        session -> {
          PreparedStatement statement = session.prepare(Query.FIND);
          int index = 1;
          for (int part = 0; part < 2; part++) {
            index = setFilter(session, statement, index, filter, after);
            statement.setInt(index++, limit);
          }
          statement.setInt(index, limit);
          var items = new ArrayList<Item>();
          try (ResultSet row = statement.executeQuery()) {
            while (row.next()) {
              items.add(item(row, session.values()));
            }
          }
          return items;
        });
  }

  private static Item item(ResultSet row, Values values) throws SQLException {
    return new Item(
        row.getLong(1),
        row.getLong(2),
        Objects.requireNonNull(values.getUuid(row, 3), "id"),
        row.getString(4),
        row.getString(5),
        row.getString(6),
        row.getInt(7),
        values.requireTime(row, 8),
        OutboxStatus.valueOf(row.getString(9)),
        row.getInt(10),
        row.getString(11),
        row.getBoolean(12),
        row.getBoolean(13),
        values.getTime(row, 14),
        row.getBoolean(15));
  }

  @Override
  public long count(Filter filter) {
    return inSession(
        "The records were not counted",
        session -> {
          PreparedStatement statement = session.prepare(Query.COUNT);
          int next = setFilter(session, statement, 1, filter, 0);
          setFilter(session, statement, next, filter, 0);
          return Math.min(Session.number(statement), Counts.LIMIT);
        });
  }

  /**
   * Binds a filter.
   *
   * @param after behind this position, too
   * @return the index after it
   */
  private static int setFilter(
      Session session, PreparedStatement statement, int first, Filter filter, long after)
      throws SQLException {
    Long from = filter.from();
    Long to = filter.to();
    // No seq is below 1, so nothing is lost where from - 1 would have no room.
    statement.setLong(first, from == null || from <= after ? after : from - 1);
    statement.setLong(first + 1, to == null ? Long.MAX_VALUE : to);
    OutboxStatus status = filter.status();
    int index = setText(statement, first + 2, status == null ? null : status.name());
    index = setText(statement, index, filter.topic());
    index = setText(statement, index, filter.key());
    index = setText(statement, index, filter.type());
    for (Instant time : new @Nullable Instant[] {filter.since(), filter.until()}) {
      statement.setInt(index, time == null ? 0 : 1);
      session.values().setTime(statement, index + 1, Values.storable(time));
      index += 2;
    }
    return index;
  }

  private static int setText(PreparedStatement statement, int index, @Nullable String value)
      throws SQLException {
    statement.setInt(index, value == null ? 0 : 1);
    statement.setString(index + 1, value == null ? null : StoredText.sought(value));
    return index + 2;
  }

  @Override
  public Optional<OutboxRecord> get(UUID id) {
    return inSession(
        "The record was not read",
        session -> {
          PreparedStatement statement = session.prepare(Query.GET);
          session.values().setUuid(statement, 1, id);
          session.values().setUuid(statement, 2, id);
          Row newest = null;
          OutboxStatus status = OutboxStatus.PENDING;
          try (ResultSet result = statement.executeQuery()) {
            while (result.next()) {
              Row row = Row.parked(result, session.values());
              if (newest == null || row.seq() > newest.seq()) {
                newest = row;
                status = OutboxStatus.valueOf(result.getString(16));
              }
            }
          }
          return newest == null ? Optional.empty() : Optional.of(newest.in(status));
        });
  }

  /** A relay with its row locked, and the clock. */
  private record Locked(String relay, Instant now) {}

  private static List<Locked> lockRelays(Session session) throws SQLException {
    var relays = new ArrayList<Locked>();
    try (ResultSet row = session.prepare(Query.LOCK_RELAYS).executeQuery()) {
      while (row.next()) {
        relays.add(new Locked(row.getString(1), session.values().requireTime(row, 2)));
      }
    }
    return relays;
  }

  /** A parked row as an act finds it. */
  private record Parked(
      Locked relay, long version, boolean failed, boolean discarded, boolean inFlight, long key) {}

  /** The parked row of an item under the lock, unless it is discarded or another version. */
  private static @Nullable Parked unchanged(Session session, Item item) throws SQLException {
    for (Locked relay : lockRelays(session)) {
      PreparedStatement statement = session.prepare(Query.ACT_STATE);
      statement.setString(1, relay.relay);
      statement.setLong(2, item.position());
      try (ResultSet row = statement.executeQuery()) {
        if (row.next()) {
          var parked =
              new Parked(
                  relay,
                  row.getLong(1),
                  OutboxStatus.FAILED.name().equals(row.getString(2)),
                  row.getBoolean(3),
                  row.getBoolean(4),
                  row.getLong(5));
          return parked.discarded || parked.version != item.version() ? null : parked;
        }
      }
    }
    return null;
  }

  @Override
  public boolean retry(Item item, Act act) {
    return inSession(
        "The record was not retried",
        session -> {
          Parked parked = unchanged(session, item);
          if (parked == null || !parked.failed) {
            return false;
          }
          reopen(session, parked.relay, List.of(item.position()), keys(parked.key));
          finish(session, parked.relay, act, "retry", "position", List.of(item.position()));
          return true;
        });
  }

  @Override
  public int retryAll(Filter filter, Act act) {
    return inSession(
        "Not all records were retried",
        session -> {
          int retried = 0;
          for (Locked relay : lockRelays(session)) {
            retried += retryAll(session, relay, filter, act);
          }
          return retried;
        });
  }

  /** Each page is a transaction of its own, and so has locks of its own. */
  private static int retryAll(Session session, Locked relay, Filter filter, Act act)
      throws SQLException {
    int retried = 0;
    long last = 0;
    while (true) {
      lockRelays(session);
      PreparedStatement statement = session.prepare(Query.FAILED_PAGE);
      statement.setString(1, relay.relay);
      statement.setInt(setFilter(session, statement, 2, filter, last), STEP);
      var seqs = new ArrayList<Long>();
      var keys = new HashSet<Long>();
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          seqs.add(row.getLong(1));
          keys.addAll(keys(row.getLong(2)));
        }
      }
      if (!seqs.isEmpty() || retried == 0) {
        reopen(session, relay, seqs, keys);
        finish(session, relay, act, "retry all", filter.toString(), seqs);
      }
      retried += seqs.size();
      if (seqs.size() < STEP) {
        return retried;
      }
      last = seqs.get(seqs.size() - 1);
    }
  }

  private static void reopen(Session session, Locked relay, List<Long> seqs, Set<Long> keys)
      throws SQLException {
    PreparedStatement statement = session.prepare(Query.REOPEN);
    session.values().setKeys(statement, 1, seqs);
    statement.setString(2, relay.relay);
    statement.executeUpdate();
    Heads.promote(session, relay.relay, keys, seq -> relay.now);
  }

  private static Set<Long> keys(long orderKey) {
    return orderKey == 0 ? Set.of() : Set.of(orderKey);
  }

  @Override
  public Discarded discard(Item item, Act act) {
    return inSession(
        "The record was not discarded",
        session -> {
          Parked parked = unchanged(session, item);
          if (parked == null) {
            return Discarded.NOT_CHANGED;
          }
          PreparedStatement statement = session.prepare(Query.DISCARD);
          statement.setString(1, act.actor());
          statement.setString(2, act.reason());
          statement.setString(3, parked.relay.relay);
          statement.setLong(4, item.position());
          statement.executeUpdate();
          Heads.promote(session, parked.relay.relay, keys(parked.key), seq -> parked.relay.now);
          finish(session, parked.relay, act, "discard", "position", List.of(item.position()));
          return parked.inFlight ? Discarded.MAY_HAVE_BEEN_SENT : Discarded.DISCARDED;
        });
  }

  @Override
  public boolean letContinue(Item item, Act act) {
    return inSession(
        "The key was not let continue",
        session -> {
          Parked parked = unchanged(session, item);
          if (parked == null || !parked.failed) {
            return false;
          }
          PreparedStatement statement = session.prepare(Query.LET_CONTINUE);
          statement.setString(1, parked.relay.relay);
          statement.setLong(2, item.position());
          statement.executeUpdate();
          Heads.promote(session, parked.relay.relay, keys(parked.key), seq -> parked.relay.now);
          finish(session, parked.relay, act, "let continue", "position", List.of(item.position()));
          return true;
        });
  }

  /** Audits, tells the relay, and commits. */
  private static void finish(
      Session session, Locked relay, Act act, String what, String subject, List<Long> seqs)
      throws SQLException {
    bumpChanges(session, relay);
    audit(session, act, what, subject, seqs);
    session.commit();
  }

  private static void bumpChanges(Session session, Locked relay) throws SQLException {
    PreparedStatement statement = session.prepare(Query.BUMP_CHANGES);
    statement.setString(1, relay.relay);
    statement.executeUpdate();
  }

  private static void audit(Session session, Act act, String what, String subject, List<Long> seqs)
      throws SQLException {
    Audit.write(
        session, new Audit.Line(act.actor(), what, subject, seqs, seqs.size(), act.reason()));
  }

  @Override
  public int replay(Filter filter, Act act) {
    return inSession(
        "Not all records were replayed",
        session -> {
          // What is appended meanwhile, by this replay too, is not its own.
          long end = Session.number(session.prepare(Query.LAST_SEQ));
          Long to = filter.to();
          Filter upToEnd = filter.positions(filter.from(), to == null ? end : Math.min(to, end));
          long last = 0;
          int replayed = 0;
          List<Long> page;
          do {
            // What is SENT remains so: turns need not wait while it is looked for.
            page = sentPage(session, upToEnd, last);
            int appended = appendAgain(session, page);
            if (appended > 0 || replayed == 0) {
              audit(session, act, "replay", filter.toString(), page);
            }
            session.commit();
            replayed += appended;
            last = page.isEmpty() ? end : page.get(page.size() - 1);
          } while (page.size() == STEP);
          return replayed;
        });
  }

  private static int appendAgain(Session session, List<Long> seqs) throws SQLException {
    if (seqs.isEmpty()) {
      return 0;
    }
    List<Locked> relays = lockRelays(session);
    PreparedStatement statement = session.prepare(Query.REPLAY);
    session.values().setKeys(statement, 1, seqs);
    int appended = statement.executeUpdate();
    for (Locked relay : relays) {
      bumpChanges(session, relay);
    }
    return appended;
  }

  private static List<Long> sentPage(Session session, Filter filter, long after)
      throws SQLException {
    PreparedStatement statement = session.prepare(Query.SENT_PAGE);
    statement.setInt(setFilter(session, statement, 1, filter, after), STEP);
    return Session.numbers(statement);
  }

  @Override
  public long purge(Duration retention) {
    if (retention.isNegative()) {
      throw new IllegalArgumentException("retention " + retention + " is negative");
    }
    return inSession(
        "Not all old records were purged",
        session -> new OutboxPurge(session).run(retention, oncePurge));
  }

  @Override
  public boolean pause(String relay, Act act) {
    return setPaused(Query.PAUSE, "pause", relay, act);
  }

  @Override
  public boolean resume(String relay, Act act) {
    return setPaused(Query.RESUME, "resume", relay, act);
  }

  private boolean setPaused(Query query, String what, String relay, Act act) {
    return inSession(
        "The relay was not changed",
        session -> {
          PreparedStatement statement = session.prepare(query);
          statement.setString(1, StoredText.sought(relay));
          if (statement.executeUpdate() == 0) {
            return false;
          }
          audit(session, act, what, "relay " + relay, List.of());
          session.commit();
          return true;
        });
  }
}
