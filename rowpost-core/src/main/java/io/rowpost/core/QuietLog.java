package io.rowpost.core;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The relay's log: every change of state once, a warning at most each 30 seconds per kind.
 *
 * <p>A long outage or a flood of failures must not bury the log; what was held back is counted.
 */
final class QuietLog {
  private static final Logger LOG = LoggerFactory.getLogger(OutboxRelay.class);
  private static final long WINDOW_NANOS = TimeUnit.SECONDS.toNanos(30);

  private final String relay;
  private final EngineTime time;
  private final Map<String, Kind> kinds = new HashMap<>();

  QuietLog(String relay, EngineTime time) {
    this.relay = relay;
    this.time = time;
  }

  void info(String text, Object... arguments) {
    LOG.info("Relay {}: " + text, prepend(arguments));
  }

  /** Warns, with the error's own text; its stack goes to DEBUG. */
  void warn(String kindName, String text, Throwable error) {
    debug(text, error);
    Kind kind = kinds.computeIfAbsent(kindName, k -> new Kind());
    long now = time.nanoTime();
    if (kind.warned && now - kind.warnedAt < WINDOW_NANOS) {
      kind.heldBack++;
      return;
    }
    String more = kind.heldBack == 0 ? "" : " (and " + kind.heldBack + " like it before)";
    LOG.warn("Relay {}: {}: {}{}", relay, text, ErrorText.brief(error), more);
    kind.warned = true;
    kind.warnedAt = now;
    kind.heldBack = 0;
  }

  /** An error that cannot be printed must not become one of the relay. */
  private void debug(String text, Throwable error) {
    try {
      LOG.debug("Relay {}: {}", relay, text, error);
    } catch (RuntimeException | Error e) {
      LOG.debug("Relay {}: {}: {}", relay, text, ErrorText.brief(error));
    }
  }

  private Object[] prepend(Object[] arguments) {
    Object[] all = new Object[arguments.length + 1];
    all[0] = relay;
    System.arraycopy(arguments, 0, all, 1, arguments.length);
    return all;
  }

  private static final class Kind {
    boolean warned;
    long warnedAt;
    int heldBack;
  }
}
