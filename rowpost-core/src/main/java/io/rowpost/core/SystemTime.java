package io.rowpost.core;

import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Real time; a signal to nobody costs one volatile read.
 *
 * <p>Of several threads that wait it wakes the one that came last: whoever closes a relay waits for
 * the broker while its thread is on the way out.
 */
final class SystemTime implements EngineTime {
  private final AtomicReference<@Nullable Thread> waiting = new AtomicReference<>();

  @Override
  public long nanoTime() {
    return System.nanoTime();
  }

  @Override
  public void await(BooleanSupplier ready, long nanos) throws InterruptedException {
    long deadline = System.nanoTime() + nanos;
    Thread self = Thread.currentThread();
    waiting.set(self);
    try {
      while (!ready.getAsBoolean()) {
        long left = deadline - System.nanoTime();
        if (left <= 0) {
          return;
        }
        LockSupport.parkNanos(this, left);
        if (Thread.interrupted()) {
          throw new InterruptedException();
        }
      }
    } finally {
      waiting.compareAndSet(self, null);
    }
  }

  @Override
  public void signal() {
    Thread thread = waiting.get();
    if (thread != null) {
      LockSupport.unpark(thread);
    }
  }
}
