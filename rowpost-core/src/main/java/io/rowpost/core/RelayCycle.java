package io.rowpost.core;

import io.rowpost.core.OutboxBatch.Settled;
import io.rowpost.core.OutboxRelay.State;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;

/**
 * The relay's cycle, for one thread at a time.
 *
 * <p>A cycle is: acquire the lease if need be; fetch; hand over and wait for answers; settle what
 * is decided and fetch the next records in the same turn of the store. So a relay under load makes
 * one transaction per cycle, and while it runs, the other half of the pipeline is at the broker.
 *
 * <p>Three rules make it safe, whatever stops or pauses where:
 *
 * <ul>
 *   <li>Every turn begins with the fence. A lease that is lost changes nothing in the store, and
 *       everything fetched under it is forgotten.
 *   <li>Nothing is handed over unless the broker's answer must come before the lease may end, by
 *       this process's monotonic clock, counted from before the lease was asked for.
 *   <li>A turn that failed or whose outcome is unknown ends the lease here: the next one reads from
 *       the store what is true.
 * </ul>
 */
final class RelayCycle {
  /** Decided records wait this long at most for others to be settled with. */
  private static final long SETTLE_DELAY_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

  /** Of many records at the broker the first answer waits this long at most for others. */
  private static final long GATHER_NANOS = TimeUnit.MICROSECONDS.toNanos(500);

  /** A stream of wake-ups makes the relay fetch no more often than this. */
  private static final long FETCH_GAP_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  /** After a record or wake-up an empty outbox is looked at after this, then half as long again. */
  private static final long FIRST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  /** Pauses vary by this part, so that relays do not poll in step. */
  private static final double POLL_JITTER = 0.1;

  private final RelaySettings settings;
  private final OutboxStore<?> store;
  private final EngineTime time;
  private final RandomGenerator random;
  private final QuietLog log;
  private final Backoff broker;
  private final LeaseKeeper keeper;

  private Pipeline pipeline;
  private long changes;
  private boolean more;
  private long lastFetch;
  private long pauseNanos;

  private int sent;
  private int retried;
  private int failed;
  private int waiting;

  /** Set in a cycle, and behind one that threw: what that has left half done must not be used. */
  private boolean torn;

  private volatile State state = State.STANDBY;
  private volatile boolean woken;
  private volatile boolean closing;

  RelayCycle(RelaySettings settings) {
    this.settings = settings;
    this.store = settings.store();
    this.time = settings.time();
    this.random = settings.random();
    this.log = new QuietLog(settings.name(), time);
    this.broker = Backoff.quick(random);
    this.keeper = new LeaseKeeper(settings, log);
    this.pipeline = new Pipeline(settings, broker, log);
    this.pauseNanos = FIRST_PAUSE_NANOS;
  }

  // ---- life -----------------------------------------------------------------------------------

  /** Says the settings, and finds a store that refuses for good before any thread runs. */
  void begin() {
    log.info("starts with {}", settings);
    settings.publisher().warmUp();
    ensureLease();
  }

  State state() {
    return state;
  }

  boolean closing() {
    return closing;
  }

  void wakeUp() {
    if (!woken) {
      woken = true;
      time.signal();
    }
  }

  /** Lets a running cycle end soon; {@link #finish} does the rest. */
  void close() {
    closing = true;
    time.signal();
  }

  /** {@link #close} because the thread of the loop was told to end. */
  void interrupted(InterruptedException e) {
    log.warn("thread", "The relay's thread was interrupted, so the relay is closed", e);
    close();
  }

