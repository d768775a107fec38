package io.rowpost.core;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * Real time; a signal to nobody costs one volatile read.
 *
 * <p>It wakes all who wait: whoever closes a relay waits for the broker, and the relay's thread may
 * come and go meanwhile.
 */
final class SystemTime implements EngineTime {
  private final List<Thread> waiting = new CopyOnWriteArrayList<>();

  @Override
  public long nanoTime() {
    return System.nanoTime();
  }

  @Override
  public void await(BooleanSupplier ready, long nanos) throws InterruptedException {
    long deadline = System.nanoTime() + nanos;
    Thread self = Thread.currentThread();
    waiting.add(self);
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
      waiting.remove(self);
    }
  }

  @Override
  public void signal() {
    waiting.forEach(LockSupport::unpark);
  }
}
