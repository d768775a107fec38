package io.rowpost.core;

import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.random.RandomGenerator;

/**
 * Publishes every committed record of an outbox, in order per key.
 *
 * <p>Several processes may run a relay of one name: one owns it by a lease, the others stand by.
 * {@link #start()} runs it on a thread of its own; without it, {@link #pollAndPublish()} is called
 * by hand, one deterministic cycle at a time. Thread-safe.
 *
 * <pre>{@code
 * try (var relay = OutboxRelay.builder(store, broker).build().start()) { ... }
 * }</pre>
 *
 * How a record travels stands at {@link Pipeline}; what a cycle does at {@link RelayCycle}.
 */
public final class OutboxRelay implements AutoCloseable {
  private static final long PAUSE_WITHOUT_MEMORY_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private final RelaySettings settings;
  private final RelayCycle cycle;
  private final Purger purger;

  /** One cycle at a time, whoever calls. */
  private final ReentrantLock cycleLock = new ReentrantLock();

  private boolean started;
  private boolean closed;

  /**
   * Who closes could not wait for the cycle under way, or is called by it: whoever runs that
   * finishes the relay.
   */
  private volatile boolean finishIsLeft;

  private OutboxRelay(RelaySettings settings) {
    this.settings = settings;
    this.cycle = new RelayCycle(settings);
    this.purger = new Purger(settings, cycle::state);
  }

  /** Starts the settings of a relay from a store to a broker. */
  public static Builder builder(OutboxStore<?> store, MessagePublisher publisher) {
    return new Builder(store, publisher);
  }

  /**
   * Runs one cycle: fetches what is pending, publishes it, and settles what the broker answered.
   *
   * <p>Waits for the broker's answers, but never for a single slow one: what is still at the broker
   * when the others are settled stays in the pipeline for the next cycle. Does nothing while
   * another process owns the relay. A store or broker that is away is no exception: the cycle
   * settles nothing, and the next ones try again with growing pauses.
   *
   * @throws RowpostException if the store refuses for good, such as a missing table (ROWPOST-201)
   * @throws IllegalStateException after {@link #close()}
   */
  public PollResult pollAndPublish() {
    cycleLock.lock();
    try {
      if (cycle.closing()) {
        throw new IllegalStateException("relay " + settings.name() + " is closed");
      }
      return cycle.run();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return PollResult.NOTHING;
    } finally {
      unlock();
    }
  }

  private void unlock() {
    cycleLock.unlock();
    if (finishIsLeft && !cycleLock.isHeldByCurrentThread() && cycleLock.tryLock()) {
      finish();
    }
  }

  /** For who has the lock. */
  private void finish() {
    try {
      cycle.finish();
    } finally {
      cycleLock.unlock();
    }
  }

  /**
   * Loops over {@link #pollAndPublish()} on a daemon thread until {@link #close()}.
   *
   * <p>While this process owns the relay, old records are purged on another thread.
   *
   * <p>Tries to acquire the lease once before it returns, so that a wrong schema is found here. A
   * database that cannot be reached is tried again in the background.
   *
   * @return this relay
   * @throws RowpostException if the store refuses for good, such as a missing table (ROWPOST-201)
   * @throws IllegalStateException if it was started or closed before
   */
  public synchronized OutboxRelay start() {
    if (started || cycle.closing()) {
      throw new IllegalStateException("relay " + settings.name() + " was started or closed before");
    }
    cycleLock.lock();
    try {
      cycle.begin();
    } finally {
      unlock();
    }
    Thread loop = new Thread(this::loop, "rowpost-relay-" + settings.name());
    loop.setDaemon(true);
    loop.start();
    purger.start();
    started = true;
    return this;
  }

  private void loop() {
    try {
      while (!cycle.closing()) {
        runAndWait();
      }
    } catch (InterruptedException e) {
      purger.close();
      cycle.interrupted(e);
      cycleLock.lock();
      finish();
      Thread.currentThread().interrupt();
    }
  }

  private void runAndWait() throws InterruptedException {
    try {
      cycleLock.lock();
      try {
        if (!cycle.closing()) {
          cycle.runSafely();
        }
      } finally {
        unlock();
      }
      cycle.awaitWork();
    } catch (InterruptedException e) {
      throw e;
    } catch (Throwable e) {
      // Without memory what deals with a failure fails too, and nothing can be said about it.
      LockSupport.parkNanos(PAUSE_WITHOUT_MEMORY_NANOS);
    }
  }

  /**
   * Pauses this relay's name in all processes, also before any has run: until {@link #resume()}
   * nothing is handed to the broker, and what is there already is settled.
   *
   * <p>The owner notices it within its poll interval; within a third of its lease if it has records
   * that wait for the broker. Does nothing if the relay is paused.
   *
   * @throws StoreException if the store cannot be reached: nothing was paused
   * @throws RowpostException if the store refuses for good, such as a missing table (ROWPOST-201)
   */
  public void pause() {
    if (pauseKnown()) {
      return;
    }
    cycleLock.lock();
    try {
      cycle.ensureRow();
    } finally {
      unlock();
    }
    pauseKnown();
  }

  /** False if it is paused already, or nobody has ever asked for its lease. */
  private boolean pauseKnown() {
    return settings
        .store()
        .admin()
        .pause(settings.name(), new OutboxAdmin.Act("application", "OutboxRelay.pause()"));
  }