  /** Waits until a cycle may pay; the next pause is longer if that one finds nothing. */
  void awaitWork() throws InterruptedException {
    long now = time.nanoTime();
    boolean fetches = more && fetchable() > 0 && !pipeline.hasReady();
    boolean works = state != State.PAUSED && (fetches || pipeline.mayHandOver(now));
    if (works || pipeline.hasCompletions()) {
      return;
    }
    long pollNanos = settings.pollInterval().toNanos();
    long nanos = (long) (Math.min(pauseNanos, pollNanos) * (1 + POLL_JITTER * jitter()));
    pauseNanos = Math.min(pauseNanos + pauseNanos / 2, pollNanos);
    if (pipeline.hasReady() && broker.pausing(now)) {
      nanos = Math.min(pollNanos, broker.remaining(now));
    }
    if (keeper.isOwner()) {
      nanos = Math.min(nanos, keeper.nanosToRenewal(now));
    } else if (state == State.STORE_AWAY) {
      nanos = Math.min(nanos, keeper.nanosToAttempt(now));
    }
    nanos = Math.max(0, nanos);
    time.await(() -> woken || closing || pipeline.hasCompletions(), nanos);
  }

  private double jitter() {
    return 2 * random.nextDouble() - 1;
  }

  // ---- the cycle ------------------------------------------------------------------------------

  /** {@link #run()} for the loop: whatever is thrown ends the lease, not the thread. */
  void runSafely() throws InterruptedException {
    try {
      run();
    } catch (InterruptedException e) {
      throw e;
    } catch (Throwable e) {
      failed(e);
    }
  }

  PollResult run() throws InterruptedException {
    if (torn) {
      endLease();
    }
    torn = true;
    try {
      PollResult result = cycle();
      torn = false;
      return result;
    } catch (InterruptedException e) {
      // It was waiting for the broker: nothing is half done.
      torn = false;
      throw e;
    }
  }

  private PollResult cycle() throws InterruptedException {
    long began = time.nanoTime();
    sent = 0;
    retried = 0;
    failed = 0;
    waiting = 0;
    boolean look = woken;
    if (look) {
      // Not otherwise: that would lose a wake-up of this moment.
      woken = false;
      pauseNanos = FIRST_PAUSE_NANOS;
    }
    if (!ensureLease()) {
      return PollResult.NOTHING;
    }
    pipeline.drain();
    if (!fetchFirst(look)) {
      return PollResult.NOTHING;
    }
    publish();
    if (keeper.isOwner() && (pipeline.decidedCount() > 0 || keeper.renewalDue())) {
      turn(fetchable());
    }
    PollResult result = new PollResult(sent, retried, failed, waiting);
    if (result.settled() > 0) {
      pauseNanos = FIRST_PAUSE_NANOS;
    }
    if (keeper.isOwner() && state != State.PAUSED) {
      enter(broker.suspect() ? State.BROKER_AWAY : State.RUNNING);
    }
    settings.listener().onCycle(result, Duration.ofNanos(time.nanoTime() - began));
    return result;
  }

  /** Fetches if there is reason to; false if the cycle has nothing to do. */
  private boolean fetchFirst(boolean look) {
    long now = time.nanoTime();
    boolean idle = pipeline.isEmpty();
    boolean pollDue = now - lastFetch >= settings.pollInterval().toNanos();
    // Of a pause nothing but a look tells the end, of a suspect broker perhaps another topic.
    boolean busy = pipeline.hasReady() && !broker.suspect();
    boolean wanted =
        state == State.PAUSED
            ? idle || look || pollDue
            : fetchable() > 0 && !busy && (idle || look || more || pollDue);
    if (keeper.renewalDue() || (wanted && more)) {
      return turn(fetchable());
    }
    if (!wanted) {
      return true;
    }
    boolean found;
    FaultPoint.RELAY_PROBE_BEGINS.pass();
    try {
      // Who was told that there is something need not ask.
      found = look || store.probe(keeper.lease(), changes);
    } catch (StoreException e) {
      storeFailed(e);
      return false;
    }
    lastFetch = now;
    return found ? turn(fetchable()) : !idle;
  }

  private int fetchable() {
    return pipeline.byteRoom() == 0 ? 0 : Math.min(settings.batchSize(), pipeline.room());
  }

