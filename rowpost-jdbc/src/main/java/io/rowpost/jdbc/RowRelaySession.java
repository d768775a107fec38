package io.rowpost.jdbc;

import io.rowpost.core.Lease;
import io.rowpost.core.LeaseLostException;
import io.rowpost.core.OutboxBatch;
import io.rowpost.core.OutboxBatch.Origin;
import io.rowpost.core.OutboxStore;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Turns in the row layout: rows are deleted, or marked, when they are settled. */
final class RowRelaySession extends RelaySession {
  private final Reading reading;

  /** The relay's row, locked. */
  private record Fence(boolean paused, long changes, Instant now, boolean due) {}

  private RowRelaySession(Session session, Lease lease, Reading reading) {
    super(session, lease);
    this.reading = reading;
  }

  static RowRelaySession begin(Session session, Lease lease, boolean keepSent) throws SQLException {
    long lowSeq = lowSeq(session, lease.relay());
    var reading = new Reading(session, lease.relay(), keepSent, lowSeq, System::nanoTime);
    session.commit();
    return new RowRelaySession(session, lease, reading);
  }

  /** Where an earlier owner left off; 0 too if the table was emptied since and counts anew. */
  private static long lowSeq(Session session, String relay) throws SQLException {
    PreparedStatement statement = session.prepare(Query.SETTLED_UP_TO);
    statement.setString(1, relay);
    try (ResultSet row = statement.executeQuery()) {
      return row.next() ? row.getLong(1) : 0;
    }
  }

  @Override
  OutboxBatch turn(OutboxStore.Turn turn) throws SQLException {
    Fence fence = fence();
    if (fence == null) {
      throw new LeaseLostException(lease);
    }
    Parking parking = parking(fence);
    Set<Long> released = parking.settle(turn.settled());
    if (turn.renewFor().compareTo(Duration.ZERO) > 0) {
      renew(fence.now, turn.renewFor());
    }
    var page = new Page(turn);
    long changes = fence.changes;
    if (!fence.paused && turn.limit() > 0) {
      boolean lookAtParked = fence.due || parking.hasTouchedParked();
      changes += fetch(page, fence, lookAtParked);
    }
    session.commit();
    return new OutboxBatch(page.entries(), page.more(), fence.paused, changes, released);
  }

  private @Nullable Fence fence() throws SQLException {
    var found = new @Nullable Fence[1];
    session
        .group()
        .add(
            Query.FENCE,
            (statement, index) -> {
              setLease(statement, index);
              return index + 3;
            },
            row -> {
              if (row.next()) {
                found[0] =
                    new Fence(
                        row.getBoolean(1),
                        row.getLong(2),
                        session.values().requireTime(row, 3),
                        row.getBoolean(4));
              }
            })
        .run();
    return found[0];
  }

  private Parking parking(Fence fence) {
    return new Parking(session, reading, lease.relay(), fence.now);
  }

  private void renew(Instant now, Duration duration) throws SQLException {
    PreparedStatement statement = session.prepare(Query.RENEW);
    session.values().setTime(statement, 1, RelayRow.later(now, duration));
    statement.setLong(2, reading.settledUpTo());
    statement.setString(3, lease.relay());
    statement.executeUpdate();
  }

  @Override
  void release() throws SQLException {
    PreparedStatement statement = session.prepare(Query.LEAVE_OFF);
    statement.setLong(1, reading.settledUpTo());
    setLease(statement, 2);
    statement.executeUpdate();
    super.release();
  }

  /** Returns by how much the change counter grew. */
  private int fetch(Page page, Fence fence, boolean lookAtParked) throws SQLException {
    var broken = new ArrayList<OutboxBatch.Settled>();
    if (lookAtParked && reading.readUpTo() > 0) {
      var queues = new Queues(session, lease.relay(), fence.now, reading.readUpTo());
      queues.fetch(page).forEach(row -> broken.add(unreadable(row, Origin.IN_TURN)));
    }
    reading.fetch(page, fence.now).forEach(row -> broken.add(unreadable(row, Origin.NEW)));
    return broken.isEmpty() ? 0 : giveUp(fence, broken);
  }

  /** A row that is no record is FAILED at once; the counter makes the relay see its key blocked. */
  private int giveUp(Fence fence, List<OutboxBatch.Settled> broken) throws SQLException {
    parking(fence).settle(broken);
    PreparedStatement statement = session.prepare(Query.BUMP_CHANGES);
    statement.setString(1, lease.relay());
    statement.executeUpdate();
    return 1;
  }

  @Override
  boolean probe(long changes) throws SQLException {
    var found = new boolean[] {true};
    session
        .group()
        .add(
            Query.PROBE,
            (statement, index) -> {
              int next = session.values().setRanges(statement, index, reading.gaps());
              statement.setLong(next, reading.gaps().bound());
              setLease(statement, next + 1);
              return next + 4;
            },
            row -> {
              if (row.next()) {
                found[0] = row.getLong(1) != changes || (!row.getBoolean(2) && row.getBoolean(3));
              }
            })
        .run();
    session.commit();
    return found[0];
  }
}
