package io.rowpost.kafka;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/**
 * Logs an outage without flooding: a warning when it begins, then at most one in 30 seconds, and
 * one line when it is over. Thread-safe.
 */
final class Outage {
  private static final long QUIET_NANOS = Duration.ofSeconds(30).toNanos();

  private final Logger log;
  private boolean lasting;
  private long failures;
  private long lastWarned;

  Outage(Logger log) {
    this.log = log;
  }

  /** Something failed; the text says what and what is done about it. */
  synchronized void failed(String text, @Nullable Throwable e) {
    failures++;
    long now = System.nanoTime();
    if (!lasting || now - lastWarned >= QUIET_NANOS) {
      log.warn("{} ({} failures so far)", text, failures, e);
      lasting = true;
      lastWarned = now;
    }
  }

  /** It works; nothing is logged unless it had failed. */
  synchronized void over(String text) {
    if (lasting) {
      log.info("{} ({} failures before)", text, failures);
      lasting = false;
      failures = 0;
    }
  }
}
