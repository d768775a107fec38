package io.rowpost.core;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The operator's door to an inbox: look, retry, discard, forget, purge. Thread-safe.
 *
 * <p>Every act on a message compares its state and is audited in the same transaction, so two
 * operators and a redelivery racing do it once.
 */
public interface InboxAdmin {
  /** How much longer than the window rows are kept, so that no clock can part the two. */
  Duration PURGE_MARGIN = Duration.ofHours(6);

  /** Rows by state of a consumer, or of all for null; each stops at {@link Counts#LIMIT}. */
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

  /**
   * The whole message of a row that is parked, discarded or reopened; empty for any other.
   *
   * <p>Its texts and payload are what was received; its time is clamped to the years 1970 to 9999,
   * and its position may be null.
   */
  Optional<Message> parked(String consumer, String messageId);

  /**
   * Opens a parked message again, with its attempts counted from zero: {@link
   * InboxProcessor#retryParked}, or a redelivery, runs it.
   *
   * @return false if it is not parked, or was discarded
   */
  boolean retry(String consumer, String messageId, OutboxAdmin.Act act);

  /**
   * Ids of messages that were reopened and have not taken effect yet, in the order of their
   * parking.
   *
   * @param limit 1 to 1,000
   */
  List<String> reopened(String consumer, int limit);

  /**
   * Gives a parked message up for good; a redelivery is acknowledged without running.
   *
   * @return false if it is not parked, or was discarded before
   */
  boolean discard(String consumer, String messageId, OutboxAdmin.Act act);

  /**
   * Forgets a COMPLETED message, so that the consumer runs it again when it is delivered again.
   *
   * @return false if it is not COMPLETED
   */
  boolean forget(String consumer, String messageId, OutboxAdmin.Act act);

  /**
   * Deletes COMPLETED and discarded rows whose message time is older than the window and {@link
   * #PURGE_MARGIN}, in bounded steps.
   *
   * <p>Never a row without a message time, nor one that waits for a redelivery or an operator. Two
   * purges at once do each row once.
   *
   * @param window 0 or more: the longest window of the consumers; a shorter one makes them forget
   *     too early
   * @return how many rows
   */
  long purge(Duration window);

  /**
   * Rows by state; each at most {@link #LIMIT}, which then means "or more".
   *
   * @param processing committed rows in PROCESSING, which Rowpost never leaves
   * @param completed rows in COMPLETED
   * @param failed rows in FAILED, parked ones included
   * @param parked those of them that are parked and not discarded: an operator's work
   */
  record Counts(long processing, long completed, long failed, long parked) {
    /** Where counting stops. */
    public static final long LIMIT = 1_000_000;
  }
}
