package io.rowpost.core;

import java.time.Duration;
import java.util.Optional;

/**
 * When a failed attempt is tried again, or given up. Thread-safe, and without side effects.
 *
 * <p>Where a policy throws, or answers with null or a negative delay, that is logged and a relay
 * tries the record again after a minute: a broken policy neither stops a relay nor gives a record
 * up.
 */
@FunctionalInterface
public interface RetryPolicy {
  /**
   * Decides after a failed attempt.
   *
   * @param attempts failed attempts so far, this one included: 1 or more
   * @param error what failed
   * @return the delay until the next attempt, 0 or more, or empty to give up
   */
  Optional<Duration> nextDelay(int attempts, Throwable error);

  /** Ten attempts, 1 s doubling up to 5 minutes, each up to 20 % off at random. */
  static RetryPolicy exponential() {
    return ExponentialBackoff.builder().build();
  }
}
