package io.rowpost.core;

import java.time.Duration;
import java.util.List;

/**
 * Where a consumer remembers what has taken effect. SPI; users meet {@link InboxProcessor}.
 *
 * <p>Every method but {@link #admin} works in the given transaction only, and never ends it. The
 * same database as the handler's own writes. Thread-safe.
 *
 * <p>{@code rowpost-testkit} holds the contract test every implementation must pass.
 *
 * @param <T> the transaction handle
 */
public interface InboxStore<T> {
  /**
   * Claims messages for one consumer, so that no other transaction can claim the same until this
   * one ends; a concurrent claim waits for that, then sees the outcome.
   *
   * <p>A NEW message is written as COMPLETED right away: the row becomes visible with the handler's
   * effects, or never. A RETRY is taken as PROCESSING and must be completed. Only a duplicate key
   * on the inbox's own primary key means "known"; every other failure of the database is thrown.
   *
   * @param entries without repeated ids, in delivery order
   * @param window how old an unknown message may be by the store's clock before it is TOO_OLD
   * @return one claim per entry, in the same order
   * @throws StoreException on any failure of the database: retry, no attempt is counted
   */
  List<Claim> claim(T tx, String consumer, List<Entry> entries, Duration window);

  /**
   * Completes a claimed RETRY in the transaction of its claim.
   *
   * @throws StoreException ROWPOST-405 unless exactly one PROCESSING row was there
   */
  void complete(T tx, String consumer, String id);

  /**
   * Records a failed run of the handler in a transaction of its own, after the rollback.
   *
   * <p>Does nothing where the row is COMPLETED by now: a concurrent copy has succeeded.
   *
   * @param error cut to 4,096 characters
   * @param maxAttempts when so many runs have failed, the whole message is parked as FAILED
   * @return what the row is now
   */
  Failure recordFailure(T tx, String consumer, Entry entry, String error, int maxAttempts);

  /**
   * Parks a message that was refused without running: too old, or from the future.
   *
   * @param reason for people
   */
  void park(T tx, String consumer, Entry entry, String reason);

  /** The operator's door to this inbox. */
  InboxAdmin admin();

  /**
   * A message under the id by which it is deduplicated.
   *
   * @param id 1 to 512 characters
   * @param message the message
   */
  record Entry(String id, Message message) {}

  /** Outcome of a claim. */
  enum Claim {
    /** Unknown so far: run the handler. */
    NEW,
    /** Failed before: run the handler, then complete. */
    RETRY,
    /** The effect is committed. */
    COMPLETED,
    /** Given up or refused earlier; the whole message is parked: acknowledge. */
    PARKED,
    /** Unknown and older than the window: refuse. */
    TOO_OLD,
    /** More than a day ahead of the store's clock: refuse. */
    FROM_FUTURE
  }

  /**
   * What {@link #recordFailure} left.
   *
   * @param attempts failed runs so far; 0 if a concurrent copy has completed
   * @param parked whether the message was given up and parked
   */
  record Failure(int attempts, boolean parked) {}
}
