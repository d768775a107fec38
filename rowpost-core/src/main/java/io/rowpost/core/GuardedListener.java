package io.rowpost.core;

import java.time.Duration;

/** Keeps what a listener throws away from the relay. */
final class GuardedListener implements RelayListener {
  private final RelayListener listener;
  private final QuietLog log;

  GuardedListener(RelayListener listener, QuietLog log) {
    this.listener = listener;
    this.log = log;
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

  private void guard(Runnable call) {
    try {
      call.run();
    } catch (Throwable e) {
      log.warn("listener", "A listener threw; the relay goes on", e);
    }
  }
}
