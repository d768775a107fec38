package io.rowpost.core;

import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * What one turn of {@link OutboxStore#settleAndFetch} returns to the relay.
 *
 * @param entries fetched records; per order key in the order in which they are to be sent
 * @param more whether the store may have further records that could be fetched at once
 * @param paused whether an operator has paused the relay; {@code entries} is then empty, unless the
 *     pause fell into the turn: what was read before it is the relay's to send
 * @param changes the relay's change counter; a value not seen before means that an operator has
 *     acted, so that {@link OutboxStore#blockedKeys} must be read again before any entry is used
 * @param released order keys touched by this turn's settlements that have no blocking record left
 */
public record OutboxBatch(
    List<Entry> entries, boolean more, boolean paused, long changes, Set<Long> released) {

  /** Takes unmodifiable copies. */
  public OutboxBatch {
    entries = List.copyOf(entries);
    released = Set.copyOf(released);
  }

  /**
   * One fetched record.
   *
   * @param record the record
   * @param position the store's own name of its place; opaque to the relay, unique in the outbox
   * @param origin where it comes from, hence what may be done with it
   */
  public record Entry(OutboxRecord record, long position, Origin origin) {
    /** Checks that nothing is null. */
    public Entry {
      Objects.requireNonNull(record, "record");
      Objects.requireNonNull(origin, "origin");
    }
  }

  /**
   * An entry with its outcome.
   *
   * @param entry as it was fetched under the same lease
   * @param settlement its outcome
   */
  public record Settled(Entry entry, Settlement settlement) {
    /** Checks that nothing is null. */
    public Settled {
      Objects.requireNonNull(entry, "entry");
      Objects.requireNonNull(settlement, "settlement");
    }
  }

  /** Where a fetched record comes from. */
  public enum Origin {
    /** Read from the stream for the first time under this lease; waits if its key is blocked. */
    NEW,
    /** Read from the stream, but not available yet; the relay settles it as Waiting, unsent. */
    EARLY,
    /** Parked and in turn: the head of its blocked key, or a successor of one in this batch. */
    IN_TURN,
    /** Parked without blocking: a delayed record now due, or a retry without a key. */
    DUE
  }
}
