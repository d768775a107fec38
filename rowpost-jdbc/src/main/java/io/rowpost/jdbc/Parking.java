package io.rowpost.jdbc;

import io.rowpost.core.OutboxBatch;
import io.rowpost.core.OutboxBatch.Origin;
import io.rowpost.core.OutboxRecord;
import io.rowpost.core.OutboxStatus;
import io.rowpost.core.Settlement;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Writes the outcomes of one turn down; the relay's row is locked, so nobody else touches what is
 * parked.
 *
 * <p>Every statement works on all rows of the turn at once, whatever their number; in H2, which
 * cannot read JSON as rows, some are batches. The usual turn, where everything was sent at the
 * first attempt, is one DELETE, or nothing in the log layout. All others go in four steps:
 *
 * <ol>
 *   <li>Read what the decisions rest on: rows that are parked already, the ends of queues.
 *   <li>Decide in the order given, and collect what each row becomes. A blocking row is written
 *       without a due time.
 *   <li>Write: new parked rows by INSERT ... SELECT, so that no payload travels; changed ones;
 *       deletions.
 *   <li>Read the heads of all touched queues and give each PENDING one without a due time one: the
 *       delay of its own outcome, or now.
 * </ol>
 *
 * <p>So the invariant (a PENDING head has a due time, a row that joins or moves behind another has
 * none) is restored in one place, whatever happened before. One instance per turn.
 */
final class Parking {
  private static final long PLACES_PER_SEQ = 1024;

  private final Session session;
  private final Stream stream;
  private final String relay;
  private final Instant now;

  private final List<Long> sentRows = new ArrayList<>();
  private final List<Long> leavingRows = new ArrayList<>();
  private final List<Long> sentParked = new ArrayList<>();
  private final List<Long> discardedInFlight = new ArrayList<>();
  private final List<String> discardedOutcomes = new ArrayList<>();
  private final List<Change> parks = new ArrayList<>();
  private final List<Change> updates = new ArrayList<>();
  private final Set<Long> touched = new HashSet<>();

  /** When a row is due if it turns out to be a head. */
  private final Map<Long, Instant> dueAsHead = new HashMap<>();

  private Map<Long, State> states = Map.of();
  private Map<Long, Long> lastPlaces = new HashMap<>();

  /** A parked row before the turn. */
  private record State(long place, int attempts, boolean inFlight, boolean discarded) {}

  /** What a row becomes. */
  private record Change(
      long seq,
      long orderKey,
      long place,
      OutboxStatus status,
      int attempts,
      @Nullable Instant nextAttemptAt,
      boolean blocking,
      String lastError) {}

  Parking(Session session, Stream stream, String relay, Instant now) {
    this.session = session;
    this.stream = stream;
    this.relay = relay;
    this.now = now;
  }

  /** Whether anything but first attempts that succeeded was settled. */
  boolean hasTouchedParked() {
    return !touched.isEmpty() || !parks.isEmpty() || !updates.isEmpty();
  }

  /**
   * Settles.
   *
   * @return touched order keys that nothing blocks any more
   */
  Set<Long> settle(List<OutboxBatch.Settled> settled) throws SQLException {
    readStates(settled);
    for (OutboxBatch.Settled outcome : settled) {
      decide(outcome);
    }
    write();
    return Heads.promote(session, relay, touched, seq -> dueAsHead.getOrDefault(seq, now));
  }

  private void readStates(List<OutboxBatch.Settled> settled) throws SQLException {
    var seqs = new ArrayList<Long>();
    var keys = new HashSet<Long>();
    for (OutboxBatch.Settled outcome : settled) {
      OutboxBatch.Entry entry = outcome.entry();
      if (!isFromStream(entry.origin())) {
        seqs.add(entry.position());
        if (entry.origin() == Origin.DUE && entry.record().orderKey() != 0) {
          keys.add(entry.record().orderKey());
        }
      }
    }
    if (!seqs.isEmpty()) {
      states = states(seqs);
    }
    if (!keys.isEmpty()) {
      lastPlaces = lastPlaces(keys);
    }
  }

  private static boolean isFromStream(Origin origin) {
    return origin == Origin.NEW || origin == Origin.EARLY;
  }

  private Map<Long, State> states(List<Long> seqs) throws SQLException {
    PreparedStatement statement = session.prepare(Query.PARKED_STATES);
    session.values().setKeys(statement, 1, seqs);
    statement.setString(2, relay);
    var result = new HashMap<Long, State>();
    try (ResultSet row = statement.executeQuery()) {
      while (row.next()) {
        result.put(
            row.getLong(1),
            new State(row.getLong(2), row.getInt(3), row.getBoolean(4), row.getBoolean(5)));
      }
    }
    return result;
  }

  private Map<Long, Long> lastPlaces(Set<Long> keys) throws SQLException {
    PreparedStatement statement = session.prepare(Query.LAST_PLACES);
    statement.setString(1, relay);
    session.values().setKeys(statement, 2, keys);
    var result = new HashMap<Long, Long>();
    try (ResultSet row = statement.executeQuery()) {
      while (row.next()) {
        long place = row.getLong(2);
        if (!row.wasNull()) {
          result.put(row.getLong(1), place);
        }
      }
    }
    return result;
  }

