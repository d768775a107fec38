package io.rowpost.core;

import java.util.function.BooleanSupplier;

/**
 * Monotonic time and waiting of a relay, so that a test or a simulator can own both.
 *
 * <p>One instance per relay. No wall clock is in it: everything that must be a time of day is the
 * store's clock.
 */
public interface EngineTime {
  /** A time in nanoseconds with no meaning but its differences, like {@link System#nanoTime()}. */
  long nanoTime();

  /**
   * Waits until the condition holds, looking again after each {@link #signal()}, or the time is up.
   *
   * <p>May return early. An implementation that returns at once makes {@link
   * OutboxRelay#pollAndPublish()} a step that never waits.
   *
   * @param ready what is waited for; cheap, free of side effects
   * @param nanos at most so long
   * @throws InterruptedException if the thread is interrupted while it waits
   */
  void await(BooleanSupplier ready, long nanos) throws InterruptedException;

  /** Makes a waiting {@link #await} look at its condition again; from any thread. */
  void signal();

  /** Real time. */
  static EngineTime system() {
    return new SystemTime();
  }
}
