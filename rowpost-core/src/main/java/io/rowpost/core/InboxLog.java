package io.rowpost.core;

import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;

/**
 * What a consumer says of its failures: each of a message, and of the store's the begin and the
 * end, or an outage would write a line for every message of every delivery. Thread-safe.
 */
final class InboxLog {
  private static final long QUIET_NANOS = TimeUnit.SECONDS.toNanos(30);

  private final Logger log;
  private final String consumer;
  private volatile boolean failing;
  private boolean warned;
  private long quietUntil = System.nanoTime();

  InboxLog(Logger log, String consumer) {
    this.log = log;
    this.consumer = consumer;
  }

  /** A message failed by its own fault, or its handler's. */
  void failed(Message message, Throwable error) {
    log.warn(
        "Inbox {}: message {} of topic {} was not processed and will be delivered again",
        consumer,
        ErrorText.inLine(message.id()),
        ErrorText.inLine(message.topic()),
        error);
  }

  /**
   * The store failed. Warned of where it begins, and of one that comes and goes at most each 30
   * seconds; the stacks go to DEBUG.
   */
  synchronized void storeFailed(Message message, Throwable error) {
    log.debug(
        "Inbox {}: message {} was not processed, since the store failed",
        consumer,
        ErrorText.inLine(message.id()),
        error);
    long now = System.nanoTime();
    if (!failing && now - quietUntil >= 0) {
      log.warn(
          "Inbox {}: the store failed; messages are delivered again until it works. Cause: {}",
          consumer,
          ErrorText.brief(error));
      warned = true;
      quietUntil = now + QUIET_NANOS;
    }
    failing = true;
  }

  /** The store works; says so if it was said to fail. */
  void storeWorks() {
    if (failing) {
      endOutage();
    }
  }

  private synchronized void endOutage() {
    if (warned) {
      log.info("Inbox {}: the store works again.", consumer);
      warned = false;
    }
    failing = false;
  }
}
