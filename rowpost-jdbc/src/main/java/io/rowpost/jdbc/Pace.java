package io.rowpost.jdbc;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Rests between the steps of long work, so that others find the database free most of the time.
 *
 * <p>A rest is a multiple of the step before it, as gh-ost's nice-ratio has it, up to a limit below
 * which no database can slow the work down further. Not thread-safe.
 */
final class Pace {
  private static final int STEPS_PER_REST = 3;
  private static final long LONGEST_REST_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  private long begun = System.nanoTime();

  /** Ends a step; returns when the next may begin, at once if the thread is interrupted. */
  void rest() {
    long step = System.nanoTime() - begun;
    LockSupport.parkNanos(this, Math.min(STEPS_PER_REST * step, LONGEST_REST_NANOS));
    begun = System.nanoTime();
  }
}
