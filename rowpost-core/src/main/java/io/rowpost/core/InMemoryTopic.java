package io.rowpost.core;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A topic of {@link InMemoryMessageBroker}: the kept messages, and the groups that read them. */
final class InMemoryTopic {
  final String name;
  private final int retained;
  private final Supplier<DeliveryQueue<Long>> newQueue;
  private final LongSupplier nanoTime;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  // All below are guarded by the lock. Offsets from first to end - 1 are kept.
  private final Map<Long, Message> log = new HashMap<>();
  private final Map<String, InMemoryGroup> groups = new HashMap<>();
  private long first;
  private long end;
  private boolean exists;

  InMemoryTopic(
      String name,
      boolean exists,
      int retained,
      Supplier<DeliveryQueue<Long>> newQueue,
      LongSupplier nanoTime) {
    this.name = name;
    this.exists = exists;
    this.retained = retained;
    this.newQueue = newQueue;
    this.nanoTime = nanoTime;
  }

  void create() {
    lock.lock();
    try {
      exists = true;
    } finally {
      lock.unlock();
    }
  }

  /** Takes a message, or says why not. */
  @Nullable PublishException append(Message message) {
    lock.lock();
    try {
      if (!exists) {
        return InMemoryMessageBroker.notPublished(
            message,
            FailureClass.DESTINATION,
            "the topic does not exist and autoCreateTopics is off",
            "create the topic, or correct its name.");
      }
      if (log.size() == retained) {
        for (var group : groups.entrySet()) {
          if (group.getValue().oldestUnacknowledged() == first) {
            return InMemoryMessageBroker.notPublished(
                message,
                FailureClass.DESTINATION,
                "it is full, group %s has not acknowledged the oldest of %,d messages"
                    .formatted(group.getKey(), retained),
                "let the group catch up, or raise retained.");
          }
        }
        log.remove(first++);
      }
      log.put(end, message.at(name + "@" + end));
      end++;
      changed.signalAll();
      return null;
    } finally {
      lock.unlock();
    }
  }

  /** The group of this name; a new one begins at the oldest message kept. */
  InMemoryGroup group(String group) {
    lock.lock();
    try {
      return groups.computeIfAbsent(group, g -> new InMemoryGroup(first, newQueue.get()));
    } finally {
      lock.unlock();
    }
  }

  /** What is due for a group now; possibly nothing. */
  DeliveryQueue.Batch<Long> take(InMemoryGroup group, int limit) {
    lock.lock();
    try {
      return group.take(limit, nanoTime.getAsLong(), log, end);
    } finally {
      lock.unlock();
    }
  }

  /** Waits until something is due for a group; an empty batch if told to stop. */
  DeliveryQueue.Batch<Long> await(InMemoryGroup group, int limit, BooleanSupplier stop)
      throws InterruptedException {
    lock.lock();
    try {
      while (!stop.getAsBoolean()) {
        long now = nanoTime.getAsLong();
        DeliveryQueue.Batch<Long> batch = group.take(limit, now, log, end);
        if (!batch.isEmpty()) {
          return batch;
        }
        changed.awaitNanos(group.queue.nanosUntilReady(now));
      }
      return group.queue.take(0, nanoTime.getAsLong());
    } finally {
      lock.unlock();
    }
  }

  /** Acknowledges a batch but for the messages asked for again. */
  void settle(InMemoryGroup group, DeliveryQueue.Batch<Long> batch, List<Message> again) {
    lock.lock();
    try {
      group.queue.settle(batch, again, nanoTime.getAsLong());
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Takes a batch back of which the listener did not say what became of it. */
  void abandon(InMemoryGroup group, DeliveryQueue.Batch<Long> batch) {
    lock.lock();
    try {
      group.queue.abandon(batch, nanoTime.getAsLong());
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Makes waiting threads look again. */
  void wake() {
    lock.lock();
    try {
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  List<Message> messages() {
    lock.lock();
    try {
      var messages = new ArrayList<Message>(log.size());
      for (long offset = first; offset < end; offset++) {
        messages.add(Objects.requireNonNull(log.get(offset)));
      }
      return messages;
    } finally {
      lock.unlock();
    }
  }
}
