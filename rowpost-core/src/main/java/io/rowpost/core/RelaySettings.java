package io.rowpost.core;

import io.rowpost.core.OutboxRelay.OnFailed;
import io.rowpost.core.OutboxRelay.Ordering;
import java.time.Duration;
import java.util.random.RandomGenerator;

/** The settings of a relay, checked and sealed. */
record RelaySettings(
    OutboxStore<?> store,
    MessagePublisher publisher,
    String name,
    Duration lease,
    Duration pollInterval,
    int batchSize,
    int maxInFlight,
    long maxInFlightBytes,
    Ordering ordering,
    OnFailed onFailed,
    RetryPolicy retry,
    RelayListener listener,
    EngineTime time,
    RandomGenerator random,
    Duration shutdownTimeout,
    Duration retention,
    Duration purgeInterval,
    Duration sendTimeout) {

  /** Records of held topics that are copied before the relay stops reading new ones. */
  static final int MAX_HELD = 10_000;

  /** Blocked keys kept in memory, about 5 MB, before the relay stops reading new records. */
  static final int MAX_BLOCKED_KEYS = 100_000;

  /** Blocked keys loaded at most; from then on each new record that has a key is parked. */
  static final int MAX_BLOCKED_KEYS_LOADED = 4 * MAX_BLOCKED_KEYS;

  RelaySettings {
    listener = new GuardedListener(listener, new QuietLog(name, time));
    Settings.require(
        sendTimeout.compareTo(lease.dividedBy(2)) < 0,
        "the send timeout of the publisher",
        sendTimeout,
        "less than half the lease of "
            + lease
            + ", or raise the lease: a record must be answered before its relay may lose its"
            + " lease");
    Settings.require(
        pollInterval.compareTo(lease) < 0, "pollInterval", pollInterval, "less than " + lease);
    batchSize = Math.min(batchSize, maxFetched(maxInFlight));
  }

  /**
   * Records between fetch and settlement at most: those at the broker, and as many again that are
   * handed over as answers come, so that the broker has its fill during a turn of the store.
   */
  int maxFetched() {
    return maxFetched(maxInFlight);
  }

  private static int maxFetched(int maxInFlight) {
    return 2 * maxInFlight;
  }

  /** How much of the pipeline one key may hold. */
  int keyShare() {
    return Math.max(1, maxInFlight / 4);
  }

  /** For the one log line at start. */
  @Override
  public String toString() {
    return ("name=%s lease=%s pollInterval=%s batchSize=%d maxInFlight=%d maxInFlightBytes=%d"
            + " ordering=%s onFailed=%s sendTimeout=%s shutdownTimeout=%s retention=%s"
            + " purgeInterval=%s")
        .formatted(
            name,
            lease,
            pollInterval,
            batchSize,
            maxInFlight,
            maxInFlightBytes,
            ordering,
            onFailed,
            sendTimeout,
            shutdownTimeout,
            retention,
            purgeInterval);
  }
}
