package io.rowpost.core;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The parked rows of {@link InMemoryOutbox}, which guards them, with the two indexes that keep a
 * poll from looking at rows that only wait: the queue of each order key, and what has a due time.
 *
 * <p>Every change of a row goes through {@link #change}, so that the indexes follow.
 */
final class InMemoryParkedRows {
  private static final Comparator<InMemoryRow> BY_PLACE =
      Comparator.<InMemoryRow>comparingLong(row -> row.place).thenComparingLong(row -> row.seq);
  private static final Comparator<InMemoryRow> BY_DUE_TIME =
      Comparator.<InMemoryRow, Instant>comparing(row -> InMemoryOutbox.known(row.nextAttemptAt))
          .thenComparingLong(row -> row.seq);

  private final Map<Long, InMemoryRow> rows = new HashMap<>();
  private final Map<Long, TreeSet<InMemoryRow>> queues = new HashMap<>();

  /** PENDING rows not in flight that have a due time and nothing before them. */
  private final TreeSet<InMemoryRow> due = new TreeSet<>(BY_DUE_TIME);

  /**
   * Changes a row, takes it in if it is marked as parked afterwards, and drops it otherwise.
   *
   * <p>While the change runs, the row is in none of the indexes, so {@link #leads} and {@link
   * #nextPlace} tell of the others.
   */
  void change(InMemoryRow row, Runnable change) {
    InMemoryRow headBefore = head(row.orderKey);
    unlist(headBefore);
    unlist(row);
    leaveQueue(row);
    change.run();
    row.version++;
    if (row.parked) {
      rows.put(row.seq, row);
      if (row.blocking) {
        queues.computeIfAbsent(row.orderKey, key -> new TreeSet<>(BY_PLACE)).add(row);
      }
    } else {
      rows.remove(row.seq);
    }
    list(row);
    list(headBefore);
    list(head(row.orderKey));
  }

  /** Dates the head of a key if it is PENDING and has no due time. */
  void promote(long orderKey, Instant now) {
    InMemoryRow head = head(orderKey);
    if (head != null && head.status == OutboxStatus.PENDING && head.nextAttemptAt == null) {
      head.nextAttemptAt = now;
      list(head);
    }
  }

  /** Forgets what a lost owner had in flight. */
  void recover(Instant now) {
    for (InMemoryRow row : rows.values()) {
      row.inFlight = false;
      list(row);
    }
    queues.keySet().forEach(orderKey -> promote(orderKey, now));
  }

  /** Takes a row out of what is due, because it goes to the broker now. */
  void markInFlight(InMemoryRow row) {
    unlist(row);
    row.inFlight = true;
  }

  /** Rows due by now whose place the stream was read up to, earliest first. */
  List<InMemoryRow> due(Instant now, long readUpTo, int limit) {
    var result = new ArrayList<InMemoryRow>();
    for (InMemoryRow row : due) {
      if (result.size() == limit || InMemoryOutbox.known(row.nextAttemptAt).isAfter(now)) {
        break;
      }
      if (row.seq <= readUpTo) {
        result.add(row);
      }
    }
    return result;
  }

  boolean anyDue(Instant now) {
    return !due.isEmpty() && !InMemoryOutbox.known(due.first().nextAttemptAt).isAfter(now);
  }

  /** What stands behind a head up to the first row that may not follow it at once. */
  List<InMemoryRow> successors(InMemoryRow head, long readUpTo, int limit) {
    var result = new ArrayList<InMemoryRow>();
    TreeSet<InMemoryRow> queue = queues.get(head.orderKey);
    if (queue != null) {
      for (InMemoryRow row : queue.tailSet(head, false)) {
        if (result.size() == limit
            || row.seq > readUpTo
            || row.status != OutboxStatus.PENDING
            || row.inFlight
            || row.nextAttemptAt != null) {
          break;
        }
        result.add(row);
      }
    }
    return result;
  }

  /** Whether a row is the head of its key's queue, or would be on joining it. */
  boolean leads(InMemoryRow row) {
    InMemoryRow head = head(row.orderKey);
    return head == null || BY_PLACE.compare(row, head) <= 0;
  }

  /** The place after all blocking rows of a key; 0 if it has none. */
  long nextPlace(long orderKey) {
    TreeSet<InMemoryRow> queue = queues.get(orderKey);
    return queue == null ? 0 : queue.last().place + 1;
  }

  boolean isBlocked(long orderKey) {
    return queues.containsKey(orderKey);
  }

  Set<Long> blockedKeys(int limit) {
    var keys = new HashSet<Long>();
    for (Long key : queues.keySet()) {
      if (keys.size() == limit) {
        break;
      }
      keys.add(key);
    }
    return keys;
  }

  Collection<InMemoryRow> all() {
    return rows.values();
  }

  private @Nullable InMemoryRow head(long orderKey) {
    TreeSet<InMemoryRow> queue = queues.get(orderKey);
    return queue == null ? null : queue.first();
  }

  private void leaveQueue(InMemoryRow row) {
    TreeSet<InMemoryRow> queue = row.blocking ? queues.get(row.orderKey) : null;
    if (queue != null) {
      queue.remove(row);
      if (queue.isEmpty()) {
        queues.remove(row.orderKey);
      }
    }
  }

  private void list(@Nullable InMemoryRow row) {
    if (row != null
        && row.parked
        && row.status == OutboxStatus.PENDING
        && !row.inFlight
        && row.nextAttemptAt != null
        && (!row.blocking || head(row.orderKey) == row)) {
      due.add(row);
    }
  }

  private void unlist(@Nullable InMemoryRow row) {
    if (row != null && row.nextAttemptAt != null) {
      due.remove(row);
    }
  }
}
