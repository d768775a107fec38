package io.rowpost.core;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The operator's door to an inbox: look, retry, discard, forget, purge. Thread-safe.
 *
 * <p>Every act is audited in its own transaction.
 */
public interface InboxAdmin {
  /** Rows by state of a consumer; null for all consumers. */
  Counts counts(@Nullable String consumer);

  /**
   * Lists rows in order of consumer and message id.
   *
   * @param consumer exactly this consumer, or null for all
   * @param status exactly this state, or null for all
   * @param after the last row of the page before, or null
   * @param limit 1 to 1,000
   */
  List<InboxRecord> find(
      @Nullable String consumer,
      @Nullable InboxStatus status,
      @Nullable InboxRecord after,
      int limit);

  /** One row; empty if unknown. */
  Optional<InboxRecord> get(String consumer, String messageId);

  /** The whole parked message; empty if it is not parked. */
  Optional<Message> parked(String consumer, String messageId);

  /**
   * Opens a parked message again, so that {@link InboxProcessor#retryParked} or a redelivery runs
   * it.
   *
   * @return false if it is not parked
   */
  boolean retry(String consumer, String messageId, OutboxAdmin.Act act);

  /** Gives a parked message up for good: a redelivery is acknowledged without running. */
  boolean discard(String consumer, String messageId, OutboxAdmin.Act act);

  /**
   * Forgets a COMPLETED message, so that the consumer runs it again when it is delivered again.
   *
   * @return false if it is not COMPLETED
   */
  boolean forget(String consumer, String messageId, OutboxAdmin.Act act);

  /**
   * Deletes COMPLETED rows whose message time is older than the window and a safety margin of 6 h.
   *
   * <p>Never a row without a message time, nor one that is FAILED or parked. Bounded steps.
   *
   * @param window the consumers' window; must not be shorter than theirs
   * @return how many
   */
  long purge(Duration window);

  /** Rows by state. */
  record Counts(long processing, long completed, long failed, long parked) {}
}
