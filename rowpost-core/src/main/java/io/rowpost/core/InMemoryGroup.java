package io.rowpost.core;

import java.util.Map;
import java.util.Objects;

/**
 * Where one group stands in a topic of {@link InMemoryMessageBroker}. Guarded by the topic's lock.
 */
final class InMemoryGroup {
  final DeliveryQueue<Long> queue;
  private long next;

  InMemoryGroup(long first, DeliveryQueue<Long> queue) {
    this.next = first;
    this.queue = queue;
  }

  /** The low bound of what this group still needs. */
  long oldestUnacknowledged() {
    return queue.oldest().orElse(next);
  }

  /** Takes up to limit messages that are due, reading on in the topic only as far as needed. */
  DeliveryQueue.Batch<Long> take(int limit, long nanoTime, Map<Long, Message> log, long end) {
    while (next < end && queue.ready(nanoTime) < limit) {
      queue.add(next, Objects.requireNonNull(log.get(next)));
      next++;
    }
    return queue.take(limit, nanoTime);
  }
}
