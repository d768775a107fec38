package io.rowpost.kafka;

import java.time.Duration;
import org.slf4j.Logger;

/**
 * Logs that something fails without flooding: at most one warning in 30 seconds, with what was held
 * back counted, and one line when a failure that was warned of is over. Thread-safe.
 */
final class Outage {
  private static final long QUIET_NANOS = Duration.ofSeconds(30).toNanos();

  private final Logger log;
  private boolean warned;
  private boolean everWarned;
  private long lastWarned;
  private long heldBack;

  Outage(Logger log) {
    this.log = log;
  }

  /** Something failed; the text says what, and what is done about it. The stack goes to DEBUG. */
  synchronized void failed(String text, Throwable e) {
    log.debug(text, e);
    long now = System.nanoTime();
    if (everWarned && now - lastWarned < QUIET_NANOS) {
      heldBack++;
      return;
    }
    String more = heldBack == 0 ? "" : " (and " + heldBack + " like it before)";
    log.warn("{} Cause: {}{}", text, e, more);
    warned = true;
    everWarned = true;
    lastWarned = now;
    heldBack = 0;
  }

  /** It works; says so if there was a warning. */
  synchronized void over(String text) {
    if (warned) {
      log.info(text);
      warned = false;
    }
  }
}
