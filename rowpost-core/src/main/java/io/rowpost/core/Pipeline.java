package io.rowpost.core;

import io.rowpost.core.Answers.Answer;
import io.rowpost.core.OutboxBatch.Entry;
import io.rowpost.core.OutboxBatch.Origin;
import io.rowpost.core.OutboxBatch.Settled;
import io.rowpost.core.OutboxRelay.OnFailed;
import io.rowpost.core.OutboxRelay.Ordering;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Records between fetch and settlement, under one lease.
 *
 * <p>The way of a record: {@link #add} puts it at the end of its key's chain, or decides at once
 * that it waits; {@link #handOver} gives the heads of chains to the broker; {@link #drain} takes
 * what the broker answered and decides; {@link #takeDecided} hands the outcomes to the turn that
 * settles them.
 *
 * <p>Order rests on one rule: of a key's chain only the head is ever at the broker. When the head
 * is parked, the whole chain is parked behind it in the same settlement, and the key is blocked
 * from that moment: later records of it are decided as Waiting when they come in, until the store
 * reports that no parked record blocks the key any more. A failed head that lets its key go on does
 * so when its failure is committed.
 *
 * <p>All methods are for the relay's thread; only completions arrive from others, through a queue.
 */
final class Pipeline {
  /** More topics than this are forgotten once they are idle. */
  private static final int MAX_IDLE_DESTINATIONS = 1000;

  /** A key's overflow comes back no sooner than this: its predecessors are still at the broker. */
  private static final Duration OVERFLOW_DELAY = Duration.ofMillis(50);

  /** A record that has no room behind its topic's probe comes back no sooner than this. */
  private static final Duration PROBE_DELAY = Duration.ofSeconds(1);

  /** A full pipeline is no excuse for a suspicion that lasts longer than a topic may be held. */
  private static final Duration LONGEST_SUSPICION = Duration.ofSeconds(30);

  /** When a record is tried again whose policy has failed; {@link RetryPolicy} promises it. */
  private static final Duration DELAY_WITHOUT_POLICY = Duration.ofMinutes(1);

  private static final Settlement SENT = new Settlement.Sent();
  private static final Settlement BEHIND_KEY =
      new Settlement.Waiting(Duration.ZERO, "waits behind an earlier record of its key");
  private static final Settlement NOT_DUE =
      new Settlement.Waiting(Duration.ZERO, "not available yet");
  private static final Settlement OVERFLOW =
      new Settlement.Waiting(OVERFLOW_DELAY, "its key fills its share of the pipeline");

  private final RelaySettings settings;
  private final EngineTime time;
  private final Backoff broker;
  private final QuietLog log;

  private final Queue<Slot> ready = new ArrayDeque<>();
  private final AtBroker handed = new AtBroker();
  private final Answers answers;
  private final Map<String, Destination> destinations = new HashMap<>();
  private final Set<Long> blocked = new HashSet<>();

  private Chains chains;

  /** The destination of the record that came last, often that of the next one. */
  private @Nullable Destination lastDestination;

  private List<Settled> decided = new ArrayList<>();

  /** Heads that have failed and let their keys go on, once that is committed. */
  private final List<Slot> passable = new ArrayList<>();

  private long firstDecidedAt;
  private int decidedSent;
  private int undecided;
  private long undecidedBytes;
  private int held;

  /**
   * Blocked keys at which no new records are read. A new owner may always read as much as its
   * predecessor can have left unsettled: parked records wait for that.
   */
  private int blockedBound = RelaySettings.MAX_BLOCKED_KEYS;

  /** More keys may be blocked than are known, so that none can be told to be free. */
  private boolean moreBlocked;

  private boolean anyAck;
  private long lastAck;

  Pipeline(RelaySettings settings, Backoff broker, QuietLog log) {
    this.settings = settings;
    this.time = settings.time();
    this.broker = broker;
    this.log = log;
    this.answers = new Answers(time);
    this.chains = new Chains(settings.maxFetched());
  }

  // ---- from the store -------------------------------------------------------------------------

  void replaceBlocked(Set<Long> keys) {
    blocked.clear();
    blocked.addAll(keys);
    moreBlocked = keys.size() >= RelaySettings.MAX_BLOCKED_KEYS_LOADED;
    blockedBound = Math.max(RelaySettings.MAX_BLOCKED_KEYS, keys.size() + settings.maxFetched());
  }

  /** Whether so many of the keys that were loaded are free that the others may fit. */
  boolean wantsBlocked() {
    return moreBlocked && blocked.size() <= RelaySettings.MAX_BLOCKED_KEYS_LOADED / 4 * 3;
  }

  void release(Set<Long> keys) {
    blocked.removeAll(keys);
  }

  /**
   * Notes that all that is due was read. Where nothing of a held topic has come for longer than it
   * was to wait, nothing waits any more: it was discarded, or refused record by record.
   */
  void allDueIsRead(long now) {
    if (held < RelaySettings.MAX_HELD) {
      return;
    }
    for (Destination destination : destinations.values()) {
      if (destination.slots == 0
          && destination.backoff.overdue(now) > settings.sendTimeout().toNanos()) {
        held -= destination.held;
        destination.held = 0;
      }
    }
  }

  /** Takes a fetched record in, at {@code now}. */
  void add(Entry entry, long now) {
    OutboxRecord record = entry.record();
    Destination destination = destination(record.topic());
    long orderKey = settings.ordering() == Ordering.STRICT ? destination.orderKey(record) : 0;
    Slot slot = new Slot(entry, destination, orderKey);
    destination.slots++;
    undecided++;
    undecidedBytes += record.payload().length;
    Slot head = orderKey == 0 ? null : chains.head(orderKey);
    Settlement waiting = waitingAtOnce(slot, head, now);
    if (waiting != null) {
      decide(slot, waiting, now);
    } else if (head != null) {
      head.enqueue(slot);
    } else {
      if (orderKey != 0) {
        chains.add(slot);
      }
      ready.add(slot);
    }
  }

  private Destination destination(String topic) {
    Destination destination = lastDestination;
    if (destination == null || !destination.topic.equals(topic)) {
      destination = destinations.computeIfAbsent(topic, t -> new Destination(t, settings.random()));
      lastDestination = destination;
    }
    return destination;
  }

  private @Nullable Settlement waitingAtOnce(Slot slot, @Nullable Slot head, long now) {
    Origin origin = slot.entry.origin();
    if (origin == Origin.EARLY) {
      return NOT_DUE;
    }
    if (slot.orderKey != 0
        && origin != Origin.IN_TURN
        && !blocked.isEmpty()
        && (moreBlocked || blocked.contains(slot.orderKey))) {
      return BEHIND_KEY;
    }
    if (head != null) {
      return origin != Origin.IN_TURN && head.followers + 1 >= settings.keyShare()
          ? OVERFLOW
          : null;
    }
    return slot.destination.backoff.pausing(now) ? heldUntilProbe(slot, now) : null;
  }

  // ---- to the broker --------------------------------------------------------------------------

  /**
   * Hands over what may go, as long as the broker's answer must come while the lease holds.
   *
   * @param sendBy the latest time to hand anything over: a process that was paused stops itself
   *     here
   */
  void handOver(long sendBy) {
    while (!ready.isEmpty()) {
      long now = time.nanoTime();
      if (sendBy - now <= 0 || !mayHandOver(now)) {
        return;
      }
      Slot slot = ready.remove();
      if (slot.state == Slot.State.QUEUED) {
        handOver(slot, now);
      }
    }
  }

  private void handOver(Slot slot, long now) {
    Destination destination = slot.destination;
    if (destination.backoff.pausing(now)) {
      park(slot, heldUntilProbe(slot, now), now);
      return;
    }
    if (destination.backoff.suspect()) {
      if (destination.probe != null) {
        waitFor(destination.probe, slot, now);
        return;
      }
      destination.probe = slot;
    }
    slot.handedAt = now;
    int handOver = ++slot.handOvers;
    FaultPoint.RELAY_SEND_BEGINS.pass();
    CompletionStage<Void> stage;
    try {
      stage =
          Objects.requireNonNull(
              settings.publisher().publish(Message.of(slot.record)), "the publisher's answer");
    } catch (Throwable e) {
      failed(slot, e, time.nanoTime());
      return;
    }
    FaultPoint.RELAY_SEND_DONE.pass();
    if (stage instanceof CompletableFuture<Void> future
        && future.isDone()
        && !future.isCompletedExceptionally()) {
      // Never was at the broker unanswered: it costs neither the set nor the queue.
      acked(slot, time.nanoTime());
      return;
    }
    slot.state = Slot.State.HANDED;
    handed.add(slot);
    try {
      // Not whenComplete: it wraps the error anew, and asks it for its text.
      stage.handle(
          (done, error) -> {
            answers.add(new Answer(slot, handOver, error));
            return null;
          });
    } catch (Throwable e) {
      failed(slot, e, time.nanoTime());
    }
  }

  /** The probe may hang: half of the pipeline at least is for other topics meanwhile. */
  private void waitFor(Slot probe, Slot slot, long now) {
    if (undecided <= settings.maxInFlight()) {
      slot.destination.behindProbe.add(slot);
    } else {
      park(slot, held(slot, Math.max(PROBE_DELAY.toNanos(), now - probe.handedAt)), now);
    }
  }

  // ---- from the broker ------------------------------------------------------------------------

  boolean hasCompletions() {
    return !answers.isEmpty();
  }

  /** Waits for the answers that follow a first one closely, where many are to come. */
  void gather(BooleanSupplier stop, long nanos) throws InterruptedException {
    answers.gather(handed.size(), stop, nanos);
  }

  /** Decides what the broker has answered, and what it has not answered within the send timeout. */
  void drain() {
    for (Answer a = answers.poll(); a != null; a = answers.poll()) {
      long now = time.nanoTime();
      if (a.error() == null) {
        acked(a.slot(), now);
      } else if (a.slot().state == Slot.State.HANDED && a.slot().handOvers == a.handOver()) {
        failed(a.slot(), a.error(), now);
      }
    }
    long now = time.nanoTime();
    for (Slot slot = handed.oldest();
        slot != null && nanosToTimeout(slot, now) <= 0;
        slot = handed.oldest()) {
      failed(
          slot,
          PublishException.unclassified(
              "The record was not confirmed: the broker did not answer within "
                  + settings.sendTimeout(),
              null),
          now);
    }
  }

  /** Also for a record that had timed out and is queued again: the broker has it. */
  private void acked(Slot slot, long now) {
    if (slot.state == Slot.State.DECIDED) {
      return;
    }
    FaultPoint.RELAY_CONFIRMED.pass();
    anyAck = true;
    lastAck = now;
    broker.succeeded();
    Destination destination = slot.destination;
    if (destination.backoff.suspect()) {
      held -= destination.held;
      destination.held = 0;
      log.info("Topic {} takes records again.", destination.topic);
    }
    destination.acked(now);
    takeBack(destination);
    settings.listener().onSent(slot.record, Duration.ofNanos(now - slot.handedAt));
    decide(slot, SENT, now);
    advance(slot);
  }

  private void failed(Slot slot, Throwable thrown, long now) {
    Throwable cause = thrown instanceof CompletionException ? ErrorText.causeOf(thrown) : null;
    Throwable error = cause == null ? thrown : cause;
    leaveBroker(slot);
    Destination destination = slot.destination;
    if (destination.probe == slot) {
      destination.probe = null;
    }
    switch (classify(slot, error, now)) {
      case BROKER -> {
        takeBack(destination);
        ready.add(slot);
        if (broker.failed(now)) {
          log.warn("broker", "The broker is away; nothing is lost, no attempt is counted", error);
          letOthersTry(destination);
        }
      }
      case DESTINATION -> {
        if (destination.backoff.failed(now)) {
          log.warn("topic", "Topic " + destination.topic + " is held; others go on", error);
        }
        takeBack(destination);
        park(slot, heldUntilProbe(slot, now), now);
      }
      case RECORD -> recordFailed(slot, error, now);
    }
  }

  /**
   * Whose fault a failure is. Where the adapter cannot tell, what else was acknowledged since the
   * first hand-over that failed so tells: nothing, then the broker is suspect; other topics only,
   * then this topic; this topic too, then the record.
   *
   * <p>Nothing tells little where nothing else could be. So a topic that is held is not evidence
   * against the broker, and one that keeps all others out of the pipeline is so for a while only.
   */
  private FailureClass classify(Slot slot, Throwable error, long now) {
    Optional<FailureClass> known =
        error instanceof PublishException e ? e.failureClass() : Optional.empty();
    if (known.isPresent()) {
      return known.get();
    }
    if (!slot.suspect) {
      slot.suspect = true;
      slot.suspectSince = slot.handedAt;
    }
    if (slot.destination.ackedSince(slot.suspectSince)) {
      return FailureClass.RECORD;
    }
    boolean othersFlow = anyAck && lastAck - slot.suspectSince >= 0;
    return othersFlow || slot.destination.backoff.suspect() || keepsOthersOut(now)
        ? FailureClass.DESTINATION
        : FailureClass.BROKER;
  }

  private boolean keepsOthersOut(long now) {
    return (room() == 0 || byteRoom() == 0)
        && broker.suspectFor(now) >= LONGEST_SUSPICION.toNanos();
  }

  private void takeBack(Destination destination) {
    ready.addAll(destination.behindProbe);
    destination.behindProbe.clear();
  }

  /** A suspect broker is tried by one record: next by one of another topic, if there is one. */
  private void letOthersTry(Destination tried) {
    for (int n = ready.size(); n > 0 && ready.element().destination == tried; n--) {
      ready.add(ready.remove());
    }
  }

  private void recordFailed(Slot slot, Throwable error, long now) {
    takeBack(slot.destination);
    Settlement settlement = judge(slot, error);
    if (settlement instanceof Settlement.Failed failure) {
      log.warn("record", "Record " + slot.record.id() + " is FAILED after its last attempt", error);
      if (!failure.blocking()) {
        decide(slot, failure, now);
        passable.add(slot);
        return;
      }
    }
    park(slot, settlement, now);
  }

  /**
   * What the policy makes of a failed attempt; a policy that fails itself costs its record time.
   */
  private Settlement judge(Slot slot, Throwable error) {
    String text = ErrorText.withCause(error);
    try {
      Optional<Duration> delay =
          Objects.requireNonNull(
              settings.retry().nextDelay(slot.record.attempts() + 1, error), "the policy's answer");
      return delay.isPresent()
          ? new Settlement.Retry(delay.get(), text)
          : new Settlement.Failed(
              text, slot.orderKey != 0 && settings.onFailed() == OnFailed.BLOCK);
    } catch (Throwable e) {
      log.warn("policy", "The retry policy failed; its records wait " + DELAY_WITHOUT_POLICY, e);
      return new Settlement.Retry(DELAY_WITHOUT_POLICY, text);
    }
  }

  // ---- decisions ------------------------------------------------------------------------------

  /** Parks the head of a chain, and the chain behind it. */
  private void park(Slot head, Settlement settlement, long now) {
    decide(head, settlement, now);
    if (head.orderKey != 0 && chains.remove(head)) {
      for (Slot slot = head.follower; slot != null; slot = slot.follower) {
        decide(slot, BEHIND_KEY, now);
      }
    }
  }

  private void advance(Slot head) {
    if (head.orderKey != 0 && chains.remove(head)) {
      Slot next = head.leaveChain();
      if (next != null) {
        chains.add(next);
        ready.add(next);
      }
    }
  }

  private void leaveBroker(Slot slot) {
    if (slot.state == Slot.State.HANDED) {
      handed.remove(slot);
      slot.state = Slot.State.QUEUED;
    }
  }

  private void decide(Slot slot, Settlement settlement, long now) {
    leaveBroker(slot);
    slot.state = Slot.State.DECIDED;
    slot.destination.slots--;
    undecided--;
    undecidedBytes -= slot.record.payload().length;
    if (decided.isEmpty()) {
      firstDecidedAt = now;
    }
    decided.add(new Settled(slot.entry, settlement));
    if (settlement == SENT) {
      decidedSent++;
      return;
    }
    boolean passes =
        slot.entry.origin() == Origin.EARLY
            || (settlement instanceof Settlement.Failed failure && !failure.blocking());
    if (slot.orderKey != 0 && !passes) {
      blocked.add(slot.orderKey);
    }
    settings.listener().onNotSent(slot.record, settlement);
  }

  private Settlement heldUntilProbe(Slot slot, long now) {
    return held(slot, slot.destination.backoff.remaining(now));
  }

  private Settlement held(Slot slot, long nanos) {
    if (slot.entry.origin() == Origin.NEW) {
      slot.destination.held++;
      held++;
    }
    return new Settlement.Waiting(Duration.ofNanos(nanos), "its topic is held");
  }

  // ---- to the turn that settles ---------------------------------------------------------------

  /** The outcomes since the last call, per key in order; they are the caller's now. */
  List<Settled> takeDecided() {
    List<Settled> taken = decided;
    decided = new ArrayList<>();
    decidedSent = 0;
    if (destinations.size() > MAX_IDLE_DESTINATIONS) {
      destinations.values().removeIf(Destination::forgettable);
      lastDestination = null;
    }
    return taken;
  }

  /**
   * Notes that all outcomes taken are committed. Only now may a key go on without a failed record:
   * who owns the lease next would begin with that one.
   */
  void committed() {
    passable.forEach(this::advance);
    passable.clear();
  }

  /** Forgets what was fetched but never handed over, before a close. */
  void dropQueued() {
    ready.clear();
    passable.clear();
    chains = new Chains(handed.size());
    for (Slot slot = handed.oldest(); slot != null; slot = slot.handedNext) {
      slot.dropFollowers();
      if (slot.orderKey != 0) {
        chains.add(slot);
      }
    }
  }

  // ---- what the relay asks --------------------------------------------------------------------

  int decidedCount() {
    return decided.size();
  }

  /** How many of them the broker has taken. */
  int decidedSent() {
    return decidedSent;
  }

  long firstDecidedAt() {
    return firstDecidedAt;
  }

  boolean isEmpty() {
    return undecided == 0 && decided.isEmpty();
  }

  int handedCount() {
    return handed.size();
  }

  boolean hasReady() {
    return !ready.isEmpty();
  }

  /** Whether {@link #handOver} would get anywhere now. */
  boolean mayHandOver(long now) {
    return hasReady()
        && handed.size() < settings.maxInFlight()
        && !broker.pausing(now)
        && (handed.isEmpty() || !broker.suspect());
  }

  /**
   * How many records the next turn may fetch: it settles the decided ones, so those are no load.
   */
  int room() {
    return Math.max(0, settings.maxFetched() - undecided);
  }

  long byteRoom() {
    return Math.max(0, settings.maxInFlightBytes() - undecidedBytes);
  }

  /** Whether new records may be read: each could have to be parked, and that is bounded. */
  boolean takesNew() {
    return held < RelaySettings.MAX_HELD && blocked.size() < blockedBound;
  }

  /** Nanoseconds until the oldest record at the broker times out; 0 or less if it has. */
  long nanosToTimeout(long now) {
    Slot oldest = handed.oldest();
    return oldest == null ? Long.MAX_VALUE : nanosToTimeout(oldest, now);
  }

  private long nanosToTimeout(Slot slot, long now) {
    return slot.handedAt + settings.sendTimeout().toNanos() - now;
  }
}
