package io.rowpost.core;

import io.rowpost.core.OutboxRelay.State;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Deletes what is older than the retention, now and then, on a thread of its own and beside the
 * relay's way: only the owner does, and a purge that fails is tried again at the next time.
 */
final class Purger {
  private final RelaySettings settings;
  private final Supplier<State> state;
  private final QuietLog log;
  private final CountDownLatch closed = new CountDownLatch(1);

  Purger(RelaySettings settings, Supplier<State> state) {
    this.settings = settings;
    this.state = state;
    this.log = new QuietLog(settings.name(), settings.time());
  }

  void start() {
    Thread thread = new Thread(this::loop, "rowpost-purge-" + settings.name());
    thread.setDaemon(true);
    thread.start();
  }

  private void loop() {
    try {
      while (!closed.await(settings.purgeInterval().toNanos(), TimeUnit.NANOSECONDS)) {
        purge();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void purge() {
    State current = state.get();
    if (current != State.RUNNING && current != State.PAUSED && current != State.BROKER_AWAY) {
      return;
    }
    try {
      settings.store().admin().purge(settings.retention());
    } catch (Throwable e) {
      log.warn("purge", "Old records were not purged; it is tried again", e);
    }
  }

  /** Ends it; a purge under way goes on to its own end. */
  void close() {
    closed.countDown();
  }
}
