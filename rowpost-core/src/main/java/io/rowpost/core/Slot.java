package io.rowpost.core;

/** A fetched record on its way through the pipeline. Touched by the relay's thread only. */
final class Slot {
  final OutboxBatch.Entry entry;
  final OutboxRecord record;
  final Destination destination;

  /** The unit of order, or 0 where the record is alone. */
  final long orderKey;

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

  /** Whether a hand-over failed for a reason that the adapter could not tell, and when it began. */
  boolean suspect;

  long suspectSince;

  enum State {
    QUEUED,
    HANDED,
    DECIDED
  }
}
