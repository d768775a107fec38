package io.rowpost.testkit;

import io.rowpost.core.EngineTime;
import java.time.Duration;
import java.util.function.BooleanSupplier;

/** A relay's time that passes only when told to; nobody ever waits. */
final class SteppedTime implements EngineTime {
  private volatile long nanos;

  @Override
  public long nanoTime() {
    return nanos;
  }

  @Override
  public void await(BooleanSupplier ready, long atMost) {}

  @Override
  public void signal() {}

  @SuppressWarnings("NonAtomicVolatileUpdate") // told by one thread
  void pass(Duration duration) {
    nanos += duration.toNanos();
  }
}
