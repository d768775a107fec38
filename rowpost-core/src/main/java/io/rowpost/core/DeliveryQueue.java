package io.rowpost.core;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.UnaryOperator;

/**
 * What a subscriber has received and its listener has not done yet: for adapters of brokers.
 *
 * <p>Messages are handed out in the order in which they came, several of a key in one batch at
 * most. While messages of a key are in a batch, later ones of that key wait; when one is asked for
 * again, it returns to the front of its key, and the key pauses, longer after each failure in a
 * row. So a failed key holds up nobody else, and nothing of it runs ahead of its failed message. A
 * message without a key is a key of its own.
 *
 * <p>The queue itself has no bound: an adapter stops receiving at a {@link #size()} or number of
 * {@link #bytes()} of its choice. Not thread-safe.
 *
 * @param <H> the broker's handle of a message, such as an offset
 */
public final class DeliveryQueue<H> {
  private final ExponentialBackoff pauses;
  private final TreeMap<Long, Delivery<H>> unacknowledged = new TreeMap<>();
  // A unit is in units while any message of its key is unacknowledged. It is in ready or in paused
  // when it has messages and none of them is in a batch.
  private final Map<Object, Unit<H>> units = new HashMap<>();
  private final TreeMap<Long, Unit<H>> ready = new TreeMap<>();
  private final TreeSet<Unit<H>> paused = new TreeSet<>(Unit.BY_DUE_TIME);
  private long nextSequence;
  private int readyMessages;
  private long bytes;

  /**
   * Makes an empty queue.
   *
   * @param firstPause how long a key pauses after its first failure; 1 ms or more
   * @param longestPause to what the pause grows by doubling; not less than the first
   */
  public DeliveryQueue(Duration firstPause, Duration longestPause) {
    this.pauses =
        ExponentialBackoff.builder()
            .initialDelay(firstPause)
            .maxDelay(longestPause)
            .jitter(0)
            .build();
  }

  /** Adds a message that the broker delivered. */
  public void add(H handle, Message message) {
    long sequence = nextSequence++;
    var delivery = new Delivery<>(sequence, handle, message);
    unacknowledged.put(sequence, delivery);
    bytes += bytes(message);
    Object key = delivery.key();
    Unit<H> unit = units.get(key);
    if (unit == null) {
      unit = new Unit<>(key);
      units.put(key, unit);
      ready.put(sequence, unit);
    }
    unit.waiting.addLast(delivery);
    if (unit.state == State.READY) {
      readyMessages++;
    }
  }

  /**
   * Takes messages that may be handed to a listener now; their keys are the batch's until it is
   * given to {@link #settle}.
   *
   * @param limit how many at most
   * @param nanoTime the time now, as by {@link System#nanoTime()}
   * @return possibly empty; then it needs no settling
   */
  public Batch<H> take(int limit, long nanoTime) {
    endPauses(nanoTime);
    var taken = new ArrayList<Delivery<H>>();
    while (taken.size() < limit && !ready.isEmpty()) {
      Unit<H> unit = ready.pollFirstEntry().getValue();
      unit.state = State.IN_BATCH;
      readyMessages -= unit.waiting.size();
      while (taken.size() < limit && !unit.waiting.isEmpty()) {
        taken.add(unit.waiting.removeFirst());
      }
    }
    taken.sort(Comparator.comparingLong(Delivery::sequence));
    return new Batch<>(List.copyOf(taken));
  }

  private void endPauses(long nanoTime) {
    while (!paused.isEmpty() && paused.first().dueNanos - nanoTime <= 0) {
      makeReady(paused.pollFirst());
    }
  }

  private void makeReady(Unit<H> unit) {
    unit.state = State.READY;
    ready.put(unit.waiting.getFirst().sequence, unit);
    readyMessages += unit.waiting.size();
  }

  /**
   * Acknowledges a batch, but for the messages that are to be delivered again.
   *
   * @param again messages of the batch, as a {@link MessageListener} returns them; see {@link
   *     #askedFor}
   * @throws IllegalArgumentException if one of them is not of the batch, or the batch was settled
   *     before; nothing was done then
   */
  public void settle(Batch<H> batch, List<Message> again, long nanoTime) {
    takeBack(batch, askedFor(batch.messages(), again), delivery -> delivery, nanoTime);
  }

  /**
   * Finds what a listener asks for again among what it was given: the very objects, since messages
   * that share an id, or have none, need not be one message. An object that it was not given stands
   * for all that equal it.
   *
   * @param given what the listener was given
   * @param again what it returned
   * @return objects of {@code given}; a set by identity
   * @throws IllegalArgumentException if the listener was not given one of them
   */
  public static Set<Message> askedFor(List<Message> given, Collection<Message> again) {
    Set<Message> known = byIdentity(given);
    Set<Message> asked = byIdentity(List.of());
    for (Message message : again) {
      List<Message> meant =
          known.contains(message)
              ? List.of(message)
              : given.stream().filter(message::equals).toList();
      if (meant.isEmpty()) {
        throw new IllegalArgumentException("a message asked for again was not in the batch");
      }
      asked.addAll(meant);
    }
    return asked;
  }

