package io.rowpost.core;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Where one group stands in a topic of {@link InMemoryMessageBroker}. Guarded by the topic's lock.
 *
 * <p>Messages are read once, in order. One whose key is free goes into the batch that is being
 * filled; one whose key is in another member's hands, or pausing after a failure, joins the queue
 * of its key. So a failed key holds up nobody else, and nothing of it runs ahead of its failed
 * message. A message without a key is a unit of its own.
 */
final class InMemoryGroup {
  private final ExponentialBackoff redelivery;
  // Only units that are in somebody's hands or have messages waiting.
  private final Map<Object, Unit> units = new HashMap<>();
  private final TreeSet<Unit> waiting = new TreeSet<>(Unit.BY_DUE_TIME);
  private final TreeSet<Long> unacknowledged = new TreeSet<>();
  private long next;

  InMemoryGroup(long first, ExponentialBackoff redelivery) {
    this.next = first;
    this.redelivery = redelivery;
  }

  /** The low bound of what this group still needs. */
  long oldestUnacknowledged() {
    return unacknowledged.isEmpty() ? next : unacknowledged.first();
  }

  /** Takes up to limit messages that are due; their keys are taken until {@link #settle}. */
  Batch take(int limit, long now, Map<Long, Message> log, long end) {
    var batch = new Batch();
    while (batch.entries.size() < limit
        && !waiting.isEmpty()
        && waiting.first().dueNanos - now <= 0) {
      Unit unit = waiting.pollFirst();
      unit.holder = batch;
      while (batch.entries.size() < limit && !unit.queue.isEmpty()) {
        batch.entries.add(unit.queue.removeFirst());
      }
    }
    while (batch.entries.size() < limit && next < end) {
      var entry = new Entry(next, Objects.requireNonNull(log.get(next)));
      next++;
      unacknowledged.add(entry.offset);
      Unit unit = units.computeIfAbsent(entry.key(), key -> new Unit(key, batch));
      if (unit.holder == batch) {
        batch.entries.add(entry);
      } else {
        unit.queue.addLast(entry);
      }
    }
    return batch;
  }

  /** How long until a waiting unit is due; long, if there is none. */
  long nanosUntilDue(long now) {
    return waiting.isEmpty() ? Long.MAX_VALUE : waiting.first().dueNanos - now;
  }

  /** Acknowledges a batch but for what is to be delivered again, which goes to its key's front. */
  void settle(Batch batch, List<Message> again, long now) {
    Set<Message> failed = new HashSet<>(again);
    Set<Unit> touched = new HashSet<>();
    Set<Unit> failing = new HashSet<>();
    // Backwards, so that failed messages return to the front in their old order.
    for (int i = batch.entries.size() - 1; i >= 0; i--) {
      Entry entry = batch.entries.get(i);
      Unit unit = Objects.requireNonNull(units.get(entry.key()));
      touched.add(unit);
      if (failed.contains(entry.message)) {
        unit.queue.addFirst(entry);
        failing.add(unit);
      } else {
        unacknowledged.remove(entry.offset);
      }
    }
    for (Unit unit : touched) {
      unit.holder = null;
      unit.failures = failing.contains(unit) ? unit.failures + 1 : 0;
      if (unit.queue.isEmpty()) {
        units.remove(unit.key);
      } else {
        unit.dueNanos = unit.failures == 0 ? now : now + redelivery.delay(unit.failures).toNanos();
        waiting.add(unit);
      }
    }
  }

  /** Messages that were handed out together; their keys are its own until it is settled. */
  static final class Batch {
    private final List<Entry> entries = new ArrayList<>();

    boolean isEmpty() {
      return entries.isEmpty();
    }

    List<Message> messages() {
      return entries.stream().map(Entry::message).toList();
    }
  }

  private record Entry(long offset, Message message) {
    Object key() {
      String key = message.key();
      return key == null ? offset : key;
    }
  }

  /** Messages of one key that may not be handed out now. */
  private static final class Unit {
    static final Comparator<Unit> BY_DUE_TIME =
        (a, b) -> {
          int byTime = Long.signum(a.dueNanos - b.dueNanos);
          return byTime != 0
              ? byTime
              : Long.compare(a.queue.getFirst().offset, b.queue.getFirst().offset);
        };

    final Object key;
    final Deque<Entry> queue = new ArrayDeque<>();
    @Nullable Batch holder;
    int failures;
    long dueNanos;

    Unit(Object key, Batch holder) {
      this.key = key;
      this.holder = holder;
    }
  }
}
