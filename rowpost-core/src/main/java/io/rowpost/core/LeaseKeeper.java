package io.rowpost.core;

import java.time.Duration;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Acquires, renews and loses the lease of one relay.
 *
 * <p>All times are this process's monotonic clock; whether the lease has expired for others is the
 * store's to say. The deadline counts from before the store was asked, so it is never too late.
 */
final class LeaseKeeper {
  private final RelaySettings settings;
  private final EngineTime time;
  private final Backoff backoff;

  /** Of settlements that fail one after the other, although the lease is granted each time. */
  private final Backoff settlements;

  private final QuietLog log;

  private @Nullable Lease lease;

  /**
   * Owner of the lease that was held until the store failed; if the store still shows it, it is
   * this process's again at once.
   */
  private @Nullable UUID previous;

  /**
   * Owner named by the last request, if its answer was lost. It may have been granted all the same,
   * so the next one names it again.
   */
  private @Nullable UUID unanswered;

  private long grantedOrRenewed;
  private long nextAttempt;

  private Lease.Attempt.@Nullable Held holder;
  private long holderSeen;

  LeaseKeeper(RelaySettings settings, QuietLog log) {
    this.settings = settings;
    this.time = settings.time();
    this.backoff = Backoff.quickForStore(settings.random());
    this.settlements = Backoff.patient(settings.random());
    this.log = log;
    this.nextAttempt = time.nanoTime();
  }

  boolean isOwner() {
    return lease != null;
  }

  Lease lease() {
    if (lease == null) {
      throw new IllegalStateException("the relay does not own its lease");
    }
    return lease;
  }

  /** Whether it is time to {@link #acquire}: neither too often nor in the pause of an outage. */
  boolean mayAcquire() {
    return nanosToAttempt(time.nanoTime()) <= 0;
  }

  long nanosToAttempt(long now) {
    return nextAttempt - now;
  }

  /** Tries to become the owner; false if another one holds the lease. */
  boolean acquire() {
    long now = time.nanoTime();
    nextAttempt = now + settings.pollInterval().toNanos();
    UUID owner = unanswered == null ? newOwner() : unanswered;
    unanswered = owner;
    Lease.Attempt attempt =
        settings
            .store()
            .lease(
                new Lease.Request(
                    settings.name(), owner, settings.lease(), previous, stalledHolder(now)));
    unanswered = null;
    previous = null;
    backoff.succeeded();
    if (attempt instanceof Lease.Attempt.Granted granted) {
      lease = granted.lease();
      holder = null;
      grantedOrRenewed = now;
      log.info("owns its lease, token {}", granted.lease().token());
      return true;
    }
    watch((Lease.Attempt.Held) attempt);
    return false;
  }

  private UUID newOwner() {
    return new UUID(settings.random().nextLong(), settings.random().nextLong());
  }

  /** A holder that showed no sign of life for its lease and a margin, by this process's clock. */
  private Lease.Attempt.@Nullable Held stalledHolder(long now) {
    Duration patience = settings.lease().plus(settings.lease().dividedBy(4));
    return holder != null && now - holderSeen >= patience.toNanos() ? holder : null;
  }

  /** What is seen may be as young as the answer, however long that took. */
  private void watch(Lease.Attempt.Held seen) {
    if (!seen.equals(holder)) {
      holder = seen;
      holderSeen = time.nanoTime();
    }
  }

  void renewed(long before) {
    grantedOrRenewed = before;
  }

  /** The latest time at which the lease surely holds. */
  long deadline() {
    return grantedOrRenewed + settings.lease().toNanos();
  }

  boolean renewalDue() {
    return nanosToRenewal(time.nanoTime()) <= 0;
  }

  long nanosToRenewal(long now) {
    return grantedOrRenewed + settings.lease().toNanos() / 3 - now;
  }

  /** Another owner has it. */
  void lost() {
    lease = null;
    nextAttempt = time.nanoTime() + settings.pollInterval().toNanos();
  }

  /** The store failed, so what it holds is unknown; asks again soon. */
  void interrupted() {
    if (lease != null) {
      previous = lease.owner();
      lease = null;
    }
    long now = time.nanoTime();
    backoff.failed(now);
    nextAttempt = now + backoff.remaining(now);
  }

  /**
   * After {@link #interrupted}: what failed was a settlement, so what was sent is sent again. Where
   * the store takes none, that must not go on as fast as the broker can.
   */
  void settlementFailed() {
    long now = time.nanoTime();
    boolean again = settlements.suspect();
    settlements.failed(now);
    if (again) {
      nextAttempt = now + Math.max(nextAttempt - now, settlements.remaining(now));
    }
  }

  /** A settlement was written, which ends the row of those that failed. */
  void settled() {
    settlements.succeeded();
  }
}
