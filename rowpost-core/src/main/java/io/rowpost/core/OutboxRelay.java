package io.rowpost.core;

import java.time.Duration;
import java.util.Objects;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Publishes every committed record of an outbox, in order per key. */
public final class OutboxRelay implements AutoCloseable {
  private OutboxRelay(Builder builder) {
    Objects.requireNonNull(builder);
  }

  /** Starts a relay from a store to a broker. */
  public static Builder builder(OutboxStore<?> store, MessagePublisher publisher) {
    return new Builder(store, publisher);
  }

  /** One cycle. */
  public PollResult pollAndPublish() {
    return PollResult.NOTHING;
  }

  /** Loops over {@link #pollAndPublish()} on a thread of its own until {@link #close()}. */
  public OutboxRelay start() {
    return this;
  }

  /** Pauses this relay's name in all processes. */
  public void pause() {}

  /** Ends a pause. */
  public void resume() {}

  /** Tells the relay that something was appended. Cheap; from any thread. */
  public void wakeUp() {}

  /** The state now. */
  public State state() {
    return State.STANDBY;
  }

  @Override
  public void close() {}

  /** What a relay is doing. */
  public enum State {
    /** Another process owns the lease, or none was acquired yet. */
    STANDBY,
    /** Owns the lease and publishes. */
    RUNNING,
    /** Owns the lease; an operator has paused it. */
    PAUSED,
    /** Owns the lease; the broker is away and is tried again with growing pauses. */
    BROKER_AWAY,
    /** The store cannot be reached and is tried again with growing pauses. */
    STORE_AWAY,
    /** Closed for good. */
    CLOSED
  }

  /** How records of one key relate. */
  public enum Ordering {
    /**
     * A record is handed over only when its predecessor of the same topic and key is acknowledged.
     */
    STRICT,
    /** Records are handed over as they come; a failed one holds nothing up. */
    NONE
  }

  /** What a FAILED record does to its key. */
  public enum OnFailed {
    /** Later records of the key wait until an operator acts. */
    BLOCK,
    /** The key goes on without it. */
    CONTINUE
  }

  /** Settings of a relay; each setter checks its bounds. Not thread-safe. */
  public static final class Builder {
    final OutboxStore<?> store;
    final MessagePublisher publisher;
    String name = "default";
    Duration lease = Duration.ofSeconds(30);
    Duration pollInterval = Duration.ofMillis(500);
    int batchSize = 500;
    int maxInFlight = 1000;
    long maxInFlightBytes = 16L << 20;
    Ordering ordering = Ordering.STRICT;
    OnFailed onFailed = OnFailed.BLOCK;
    RetryPolicy retry = RetryPolicy.exponential();
    RelayListener listener = new RelayListener() {};
    EngineTime time = EngineTime.system();
    RandomGenerator random = RandomGenerator.getDefault();
    Duration shutdownTimeout = Duration.ofSeconds(20);
    @Nullable Duration sendTimeout;

    private Builder(OutboxStore<?> store, MessagePublisher publisher) {
      this.store = Objects.requireNonNull(store, "store");
      this.publisher = Objects.requireNonNull(publisher, "publisher");
    }

    /** Sets the relay's name, the key of its lease; "default" by default. */
    public Builder name(String name) {
      Settings.requireName("name", name);
      this.name = name;
      return this;
    }

    /**
     * Sets how long an owner that vanished holds its successor up; 500 ms to 10 min, 30 s by
     * default.
     */
    public Builder lease(Duration lease) {
      Settings.requireBetween("lease", lease, Duration.ofMillis(500), Duration.ofMinutes(10));
      this.lease = lease;
      return this;
    }

    /** Sets how often an idle relay looks; 1 ms to 1 min, 500 ms by default. */
    public Builder pollInterval(Duration pollInterval) {
      Settings.requireBetween(
          "pollInterval", pollInterval, Duration.ofMillis(1), Duration.ofMinutes(1));
      this.pollInterval = pollInterval;
      return this;
    }

    /** Sets how many records one turn fetches at most; 1 to 10,000, 500 by default. */
    public Builder batchSize(int batchSize) {
      Settings.require(
          batchSize >= 1 && batchSize <= 10_000, "batchSize", batchSize, "1 to 10,000");
      this.batchSize = batchSize;
      return this;
    }

    /** Sets how many records are in flight at most; 1 to 100,000, 1,000 by default. */
    public Builder maxInFlight(int maxInFlight) {
      Settings.require(
          maxInFlight >= 1 && maxInFlight <= 100_000, "maxInFlight", maxInFlight, "1 to 100,000");
      this.maxInFlight = maxInFlight;
      return this;
    }

    /** Sets how many payload bytes are in flight at most; 64 KiB to 1 GiB, 16 MiB by default. */
    public Builder maxInFlightBytes(long maxInFlightBytes) {
      Settings.require(
          maxInFlightBytes >= 65_536 && maxInFlightBytes <= 1L << 30,
          "maxInFlightBytes",
          maxInFlightBytes,
          "65,536 to 1,073,741,824");
      this.maxInFlightBytes = maxInFlightBytes;
      return this;
    }

    /** Sets how records of one key relate; STRICT by default. */
    public Builder ordering(Ordering ordering) {
      this.ordering = Objects.requireNonNull(ordering, "ordering");
      return this;
    }

    /** Sets what a FAILED record does to its key; BLOCK by default. */
    public Builder onFailed(OnFailed onFailed) {
      this.onFailed = Objects.requireNonNull(onFailed, "onFailed");
      return this;
    }

    /** Sets when a failed attempt is tried again; {@link RetryPolicy#exponential()} by default. */
    public Builder retry(RetryPolicy retry) {
      this.retry = Objects.requireNonNull(retry, "retry");
      return this;
    }

    /** Sets who watches. */
    public Builder listener(RelayListener listener) {
      this.listener = Objects.requireNonNull(listener, "listener");
      return this;
    }

    /** Sets the source of monotonic time and waiting; one instance per relay. */
    public Builder time(EngineTime time) {
      this.time = Objects.requireNonNull(time, "time");
      return this;
    }

    /** Sets the source of randomness for owners' ids and jitter. */
    public Builder random(RandomGenerator random) {
      this.random = Objects.requireNonNull(random, "random");
      return this;
    }

    /** Sets how long {@link #close()} waits for what is in flight; 0 to 10 min, 20 s by default. */
    public Builder shutdownTimeout(Duration shutdownTimeout) {
      Settings.requireBetween(
          "shutdownTimeout", shutdownTimeout, Duration.ZERO, Duration.ofMinutes(10));
      this.shutdownTimeout = shutdownTimeout;
      return this;
    }

    /** Checks the settings against each other and makes the relay; nothing runs yet. */
    public OutboxRelay build() {
      return new OutboxRelay(this);
    }
  }
}