  /** Ends a pause, in all processes. */
  public void resume() {
    settings
        .store()
        .admin()
        .resume(settings.name(), new OutboxAdmin.Act("application", "OutboxRelay.resume()"));
    wakeUp();
  }

  /**
   * Tells the relay that something was appended, so that it looks at once and often for a moment.
   *
   * <p>Never needed for correctness: polling finds everything. Cheap; from any thread.
   */
  public void wakeUp() {
    cycle.wakeUp();
  }

  /** What the relay is doing. */
  public State state() {
    return cycle.state();
  }

  /**
   * Stops fetching, settles what is at the broker, and releases the lease at once.
   *
   * <p>Waits at most the shutdown timeout for the broker's answers; what is unanswered by then is
   * published again by the next owner, under the same id. Before that it waits as long for a cycle
   * under way. If that hangs in the store, or the caller is interrupted, the rest is done when the
   * cycle ends. So it is where the relay itself calls this, by its listener, publisher or retry
   * policy: it returns at once then. Does nothing the second time.
   */
  @Override
  public void close() {
    purger.close();
    cycle.close();
    if (cycleLock.isHeldByCurrentThread()) {
      // The cycle under way has its lease to its end, or what it decides now would be lost.
      finishIsLeft = true;
    } else {
      closeInTime();
    }
  }

  private synchronized void closeInTime() {
    if (closed) {
      return;
    }
    closed = true;
    if (lockInTime()) {
      finish();
      return;
    }
    finishIsLeft = true;
    if (cycleLock.tryLock()) {
      finish();
    }
  }

  private boolean lockInTime() {
    try {
      return cycleLock.tryLock()
          || cycleLock.tryLock(settings.shutdownTimeout().toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

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
    /**
     * Records are handed over as they come; a failed one holds up only others of its key that have
     * failed too: they are tried again one behind the other.
     */
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
    private final OutboxStore<?> store;
    private final MessagePublisher publisher;
    private String name = "default";
    private Duration lease = Duration.ofSeconds(30);
    private Duration pollInterval = Duration.ofMillis(500);
    private int batchSize = 2000;
    private int maxInFlight = 1000;
    private long maxInFlightBytes = 16L << 20;
    private Ordering ordering = Ordering.STRICT;
    private OnFailed onFailed = OnFailed.BLOCK;
    private RetryPolicy retry = RetryPolicy.exponential();
    private RelayListener listener = new RelayListener() {};
    private EngineTime time = EngineTime.system();
    private RandomGenerator random = () -> ThreadLocalRandom.current().nextLong();
    private Duration shutdownTimeout = Duration.ofSeconds(20);
    private Duration retention = Duration.ofHours(24);
    private Duration purgeInterval = Duration.ofMinutes(1);

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
     *
     * <p>To be the same in all processes that share one relay: a standby that has seen no renewal
     * for longer than its own lease and a quarter takes over, and an owner renews at a third of its
     * own.
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

    /**
     * Sets how many records one turn fetches at most; 1 to 10,000, 2,000 by default. More than
     * twice {@link #maxInFlight} counts as that.
     */
    public Builder batchSize(int batchSize) {
      Settings.require(
          batchSize >= 1 && batchSize <= 10_000, "batchSize", batchSize, "1 to 10,000");
      this.batchSize = batchSize;
      return this;
    }

    /**
     * Sets how many records are at the broker unanswered at most; 1 to 100,000, 1,000 by default.
     * As many again are fetched ahead, so a hard kill repeats at most twice as many.
     */
    public Builder maxInFlight(int maxInFlight) {
      Settings.require(
          maxInFlight >= 1 && maxInFlight <= 100_000, "maxInFlight", maxInFlight, "1 to 100,000");
      this.maxInFlight = maxInFlight;
      return this;
    }

    /**
     * Sets how many payload bytes are fetched and unsettled at most; 64 KiB to 1 GiB, 16 MiB by
     * default.
     */
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

    /**
     * Sets how long records that were sent or discarded stay, as far as the store keeps them at
     * all; 0 or more, 24 h by default. A relay that was started purges older ones.
     *
     * @see OutboxAdmin#purge
     */
    public Builder retention(Duration retention) {
      Settings.requireBetween("retention", retention, Duration.ZERO, Duration.ofDays(36_500));
      this.retention = retention;
      return this;
    }

    /** Sets how often a relay that was started purges; 1 s to 1 day, 1 min by default. */
    public Builder purgeInterval(Duration purgeInterval) {
      Settings.requireBetween(
          "purgeInterval", purgeInterval, Duration.ofSeconds(1), Duration.ofDays(1));
      this.purgeInterval = purgeInterval;
      return this;
    }

    /**
     * Checks the settings against each other and makes the relay; nothing runs yet.
     *
     * @throws RowpostException ROWPOST-601, if the publisher's send timeout is not below half the
     *     lease
     */
    public OutboxRelay build() {
      return new OutboxRelay(
          new RelaySettings(
              store,
              publisher,
              name,
              lease,
              pollInterval,
              batchSize,
              maxInFlight,
              maxInFlightBytes,
              ordering,
              onFailed,
              retry,
              listener,
              time,
              random,
              shutdownTimeout,
              retention,
              purgeInterval,
              publisher.sendTimeout()));
    }
  }
}
