package io.rowpost.core;

import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** Real time; one thread waits at a time, and a signal to nobody costs one volatile read. */
final class SystemTime implements EngineTime {
  private volatile @Nullable Thread waiting;

  @Override
  public long nanoTime() {
    return System.nanoTime();
  }

  @Override
  public void await(BooleanSupplier ready, long nanos) throws InterruptedException {
    long deadline = System.nanoTime() + nanos;
    waiting = Thread.currentThread();
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
      waiting = null;
    }
  }

  @Override
  public void signal() {
    Thread thread = waiting;
    if (thread != null) {
      LockSupport.unpark(thread);
    }
  }
}
