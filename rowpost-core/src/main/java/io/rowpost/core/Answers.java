package io.rowpost.core;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What the broker has answered: from any threads to the relay's.
 *
 * <p>A broker answers a batch of records in a row. Waking a thread for each of them would cost both
 * threads more than the records do, so the relay's can wait for several.
 */
final class Answers {
  /** This part of what is at the broker makes it worth to wake the relay's thread. */
  private static final int GATHERED_PART = 8;

  private final EngineTime time;
  private final Queue<Answer> queue = new ConcurrentLinkedQueue<>();
  private final AtomicInteger count = new AtomicInteger();

  /** So many are worth a signal. */
  private volatile int enough = 1;

  Answers(EngineTime time) {
    this.time = time;
  }

  /** To one hand-over of a record. */
  record Answer(Slot slot, int handOver, @Nullable Throwable error) {}

  /** From any thread. */
  void add(Answer answer) {
    queue.add(answer);
    if (count.incrementAndGet() >= enough) {
      time.signal();
    }
  }

  boolean isEmpty() {
    return queue.isEmpty();
  }

  @Nullable Answer poll() {
    Answer answer = queue.poll();
    if (answer != null) {
      count.decrementAndGet();
    }
    return answer;
  }

  /** Waits for those that follow a first one closely, where many records are at the broker. */
  void gather(int atBroker, BooleanSupplier stop, long nanos) throws InterruptedException {
    int several = atBroker / GATHERED_PART;
    if (several > 1 && !isEmpty()) {
      await(several, stop, nanos);
    }
  }

  /** Waits until there are enough, or for as long as it may, or until it is to stop. */
  void await(int enough, BooleanSupplier stop, long nanos) throws InterruptedException {
    this.enough = enough;
    try {
      time.await(() -> count.get() >= enough || stop.getAsBoolean(), nanos);
    } finally {
      this.enough = 1;
    }
  }
}
