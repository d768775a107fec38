package io.rowpost.core;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Where a consumer remembers what has taken effect. SPI; users meet {@link InboxProcessor}.
 *
 * <p>Every method but {@link #isTransient} and {@link #admin} works in the given transaction only,
 * and never ends it. It must be READ COMMITTED or stricter, of the same database as the handler's
 * own writes. Thread-safe.
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
   * <p>A NEW message is written right away: the row becomes visible with the handler's effects, or
   * never. A RETRY is taken as PROCESSING, and NEW ones are written so where a database can end a
   * transaction and go on in another one. All are to be confirmed by {@link #complete}. Only a
   * duplicate key on the inbox's own primary key means "known"; every other failure of the database
   * is thrown.
   *
   * @param entries without repeated ids, in delivery order
   * @param window how old an unknown message may be by the store's clock before it is TOO_OLD
   * @return one claim per entry, in the same order
   * @throws RowpostException ROWPOST-404 if a committed row is PROCESSING: nobody knows its effect
   * @throws StoreException on any failure of the database: roll back and deliver again
   */
  List<Claim> claim(T tx, String consumer, List<Entry> entries, Duration window);

  /**
   * Completes what ran, in the transaction of its claim and right before the commit.
   *
   * <p>What is PROCESSING becomes COMPLETED, and the parked copy of a RETRY goes. Where a database
   * can end a transaction behind the handler's back and go on in a new one, as MySQL, MariaDB and
   * H2 do after a deadlock, this also finds out whether the claims still stand. A claim that is
   * committed without this may be nobody's.
   *
   * @param ran ids with their claims, NEW or RETRY; not empty
   * @throws StoreException ROWPOST-405 if one does not: nothing may be committed
   */
  void complete(T tx, String consumer, Map<String, Claim> ran);

  /**
   * Counts a run ahead, in a transaction of its own that commits before the handler runs: if the
   * process ends in it, the count remains.
   *
   * <p>Does nothing where a {@link #claim} would not say NEW or RETRY. Where as many runs are
   * counted as may be, the whole message is parked as FAILED instead, and no further one.
   *
   * @param window as for {@link #claim}
   * @param error what the row says until the run has ended, or why it is parked; storable text of
   *     at most 4,096 characters
   * @param maxAttempts how many runs may be counted
   * @return what the row is now, parked if the run may not begin; empty if nothing was done, since
   *     a claim tells why
   * @throws RowpostException ROWPOST-404 as {@link #claim} does
   */
  Optional<Failure> begin(
      T tx, String consumer, Entry entry, Duration window, String error, int maxAttempts);

  /**
   * Takes back what {@link #begin} has counted, the error included: the run has ended, and its
   * process has not. In the run's own transaction after the claim, or in another after it.
   *
   * <p>Does nothing where the row is COMPLETED, or the message parked.
   */
  void end(T tx, String consumer, String id);

  /**
   * Whether an error that ended a run is the database's own and says nothing about the message: a
   * lock or a deadlock, a serialization failure, a full disk, a lost commit. Then no attempt is
   * counted. What the database would refuse each time is none.
   *
   * @param error what the handler threw, or what {@link #complete} or the commit threw after it
   */
  boolean isTransient(Throwable error);

  /**
   * Whether a run ended because its transaction has lost its connection, and by no fault of the
   * handler: then too no attempt is counted. Asks nobody: it costs no round trip.
   *
   * @param tx the run's transaction, before it is rolled back
   * @param error what the handler or {@link #complete} threw
   */
  boolean isLost(T tx, Throwable error);

  /**
   * Records a failed run of the handler in a transaction of its own, after the rollback.
   *
   * <p>Does nothing where the row is COMPLETED by now, since a concurrent copy has succeeded, or
   * where the message is parked.
   *
   * @param error storable text of at most 4,096 characters
   * @param maxAttempts when so many runs have failed, the whole message is parked as FAILED
   * @return what the row is now
   */
  Failure recordFailure(T tx, String consumer, Entry entry, String error, int maxAttempts);

  /**
   * Parks a message that was refused without running; does nothing where its id is known.
   *
   * @param reason storable text of at most 4,096 characters
   */
  void park(T tx, String consumer, Entry entry, String reason);

  /** The operator's door to this inbox. */
  InboxAdmin admin();

  /**
   * A message under the id by which it is deduplicated.
   *
   * @param id 1 to 512 characters that every database stores
   * @param message the message, whose texts may hold anything
   */
  record Entry(String id, Message message) {}

  /** Outcome of a claim. */
  enum Claim {
    /** Unknown so far: run the handler. */
    NEW,
    /** Failed before, or reopened by an operator: run the handler. */
    RETRY,
    /** The effect is committed. */
    COMPLETED,
    /** Given up or refused earlier; the whole message is parked: acknowledge. */
    PARKED,
    /** Unknown and older than the window: refuse. */
    TOO_OLD,
    /** Unknown and more than a day ahead of the store's clock: refuse. */
    FROM_FUTURE
  }

  /**
   * What {@link #recordFailure} or {@link #begin} left.
   *
   * @param status FAILED, or COMPLETED if a concurrent copy has succeeded
   * @param attempts runs counted so far
   * @param parked whether the message is given up and parked
   */
  record Failure(InboxStatus status, int attempts, boolean parked) {}
}
