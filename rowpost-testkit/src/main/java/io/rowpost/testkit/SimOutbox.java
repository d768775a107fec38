package io.rowpost.testkit;

import io.rowpost.core.InMemoryOutboxStore;
import io.rowpost.core.InMemoryTransaction;
import io.rowpost.core.Lease;
import io.rowpost.core.OutboxAdmin;
import io.rowpost.core.OutboxBatch.Entry;
import io.rowpost.core.OutboxBatch.Settled;
import io.rowpost.core.OutboxStatus;
import io.rowpost.core.OutboxStore;
import io.rowpost.core.Settlement;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** An outbox in its database, and what it may do with each of its rows from now on. */
final class SimOutbox {
  private static final byte OPEN = 0;
  private static final byte SENT = 1;
  private static final byte FAILED = 2;
  private static final byte DISCARDED = 3;

  final String name;
  final SimClock clock;
  final OutboxStore<InMemoryTransaction> store;
  private final SimWorld world;
  private byte[] states = new byte[128];

  /** The newest token: only its owner may fetch and settle. */
  private long token;

  /** Whose it is, whether he knows or not. */
  private @Nullable SimOutboxPort owner;

  /** How often its owner has renewed. */
  private long renewals;

  /** When the lease ends, by the database's clock; null if it was given up. */
  private @Nullable Instant leasedUntil;

  /** When its owner got it. */
  private long leasedAt;

  /** Rows that replays have added. */
  int replayed;

  SimOutbox(SimWorld world, String name) {
    this.world = world;
    this.name = name;
    this.clock = new SimClock(world.time, SimSettings.skew(world.random));
    this.store =
        world.parts.outbox(
            world.settings.keepSent
                ? InMemoryOutboxStore.keepingSent(clock)
                : new InMemoryOutboxStore(clock));
  }

  OutboxAdmin admin() {
    return store.admin();
  }

  /** How often the lease changed hands. */
  long grants() {
    return token;
  }

  private byte state(long position) {
    return position < states.length ? states[(int) position] : OPEN;
  }

  private void state(long position, byte state) {
    if (position >= states.length) {
      states = Arrays.copyOf(states, (int) Math.max(position + 1, 2L * states.length));
    }
    states[(int) position] = state;
  }

  // ---- what relays did ------------------------------------------------------------------------

  /** The lease was granted: only what has ended, or is the same process's, may be taken. */
  void leased(SimOutboxPort process, Lease.Request request, Lease lease) {
    boolean mayReplace =
        leasedUntil == null
            || !clock.instant().isBefore(leasedUntil)
            || process == owner
            || new Lease.Attempt.Held(token, renewals).equals(request.stalled());
    if (!mayReplace || lease.token() <= token) {
      throw world.violated("I-9", "token " + lease.token() + " ended token " + token + " early");
    }
    token = lease.token();
    owner = process;
    renewals = 0;
    leasedUntil = clock.instant().plus(request.duration());
    leasedAt = world.time.now();
    world.note(SimEvent.LEASED, token);
  }

  void renewed(Duration duration) {
    if (!duration.isZero()) {
      leasedUntil = clock.instant().plus(duration);
      renewals++;
    }
  }

  void released(Lease lease) {
    if (lease.token() == token) {
      leasedUntil = null;
    }
  }

  /**
   * Requires that who hands something over owned the lease when he looked at his clock before: by
   * it he must have known. Where databases' clocks jump he cannot.
   */
  void requireOwnerLooked(long heldToken, long lookedAt) {
    if (heldToken != token && lookedAt > leasedAt && !world.settings.clocksJump) {
      throw world.violated(
          "I-9", "handed over under token " + heldToken + ", long after token " + token);
    }
  }

  void requireNewest(Lease lease) {
    if (lease.token() != token) {
      throw world.violated(
          "I-9", "token " + lease.token() + " was still served after token " + token);
    }
  }

  void settled(Settled settled) {
    Entry entry = settled.entry();
    SimMessage message = world.ledger.message(entry.record().id());
    Settlement settlement = settled.settlement();
    long position = entry.position();
    boolean discarded = state(position) == DISCARDED;
    if (settlement instanceof Settlement.Sent) {
      world.note(SimEvent.SETTLED_SENT, message.number);
      state(position, discarded ? DISCARDED : SENT);
      world.ledger.progress++;
    } else if (settlement instanceof Settlement.Failed failed) {
      message.passable |= !failed.blocking();
      world.note(SimEvent.SETTLED_FAILED, message.number);
      state(position, discarded ? DISCARDED : FAILED);
      requireAttemptsLeft(message, entry);
    } else if (settlement instanceof Settlement.Retry) {
      world.note(SimEvent.SETTLED_RETRY, message.number);
      requireAttemptsLeft(message, entry);
    } else {
      world.note(SimEvent.SETTLED_WAITING, message.number);
    }
  }

  private void requireAttemptsLeft(SimMessage message, Entry entry) {
    if (entry.record().attempts() >= world.settings.relayAttempts) {
      throw world.violated("I-11", message + " was tried more often than allowed");
    }
  }

  void fetched(Entry entry) {
    SimMessage message = world.ledger.message(entry.record().id());
    world.note(SimEvent.FETCHED, message.number);
    byte state = state(entry.position());
    if (state != OPEN) {
      throw world.violated(
          "I-9",
          message
              + " came back after it was "
              + (state == SENT ? "sent" : state == FAILED ? "given up" : "discarded"));
    }
    if (entry.record().attempts() > message.blamed) {
      throw world.violated(
          "I-11",
          "%s has %d attempts, and %d publishes failed by its fault"
              .formatted(message, entry.record().attempts(), message.blamed));
    }
  }

  // ---- what operators did ---------------------------------------------------------------------

  /** A record was retried as an operator had seen it, perhaps long ago. */
  void retried(OutboxAdmin.Item seen) {
    if (seen.status() != OutboxStatus.FAILED || state(seen.position()) != FAILED) {
      throw world.violated("I-13", "retried, though it had not failed: " + seen);
    }
    state(seen.position(), OPEN);
  }

  void allRetried(int count) {
    int failed = 0;
    for (int i = 0; i < states.length; i++) {
      if (states[i] == FAILED) {
        states[i] = OPEN;
        failed++;
      }
    }
    if (failed != count) {
      throw world.violated("I-13", count + " records were retried, and " + failed + " had failed");
    }
  }

  void discarded(long position, SimMessage message) {
    if (state(position) == SENT || state(position) == DISCARDED) {
      throw world.violated("I-9", message + " was discarded after its end");
    }
    state(position, DISCARDED);
    message.discarded = true;
    message.passable = true;
  }
}