  private void decide(OutboxBatch.Settled outcome) {
    OutboxBatch.Entry entry = outcome.entry();
    Settlement settlement = outcome.settlement();
    long seq = entry.position();
    boolean sent = settlement instanceof Settlement.Sent;
    if (!sent || entry.origin() != Origin.NEW) {
      touch(entry.record().orderKey());
    }
    if (isFromStream(entry.origin())) {
      if (!stream.land(seq)) {
        return;
      }
      if (sent) {
        sentRows.add(seq);
      } else {
        leavingRows.add(seq);
        parks.add(change(entry, settlement, seq * PLACES_PER_SEQ, 0));
      }
      return;
    }
    State state = states.get(seq);
    if (state == null || !state.inFlight) {
      // Settled before, or purged.
      return;
    }
    // A second outcome of the same turn finds the row landed.
    states.remove(seq);
    if (state.discarded) {
      discardedInFlight.add(seq);
      discardedOutcomes.add(sent ? "was sent" : "was not sent");
    } else if (sent) {
      sentParked.add(seq);
    } else {
      updates.add(change(entry, settlement, placeOf(entry, state), state.attempts));
    }
  }

  private void touch(long orderKey) {
    if (orderKey != 0) {
      touched.add(orderKey);
    }
  }

  /** A delayed record that has come due behind others joins the queue at its end. */
  private long placeOf(OutboxBatch.Entry entry, State state) {
    Long last = lastPlaces.get(entry.record().orderKey());
    return entry.origin() == Origin.DUE && last != null
        ? Math.max(state.place, last + 1)
        : state.place;
  }

  private Change change(OutboxBatch.Entry entry, Settlement settlement, long place, int attempts) {
    OutboxRecord record = entry.record();
    long seq = entry.position();
    long orderKey = record.orderKey();
    if (settlement instanceof Settlement.Failed failed) {
      boolean blocking = failed.blocking() && orderKey != 0;
      return changed(
          seq, orderKey, place, OutboxStatus.FAILED, attempts + 1, null, blocking, failed.error());
    }
    if (settlement instanceof Settlement.Waiting waiting && entry.origin() == Origin.EARLY) {
      Instant due = record.availableAt();
      return changed(
          seq,
          orderKey,
          place,
          OutboxStatus.PENDING,
          attempts,
          due == null ? now : due,
          false,
          waiting.reason());
    }
    Duration delay = Duration.ZERO;
    String text = "";
    int counted = 0;
    if (settlement instanceof Settlement.Retry retry) {
      delay = retry.delay();
      text = retry.error();
      counted = 1;
    } else if (settlement instanceof Settlement.Waiting waiting) {
      delay = waiting.delay();
      text = waiting.reason();
    }
    Instant due = RelayRow.later(now, delay);
    boolean blocking = orderKey != 0;
    if (blocking) {
      dueAsHead.put(seq, due);
    }
    return changed(
        seq,
        orderKey,
        place,
        OutboxStatus.PENDING,
        attempts + counted,
        blocking ? null : due,
        blocking,
        text);
  }

  private Change changed(
      long seq,
      long orderKey,
      long place,
      OutboxStatus status,
      int attempts,
      @Nullable Instant nextAttemptAt,
      boolean blocking,
      String text) {
    if (blocking) {
      lastPlaces.merge(orderKey, place, Math::max);
    }
    return new Change(
        seq, orderKey, place, status, attempts, nextAttemptAt, blocking, StoredText.error(text));
  }

  private void write() throws SQLException {
    park();
    stream.leave(sentRows, leavingRows);
    update();
    stream.keep(sentParked);
    session.byKeys(Query.DELETE_PARKED, sentParked, relay);
    session.byKeys(Query.LAND, discardedInFlight, relay);
    for (int i = 0; i < discardedInFlight.size(); i++) {
      Audit.write(
          session,
          new Audit.Line(
              "relay",
              "discarded in flight",
              "relay " + relay,
              List.of(discardedInFlight.get(i)),
              1,
              discardedOutcomes.get(i)));
    }
  }

  private void park() throws SQLException {
    if (parks.isEmpty()) {
      return;
    }
    PreparedStatement statement = session.prepare(Query.PARK);
    if (session.statements().dialect() != Dialect.H2) {
      statement.setString(1, relay);
      statement.setString(2, parksAsJson());
      statement.executeUpdate();
      return;
    }
    for (Change change : parks) {
      statement.setString(1, relay);
      statement.setLong(2, change.orderKey);
      statement.setString(3, change.status.name());
      statement.setInt(4, change.attempts);
      session.values().setTime(statement, 5, change.nextAttemptAt);
      statement.setBoolean(6, change.blocking);
      statement.setString(7, change.lastError);
      statement.setLong(8, change.seq);
      statement.addBatch();
    }
    statement.executeBatch();
  }

  private String parksAsJson() {
    var json = new JsonRows();
    for (Change change : parks) {
      json.row()
          .number(change.seq)
          .number(change.orderKey)
          .text(change.status.name())
          .number(change.attempts)
          .text(change.nextAttemptAt == null ? null : Values.text(change.nextAttemptAt))
          .number(change.blocking ? 1 : 0)
          .text(change.lastError);
    }
    return json.toString();
  }

  private void update() throws SQLException {
    if (updates.isEmpty()) {
      return;
    }
    PreparedStatement statement = session.prepare(Query.SETTLE_PARKED);
    for (Change change : updates) {
      statement.setLong(1, change.place);
      statement.setString(2, change.status.name());
      statement.setInt(3, change.attempts);
      session.values().setTime(statement, 4, change.nextAttemptAt);
      statement.setBoolean(5, change.blocking);
      statement.setString(6, change.lastError);
      statement.setString(7, relay);
      statement.setLong(8, change.seq);
      statement.addBatch();
    }
    statement.executeBatch();
  }
}
