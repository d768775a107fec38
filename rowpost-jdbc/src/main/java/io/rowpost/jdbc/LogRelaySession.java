package io.rowpost.jdbc;

import io.rowpost.core.Lease;
import io.rowpost.core.LeaseLostException;
import io.rowpost.core.OutboxBatch;
import io.rowpost.core.OutboxBatch.Origin;
import io.rowpost.core.OutboxBatch.Settled;
import io.rowpost.core.OutboxStore.Turn;
import io.rowpost.core.Settlement;
import io.rowpost.core.StoreException;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Turns in the log layout: rows stay as they are, and a cursor moves.
 *
 * <p>The usual turn is one round trip, whose statements fence, write the cursor, fetch and commit.
 * As long as something is parked that may be due, a turn is two: what the fence tells decides what
 * comes next.
 */
final class LogRelaySession extends RelaySession {
  private static final String DIVISION_BY_ZERO = "22012";

  private final LogReading reading;

  /** Whether a parked record may be due: there are some, or an operator may have made some. */
  private boolean watchesParked = true;

  private long changes;

  /** The relay's row, locked. */
  private record Fence(boolean paused, long changes, Instant now, boolean due, boolean dated) {}

  private LogRelaySession(Session session, Lease lease, LogReading reading) {
    super(session, lease);
    this.reading = reading;
  }

  static LogRelaySession begin(Session session, Lease lease) throws SQLException {
    PreparedStatement cluster = session.prepare(Query.SET_CLUSTER);
    cluster.setString(1, lease.relay());
    cluster.executeUpdate();
    LogReading reading = LogReading.begin(session, lease.relay());
    session.commit();
    return new LogRelaySession(session, lease, reading);
  }

  @Override
  OutboxBatch turn(Turn turn) throws SQLException {
    var page = new Page(turn);
    var unreadable = new ArrayList<Settled>();
    boolean parked = watchesParked || !turn.settled().stream().allMatch(LogRelaySession::isUsual);
    var round = new Round(page, turn.settled(), turn.renewFor(), unreadable);
    round.run(parked);
    Set<Long> released = round.released;
    if (!parked && round.fence().due && page.room() > 0) {
      round = round.next();
      round.run(true);
    }
    // Behind the end of a window that was begun long ago there may be the next one.
    while (page.roomForNew() > 0) {
      reading.searchLow();
      if (!reading.mayGoOn()) {
        break;
      }
      round = round.next();
      round.run(false);
    }
    long seen = round.fence().changes;
    if (!unreadable.isEmpty()) {
      // The counter makes the relay see that their keys are blocked before it uses the page.
      var nothing = new Page(Turn.settle(List.of()));
      round = new Round(nothing, unreadable, Duration.ZERO, new ArrayList<>());
      round.bumps = true;
      round.run(true);
      seen = round.fence().changes + 1;
    }
    watchesParked |= seen != changes;
    changes = seen;
    boolean more = page.more() || reading.isSearching();
    return new OutboxBatch(page.entries(), more, round.fence().paused, seen, released);
  }

  private static boolean isUsual(Settled settled) {
    return settled.entry().origin() == Origin.NEW
        && settled.settlement() instanceof Settlement.Sent;
  }

  /** One transaction of a turn. */
  private final class Round {
    private final Page page;
    private final List<Settled> settled;
    private final Duration renewFor;
    private final List<Settled> unreadable;
    private Set<Long> released = Set.of();
    private boolean bumps;
    private @Nullable Fence fence;

    Round(Page page, List<Settled> settled, Duration renewFor, List<Settled> unreadable) {
      this.page = page;
      this.settled = settled;
      this.renewFor = renewFor;
      this.unreadable = unreadable;
    }

    /** One more that fills the same page. */
    Round next() {
      return new Round(page, List.of(), Duration.ZERO, unreadable);
    }

    Fence fence() {
      return Objects.requireNonNull(fence, "fence");
    }

    void run(boolean withParked) throws SQLException {
      Group group = session.group();
      addFence(group);
      if (withParked) {
        send(group);
        parked();
        group = session.group();
      } else {
        settled.forEach(outcome -> reading.land(outcome.entry().position()));
      }
      reading.settle(group);
      addRenewal(group);
      if (bumps) {
        group.add(Query.BUMP_CHANGES, Round.this::setRelay);
      }
      boolean paused = withParked && fence().paused;
      boolean fetches = !paused && page.roomForNew() > 0 && reading.mayFetch();
      if (fetches) {
        reading.fetch(group, page);
      }
      send(group.commit());
      reading.committed();
      if (fence().paused) {
        reading.drop();
      } else {
        reading.take(page, fence().now).forEach(row -> unreadable.add(unreadable(row, Origin.NEW)));
      }
    }

    private int setRelay(PreparedStatement statement, int index) throws SQLException {
      statement.setString(index, lease.relay());
      return index + 1;
    }

    private void addFence(Group group) {
      group.add(
          Query.FENCE_OR_FAIL,
          (statement, index) -> {
            setLease(statement, index);
            statement.setLong(index + 3, reading.n());
            return index + 4;
          },
          row -> {
            row.next();
            fence =
                new Fence(
                    row.getBoolean(2),
                    row.getLong(3),
                    session.values().requireTime(row, 4),
                    row.getBoolean(5),
                    row.getInt(6) > 0);
          });
    }

    private void addRenewal(Group group) {
      if (renewFor.compareTo(Duration.ZERO) > 0) {
        group.add(
            Query.EXTEND,
            (statement, index) -> {
              statement.setLong(index, renewFor.toNanos() / 1000);
              return setRelay(statement, index + 1);
            });
      }
    }

    /** What is parked, or is to be parked, under the fence. */
    private void parked() throws SQLException {
      Fence locked = fence();
      var parking = new Parking(session, reading, lease.relay(), locked.now);
      released = parking.settle(settled);
      boolean touched = parking.hasTouchedParked();
      watchesParked = locked.dated || touched;
      if (!locked.paused && page.room() > 0 && (locked.due || touched)) {
        var queues = new Queues(session, lease.relay(), locked.now, reading.dueUpTo());
        queues.fetch(page).forEach(row -> unreadable.add(unreadable(row, Origin.IN_TURN)));
      }
    }
  }

  /** A fence or a cursor that is not there fails the whole group. */
  private void send(Group group) throws SQLException {
    try {
      group.run();
    } catch (SQLException e) {
      if (!DIVISION_BY_ZERO.equals(e.getSQLState())) {
        throw e;
      }
      session.rollback();
      if (!isHeld(session, lease)) {
        throw new LeaseLostException(lease);
      }
      throw new StoreException(
          "ROWPOST-216",
          "Nothing was settled: the server has lost what this relay had committed, as after a"
              + " failover to a standby that lagged behind.",
          "none is needed: the relay begins again from what the server has. Messages that were"
              + " published and then lost by the server may have no row any more.",
          StoreException.Outcome.ROLLED_BACK,
          e);
    }
  }

  @Override
  boolean probe(long seen) throws SQLException {
    var found = new boolean[] {true};
    session
        .group()
        .add(
            Query.PROBE_LOG,
            (statement, index) -> {
              statement.setBoolean(index, reading.isWindowOpen());
              Cursor.set(statement, index + 1, reading.consumed());
              Cursor.set(statement, index + 2, reading.consumed());
              setLease(statement, index + 3);
              return index + 6;
            },
            row -> {
              if (row.next()) {
                found[0] = row.getLong(1) != seen || (!row.getBoolean(2) && row.getBoolean(3));
              }
            })
        .commit()
        .run();
    return found[0];
  }
}
