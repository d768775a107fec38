package io.rowpost.core;

import java.time.Duration;

/**
 * Watches a relay: the one observability seam.
 *
 * <p>Called on the relay's thread, so it must be quick; what it throws is logged and ignored. It
 * may close its relay: the cycle under way goes to its end first. Every method does nothing unless
 * overridden.
 */
public interface RelayListener {
  /** The broker acknowledged a record; {@code took} is the time from its hand-over. */
  default void onSent(OutboxRecord record, Duration took) {}

  /** A record was settled as anything but sent. */
  default void onNotSent(OutboxRecord record, Settlement settlement) {}

  /** A cycle ended. */
  default void onCycle(PollResult result, Duration took) {}

  /** The relay changed its state. */
  default void onState(OutboxRelay.State state) {}
}
