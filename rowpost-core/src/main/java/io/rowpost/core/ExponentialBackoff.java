package io.rowpost.core;

import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.random.RandomGenerator;

/**
 * Delays that grow by a factor up to a cap, with jitter.
 *
 * <p>The jitter spreads retries over {@code delay * (1 ± jitter)}, so that many relays do not come
 * back in step. Immutable and thread-safe.
 */
public final class ExponentialBackoff implements RetryPolicy {
  private final int maxAttempts;
  private final Duration initialDelay;
  private final double multiplier;
  private final Duration maxDelay;
  private final double jitter;
  private final RandomGenerator random;

  private ExponentialBackoff(Builder builder) {
    this.maxAttempts = builder.maxAttempts;
    this.initialDelay = builder.initialDelay;
    this.multiplier = builder.multiplier;
    this.maxDelay = builder.maxDelay;
    this.jitter = builder.jitter;
    this.random = builder.random;
  }

  /** Starts with the defaults: 10 attempts, 1 s, factor 2, at most 5 minutes, jitter 0.2. */
  public static Builder builder() {
    return new Builder();
  }

  @Override
  public Optional<Duration> nextDelay(int attempts, Throwable error) {
    return attempts >= maxAttempts ? Optional.empty() : Optional.of(delay(attempts));
  }

  /** The delay after so many failures, jitter included, without a limit of attempts. */
  Duration delay(int attempts) {
    double grown = initialDelay.toNanos() * Math.pow(multiplier, attempts - 1.0);
    double capped = Math.min(grown, (double) maxDelay.toNanos());
    return Duration.ofNanos((long) (capped * (1 + jitter * (2 * random.nextDouble() - 1))));
  }

  /** Settings; each setter checks its bounds. Not thread-safe. */
  public static final class Builder {
    private int maxAttempts = 10;
    private Duration initialDelay = Duration.ofSeconds(1);
    private double multiplier = 2;
    private Duration maxDelay = Duration.ofMinutes(5);
    private double jitter = 0.2;
    private RandomGenerator random = () -> ThreadLocalRandom.current().nextLong();

    private Builder() {}

    /** Sets after how many failed attempts a record is given up; 1 to 1,000. */
    public Builder maxAttempts(int maxAttempts) {
      Settings.require(
          maxAttempts >= 1 && maxAttempts <= 1000, "maxAttempts", maxAttempts, "1 to 1,000");
      this.maxAttempts = maxAttempts;
      return this;
    }

    /** Sets the delay after the first failure; 1 ms to 1 day. */
    public Builder initialDelay(Duration initialDelay) {
      Settings.requireBetween(
          "initialDelay", initialDelay, Duration.ofMillis(1), Duration.ofDays(1));
      this.initialDelay = initialDelay;
      return this;
    }

    /** Sets the factor by which delays grow; 1 to 100. */
    public Builder multiplier(double multiplier) {
      Settings.require(multiplier >= 1 && multiplier <= 100, "multiplier", multiplier, "1 to 100");
      this.multiplier = multiplier;
      return this;
    }

    /** Sets the longest delay; 1 ms to 7 days. */
    public Builder maxDelay(Duration maxDelay) {
      Settings.requireBetween("maxDelay", maxDelay, Duration.ofMillis(1), Duration.ofDays(7));
      this.maxDelay = maxDelay;
      return this;
    }

    /** Sets by which part a delay varies; 0 to 1. */
    public Builder jitter(double jitter) {
      Settings.require(jitter >= 0 && jitter <= 1, "jitter", jitter, "0 to 1");
      this.jitter = jitter;
      return this;
    }

    /** Sets the source of randomness; must be thread-safe if the policy is shared. */
    public Builder random(RandomGenerator random) {
      this.random = Objects.requireNonNull(random, "random");
      return this;
    }

    /** Makes the policy. */
    public ExponentialBackoff build() {
      Settings.require(
          maxDelay.compareTo(initialDelay) >= 0,
          "maxDelay",
          maxDelay,
          "at least initialDelay, " + initialDelay);
      return new ExponentialBackoff(this);
    }
  }
}
