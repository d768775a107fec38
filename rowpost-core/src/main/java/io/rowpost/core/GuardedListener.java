package io.rowpost.core;

import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Keeps what a listener throws away from the relay. */
final class GuardedListener implements RelayListener {
  private static final Logger LOG = LoggerFactory.getLogger(OutboxRelay.class);

  private final RelayListener listener;

  GuardedListener(RelayListener listener) {
    this.listener = listener;
  }

  @Override
  public void onSent(OutboxRecord record, Duration took) {
    guard(() -> listener.onSent(record, took));
  }

  @Override
  public void onNotSent(OutboxRecord record, Settlement settlement) {
    guard(() -> listener.onNotSent(record, settlement));
  }

  @Override
  public void onCycle(PollResult result, Duration took) {
    guard(() -> listener.onCycle(result, took));
  }

  @Override
  public void onState(OutboxRelay.State state) {
    guard(() -> listener.onState(state));
  }

  private static void guard(Runnable call) {
    try {
      call.run();
    } catch (RuntimeException e) {
      LOG.warn("A relay listener threw; it is ignored: {}", e.toString());
      LOG.debug("A relay listener threw", e);
    }
  }
}