  private static Set<Message> byIdentity(List<Message> messages) {
    Set<Message> set = Collections.newSetFromMap(new IdentityHashMap<>());
    set.addAll(messages);
    return set;
  }

  /**
   * Takes back a batch of which nobody has said what became of it: all its messages are delivered
   * again, as {@linkplain Message#redelivered() redelivered}.
   *
   * @throws IllegalArgumentException if the batch was settled before
   */
  public void abandon(Batch<H> batch, long nanoTime) {
    takeBack(batch, byIdentity(batch.messages()), Delivery::redelivered, nanoTime);
  }

  private void takeBack(
      Batch<H> batch, Set<Message> failed, UnaryOperator<Delivery<H>> change, long nanoTime) {
    batch.settleOnce();
    Set<Unit<H>> touched = new LinkedHashSet<>();
    Set<Unit<H>> failing = new HashSet<>();
    // Backwards, so that failed messages return to the front in their old order.
    for (int i = batch.deliveries.size() - 1; i >= 0; i--) {
      Delivery<H> delivery = batch.deliveries.get(i);
      Unit<H> unit = Objects.requireNonNull(units.get(delivery.key()));
      touched.add(unit);
      if (failed.contains(delivery.message)) {
        Delivery<H> next = change.apply(delivery);
        unacknowledged.put(next.sequence, next);
        unit.waiting.addFirst(next);
        failing.add(unit);
      } else {
        unacknowledged.remove(delivery.sequence);
        bytes -= bytes(delivery.message);
      }
    }
    for (Unit<H> unit : touched) {
      if (failing.contains(unit)) {
        unit.failures++;
        unit.state = State.PAUSED;
        unit.dueNanos = nanoTime + pauses.delay(unit.failures).toNanos();
        paused.add(unit);
      } else if (unit.waiting.isEmpty()) {
        units.remove(unit.key);
      } else {
        unit.failures = 0;
        makeReady(unit);
      }
    }
  }

  /** The handle of the oldest message that is not acknowledged; empty if there is none. */
  public Optional<H> oldest() {
    return unacknowledged.isEmpty()
        ? Optional.empty()
        : Optional.of(unacknowledged.firstEntry().getValue().handle);
  }

  /** How many messages are not acknowledged. */
  public int size() {
    return unacknowledged.size();
  }

  /**
   * How large the messages are that are not acknowledged: keys, headers and payloads, a character
   * as one byte.
   */
  public long bytes() {
    return bytes;
  }

  private static long bytes(Message message) {
    long bytes = message.payload().length;
    bytes += message.key() == null ? 0 : message.key().length();
    for (Map.Entry<String, String> header : message.headers().entrySet()) {
      bytes += header.getKey().length();
      bytes += header.getValue().length();
    }
    return bytes;
  }

  /** How many messages {@link #take} would find now, were there no limit. */
  public int ready(long nanoTime) {
    endPauses(nanoTime);
    return readyMessages;
  }

  /** How long until {@link #take} finds something that is here already; long if nothing pauses. */
  public long nanosUntilReady(long nanoTime) {
    if (ready(nanoTime) > 0) {
      return 0;
    }
    return paused.isEmpty() ? Long.MAX_VALUE : paused.first().dueNanos - nanoTime;
  }

  /**
   * Messages for one call of a listener.
   *
   * @param <H> the broker's handle of a message
   */
  public static final class Batch<H> {
    private final List<Delivery<H>> deliveries;
    private final List<Message> messages;
    private boolean settled;

    private Batch(List<Delivery<H>> deliveries) {
      this.deliveries = deliveries;
      this.messages = deliveries.stream().map(Delivery::message).toList();
    }

    /** Whether there is nothing to do. */
    public boolean isEmpty() {
      return messages.isEmpty();
    }

    /** The messages, in the order in which they came; unmodifiable. */
    public List<Message> messages() {
      return messages;
    }

    private void settleOnce() {
      if (settled) {
        throw new IllegalArgumentException("the batch has been settled before");
      }
      settled = true;
    }
  }

  private enum State {
    READY,
    IN_BATCH,
    PAUSED
  }

  private record Delivery<H>(long sequence, H handle, Message message) {
    Delivery<H> redelivered() {
      return new Delivery<>(sequence, handle, message.asRedelivered());
    }

    Object key() {
      String key = message.key();
      return key == null ? sequence : key;
    }
  }

  /** A key, and its messages that are in no batch. */
  private static final class Unit<H> {
    static final Comparator<Unit<?>> BY_DUE_TIME =
        (a, b) -> {
          int byTime = Long.signum(a.dueNanos - b.dueNanos);
          return byTime != 0
              ? byTime
              : Long.compare(a.waiting.getFirst().sequence, b.waiting.getFirst().sequence);
        };

    final Object key;
    final Deque<Delivery<H>> waiting = new ArrayDeque<>();
    State state = State.READY;
    int failures;
    long dueNanos;

    Unit(Object key) {
      this.key = key;
    }
  }
}
