package io.rowpost.core;

import org.jspecify.annotations.Nullable;

/**
 * A fetched record on its way through the pipeline. Touched by the relay's thread only.
 *
 * <p>Links to its neighbours are fields: most keys have one record, and pay for no list.
 */
final class Slot {
  final OutboxBatch.Entry entry;
  final OutboxRecord record;
  final Destination destination;

  /** The unit of order, or 0 where the record is alone. */
  final long orderKey;

  /** The next head in the same bucket of {@link Chains}. */
  @Nullable Slot nextInBucket;

  /** The neighbours in {@link AtBroker}. */
  @Nullable Slot handedBefore;

  @Nullable Slot handedNext;

  /** The record behind this one in its key's chain. */
  @Nullable Slot follower;

  /** Of a head with followers: the last one. */
  private @Nullable Slot last;

  /** Of a head: how many follow. */
  int followers;

  State state = State.QUEUED;
  long handedAt;

  /** Grows with each hand-over, so that the failure of an earlier one is told from this one's. */
  int handOvers;

  Slot(OutboxBatch.Entry entry, Destination destination, long orderKey) {
    this.entry = entry;
    this.record = entry.record();
    this.destination = destination;
    this.orderKey = orderKey;
  }

  /** Puts a record at the end of the chain that this one heads. */
  void enqueue(Slot slot) {
    (last == null ? this : last).follower = slot;
    last = slot;
    followers++;
  }

  /** Leaves the chain; returns its new head. */
  @Nullable Slot leaveChain() {
    Slot head = follower;
    if (head != null) {
      head.last = last == head ? null : last;
      head.followers = followers - 1;
    }
    dropFollowers();
    return head;
  }

  void dropFollowers() {
    follower = null;
    last = null;
    followers = 0;
  }

  /** Whether a hand-over failed for a reason that the adapter could not tell, and when it began. */
  boolean suspect;

  long suspectSince;

  enum State {
    QUEUED,
    /** At the broker, which has not answered yet. */
    HANDED,
    DECIDED
  }
}