  /** Hands over and waits, until a settlement pays or there is nothing to wait for. */
  private void publish() throws InterruptedException {
    while (true) {
      pipeline.drain();
      if (state != State.PAUSED) {
        pipeline.handOver(keeper.deadline() - settings.sendTimeout().toNanos());
      }
      long now = time.nanoTime();
      long wait = nanosToWait(now);
      if (wait <= 0 || closing) {
        // What is answered by now is settled now, a failure too, which never is at once.
        pipeline.drain();
        return;
      }
      // A wake-up ends the wait, so that new records need not wait for slow ones; but not too
      // often.
      boolean early = woken;
      if (early) {
        wait = Math.min(wait, lastFetch + FETCH_GAP_NANOS - now);
      }
      if (wait > 0) {
        time.await(() -> pipeline.hasCompletions() || closing || (woken && !early), wait);
        pipeline.gather(() -> closing, Math.min(wait, GATHER_NANOS));
      }
      if (!pipeline.hasCompletions() && (early || !woken)) {
        pipeline.drain();
        return;
      }
    }
  }

  /**
   * How long the cycle may wait for the broker; 0 if it should settle or end now.
   *
   * <p>While records are ready the broker is busy, and a turn that settles more costs each record
   * less. What waits behind its key is no reason for a turn: else a key with a long backlog would
   * send one record for each page of it that is parked.
   */
  private long nanosToWait(long now) {
    int enough = Math.max(1, settings.maxInFlight() / (pipeline.hasReady() ? 1 : 2));
    if (pipeline.handedCount() == 0 || pipeline.decidedSent() >= enough) {
      return 0;
    }
    long wait = Math.min(pipeline.nanosToTimeout(now), keeper.nanosToRenewal(now));
    if (pipeline.decidedCount() > 0) {
      wait = Math.min(wait, pipeline.firstDecidedAt() + SETTLE_DELAY_NANOS - now);
    }
    return Math.min(wait, settings.pollInterval().toNanos());
  }

  /** One turn of the store; false if the lease is gone. */
  private boolean turn(int limit) {
    List<Settled> settled = pipeline.takeDecided();
    boolean renew = keeper.renewalDue();
    passTurnBegins(settled, limit);
    long before = time.nanoTime();
    OutboxBatch batch;
    try {
      batch =
          store.settleAndFetch(
              keeper.lease(),
              new OutboxStore.Turn(
                  settled,
                  limit,
                  pipeline.takesNew() ? limit : 0,
                  settings.keyShare(),
                  Math.max(1, pipeline.byteRoom()),
                  renew ? settings.lease() : Duration.ZERO));
    } catch (LeaseLostException e) {
      log.info("lost its lease to another owner and stands by");
      forget();
      keeper.lost();
      enter(State.STANDBY);
      return false;
    } catch (StoreException e) {
      storeFailed(e);
      if (!settled.isEmpty()) {
        keeper.settlementFailed();
      }
      return false;
    }
    if (renew) {
      keeper.renewed(before);
    }
    if (!settled.isEmpty()) {
      keeper.settled();
    }
    pipeline.committed();
    passTurnDone(settled, limit);
    settled.forEach(this::count);
    return accept(batch, limit);
  }

  private static void passTurnBegins(List<Settled> settled, int limit) {
    if (!settled.isEmpty()) {
      FaultPoint.RELAY_SETTLE_BEGINS.pass();
    }
    if (limit > 0) {
      FaultPoint.RELAY_FETCH_BEGINS.pass();
    }
  }

  private static void passTurnDone(List<Settled> settled, int limit) {
    if (!settled.isEmpty()) {
      FaultPoint.RELAY_SETTLE_DONE.pass();
    }
    if (limit > 0) {
      FaultPoint.RELAY_FETCH_DONE.pass();
    }
  }

  private boolean accept(OutboxBatch batch, int limit) {
    pipeline.release(batch.released());
    if (batch.changes() != changes || pipeline.wantsBlocked()) {
      Set<Long> blocked;
      try {
        blocked = store.blockedKeys(keeper.lease(), RelaySettings.MAX_BLOCKED_KEYS_LOADED);
      } catch (StoreException e) {
        storeFailed(e);
        return false;
      }
      changes = batch.changes();
      pipeline.replaceBlocked(blocked);
    }
    long now = time.nanoTime();
    batch.entries().forEach(entry -> pipeline.add(entry, now));
    if (limit > 0) {
      more = batch.more() && pipeline.takesNew();
      if (!batch.more() && !batch.paused()) {
        pipeline.allDueIsRead(now);
      }
    }
    lastFetch = now;
    if (batch.paused() != (state == State.PAUSED)) {
      enter(batch.paused() ? State.PAUSED : State.RUNNING);
    }
    return true;
  }

