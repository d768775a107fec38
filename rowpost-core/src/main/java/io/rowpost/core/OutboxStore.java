package io.rowpost.core;

import java.time.Duration;
import java.util.List;
import java.util.Set;

/**
 * Where outgoing messages are kept. SPI; users meet {@link TransactionalOutbox} and {@link
 * OutboxRelay}.
 *
 * <p>The methods that append use only the caller's transaction. Everything else uses the store's
 * own access to the database; a store that has none can append only and says so with code
 * ROWPOST-204. The methods from {@link #lease} to {@link #release} are called by one relay, one
 * call at a time; everything else is thread-safe.
 *
 * <h2>Parking</h2>
 *
 * A record that cannot be sent in its turn leaves the stream and is <em>parked</em>. A parked
 * record <em>blocks</em> its order key ({@link OutboxRecord#orderKey()}) if it has a key and is a
 * retry, a record waiting behind one, or a FAILED one whose settlement says so. Per order key the
 * blocking records stand in a queue: by position, except that a delayed record joins at the end
 * when it has come due behind others. The head of the queue, if PENDING, always has a due time; its
 * successors have none. Records parked without blocking have a due time of their own.
 *
 * <p>{@code rowpost-testkit} holds the contract test every implementation must pass.
 *
 * @param <T> the transaction handle
 */
public interface OutboxStore<T> {
  /**
   * Writes records into the caller's transaction, in one round trip, in the order given.
   *
   * <p>Never commits, rolls back or closes. An id appended twice is published twice.
   *
   * @param tx an open transaction
   * @throws RowpostException ROWPOST-102 if {@code tx} would commit each statement by itself
   * @throws StoreException if the database refused
   */
  void append(T tx, List<OutboxRecord> records);

  /**
   * Writes a record as the last act of a transaction and commits it, in one round trip where the
   * database can.
   *
   * @param tx an open transaction whose commit is the database's own and nothing else
   * @throws RowpostException ROWPOST-102 as {@link #append}
   * @throws StoreException if the database refused either, or its answer was lost: {@link
   *     StoreException#outcome()} tells; the caller still has to roll back
   */
  void appendAndCommit(T tx, OutboxRecord record);

  /**
   * Writes a record unless its id was given to this method before.
   *
   * <p>A repeated id leaves the caller's transaction usable. Ids are remembered for the outbox's
   * retention, at least 24 hours.
   *
   * @return false if the id is known
   */
  boolean appendIfAbsent(T tx, OutboxRecord record);

  /**
   * Tries to become the owner of a relay; committed before it returns.
   *
   * <p>Creates the relay's row when there is none. Granted if nobody holds the lease, it has
   * expired by the store's clock, or the holder {@linkplain Lease.Request#isOwn is the caller} or
   * still the one that {@linkplain Lease.Request#stalled stood still}. A grant ends every older
   * lease: its fence finds no row any more. Records in flight under an older lease are fetched
   * again.
   */
  Lease.Attempt lease(Lease.Request request);

  /**
   * Order keys that a parked record blocks, as of a statement begun after the call.
   *
   * @param limit at most so many; more than that is a memory bound of the caller
   */
  Set<Long> blockedKeys(Lease lease, int limit);

  /**
   * Cheaply looks whether a turn would find anything: new or due records, a pause, an operator's
   * act.
   *
   * <p>Takes no lock and may be wrong in both directions for a moment; nothing rests on it.
   *
   * @param changes the change counter last seen
   */
  boolean probe(Lease lease, long changes);

  /**
   * One turn of the relay in one transaction: fences, settles, fetches.
   *
   * <p>In this order: locks the relay's row by owner and token; writes the settlements down, in the
   * order given; renews the lease if asked; marks due parked records in flight and reads them;
   * reads new records by one plain statement begun after the lock. Commits before it returns.
   *
   * <ul>
   *   <li>{@link Settlement.Sent}: the record leaves the stream or the parked ones; it is deleted,
   *       or kept as SENT where retention asks for it.
   *   <li>{@link Settlement.Waiting}, {@link Settlement.Retry}, {@link Settlement.Failed}: the
   *       record is parked, or its parked row updated. Waiting of an {@link
   *       OutboxBatch.Origin#EARLY} entry parks without blocking until the record is available.
   *   <li>Afterwards every touched order key whose head is PENDING and has no due time gets one:
   *       now.
   * </ul>
   *
   * Under a new lease a parked record is not due before the stream was read up to its position, or
   * to its end: a lost owner may have parked it behind records of its key that it never settled,
   * and those have to come first. It may be due from the next turn on.
   *
   * <p>A record that was fetched is not fetched again under this lease until its settlement parked
   * it. Per order key the successors of a due head are fetched with it, in order, as far as the
   * limits allow. Repeating a settlement already written changes nothing.
   *
   * @throws LeaseLostException if the fence found no row: nothing was written
   * @throws StoreException on any other failure; the lease is to be acquired anew and everything
   *     fetched under it forgotten
   */
  OutboxBatch settleAndFetch(Lease lease, Turn turn);

  /** Gives the lease up at once, so that a standby need not wait; a no-op if it is lost already. */
  void release(Lease lease);

  /** The operator's door to this outbox. */
  OutboxAdmin admin();

  /**
   * What one turn is to do.
   *
   * @param settled outcomes of entries fetched under this lease, in the order to be written
   * @param limit how many records to fetch at most; 0 for none
   * @param newLimit how many of them may be new ones; the others are due parked ones
   * @param keyLimit how many parked records of one order key to fetch at most
   * @param byteLimit fetching ends with the record whose payload reaches this many bytes in all, so
   *     one record is always possible; the batch then says that there is more
   * @param renewFor if positive, the lease is extended to this long from now by the store's clock
   */
  record Turn(
      List<OutboxBatch.Settled> settled,
      int limit,
      int newLimit,
      int keyLimit,
      long byteLimit,
      Duration renewFor) {
    /** Takes an unmodifiable copy and checks the bounds. */
    public Turn {
      settled = List.copyOf(settled);
      if (limit < 0 || newLimit < 0 || newLimit > limit || keyLimit < 1 || byteLimit < 1) {
        throw new IllegalArgumentException("limits out of bounds");
      }
    }

    /** A turn without settlements that fetches up to a number of records of any kind. */
    public static Turn fetch(int limit) {
      return new Turn(List.of(), limit, limit, Math.max(limit, 1), Long.MAX_VALUE, Duration.ZERO);
    }

    /** A turn that writes outcomes and fetches nothing. */
    public static Turn settle(List<OutboxBatch.Settled> settled) {
      return new Turn(settled, 0, 0, 1, Long.MAX_VALUE, Duration.ZERO);
    }
  }
}
