package io.rowpost.core;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * Something that is away and is tried again with growing pauses.
 *
 * <p>Failures that arrive while it already pauses belong to the same outage and do not lengthen the
 * pause: a thousand records in flight fail together.
 */
final class Backoff {
  private final ExponentialBackoff delays;
  private int failures;
  private long since;
  private long until;

  private Backoff(ExponentialBackoff delays) {
    this.delays = delays;
  }

  /** Pauses short enough that work resumes within two seconds of the end of an outage. */
  static Backoff quick(RandomGenerator random) {
    return quick(random, Duration.ofSeconds(1));
  }

  /** The same for a store, to which connections and the lease have to be had again too. */
  static Backoff quickForStore(RandomGenerator random) {
    return quick(random, Duration.ofMillis(500));
  }

  private static Backoff quick(RandomGenerator random, Duration longest) {
    return new Backoff(
        ExponentialBackoff.builder()
            .initialDelay(Duration.ofMillis(50))
            .maxDelay(longest)
            .random(random)
            .build());
  }

  /** Pauses for what an operator has to mend: each try moves rows. */
  static Backoff patient(RandomGenerator random) {
    return new Backoff(
        ExponentialBackoff.builder()
            .initialDelay(Duration.ofSeconds(1))
            .maxDelay(Duration.ofSeconds(30))
            .random(random)
            .build());
  }

  /** Notes a failure at {@code now}; true if it begins a new pause. */
  boolean failed(long now) {
    if (pausing(now)) {
      return false;
    }
    if (failures++ == 0) {
      since = now;
    }
    until = now + delays.delay(failures).toNanos();
    return true;
  }

  void succeeded() {
    failures = 0;
  }

  /** Whether something failed since the last success, so that the next try is a probe. */
  boolean suspect() {
    return failures > 0;
  }

  /** Nanoseconds since the first failure after the last success; 0 if there is none. */
  long suspectFor(long now) {
    return suspect() ? now - since : 0;
  }

  boolean pausing(long now) {
    return failures > 0 && until - now > 0;
  }

  /** Nanoseconds left of the pause; 0 if there is none. */
  long remaining(long now) {
    return pausing(now) ? until - now : 0;
  }

  /** Nanoseconds since the last pause ended; 0 if there is none, or it has not. */
  long overdue(long now) {
    return suspect() && !pausing(now) ? now - until : 0;
  }
}