  private void count(Settled settled) {
    Settlement settlement = settled.settlement();
    if (settlement instanceof Settlement.Sent) {
      sent++;
    } else if (settlement instanceof Settlement.Retry) {
      retried++;
    } else if (settlement instanceof Settlement.Failed) {
      failed++;
    } else {
      waiting++;
    }
  }

  // ---- lease and store ------------------------------------------------------------------------

  /** Makes sure that the store has this relay's row, which comes with the first request. */
  void ensureRow() {
    if (!keeper.isOwner() && !closing) {
      acquireLease();
    }
  }

  private boolean ensureLease() {
    if (keeper.isOwner()) {
      return true;
    }
    if (!keeper.mayAcquire()) {
      return false;
    }
    try {
      return acquireLease();
    } catch (StoreException e) {
      storeFailed(e);
      return false;
    }
  }

  private boolean acquireLease() {
    if (!keeper.acquire()) {
      enter(State.STANDBY);
      return false;
    }
    FaultPoint.RELAY_LEASED.pass();
    changes = NEVER_SEEN;
    more = true;
    enter(State.RUNNING);
    return true;
  }

  /** No change counter is negative: the first turn of a lease always loads the blocked keys. */
  private static final long NEVER_SEEN = -1;

  private void failed(Throwable e) {
    if (e instanceof RowpostException refusal) {
      storeFailed(refusal);
    } else {
      failed("cycle", "A cycle failed; the lease is acquired anew", e);
    }
  }

  private void storeFailed(RowpostException e) {
    failed("store", "The store failed; the lease is acquired anew", e);
  }

  private void failed(String kind, String text, Throwable e) {
    endLease();
    log.warn(kind, text, e);
    enter(State.STORE_AWAY);
  }

  /** Asks for the lease anew, and soon: what is true is in the store. */
  private void endLease() {
    keeper.interrupted();
    forget();
    torn = false;
  }

  private void forget() {
    pipeline = new Pipeline(settings, broker, log);
    more = false;
  }

  private void enter(State next) {
    if (state != next) {
      state = next;
      log.info("is {}", next);
      settings.listener().onState(next);
    }
  }

  /**
   * Settles what is at the broker, as far as it answers in time, and releases the lease. Does
   * nothing the second time.
   */
  void finish() {
    if (state == State.CLOSED) {
      return;
    }
    try {
      if (keeper.isOwner()) {
        drainForClose();
      }
      if (keeper.isOwner()) {
        FaultPoint.RELAY_RELEASE_BEGINS.pass();
        store.release(keeper.lease());
      }
    } catch (RuntimeException e) {
      log.warn("store", "The lease was not released; a standby takes over when it ends", e);
    } finally {
      enter(State.CLOSED);
    }
  }

  private void drainForClose() {
    pipeline.dropQueued();
    long until = time.nanoTime() + settings.shutdownTimeout().toNanos();
    boolean waits = true;
    while (waits && keeper.isOwner()) {
      pipeline.drain();
      long now = time.nanoTime();
      waits = pipeline.handedCount() > 0 && until - now > 0;
      if (pipeline.decidedCount() > 0 || keeper.renewalDue()) {
        turn(0);
      }
      if (waits) {
        long nanos = Math.min(until - now, keeper.nanosToRenewal(now));
        waits = awaitForClose(Math.min(nanos, pipeline.nanosToTimeout(now)));
      }
    }
  }

  /** False if waiting is over: interrupted, or time does not pass while nobody answers. */
  private boolean awaitForClose(long nanos) {
    Pipeline current = pipeline;
    long began = time.nanoTime();
    try {
      time.await(current::hasCompletions, nanos);
      return current.hasCompletions() || time.nanoTime() - began >= nanos;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
