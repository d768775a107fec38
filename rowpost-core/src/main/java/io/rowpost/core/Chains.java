package io.rowpost.core;

import org.jspecify.annotations.Nullable;

/**
 * The chains of keys that have records in the pipeline, by their heads.
 *
 * <p>A hash table linked through the slots, since a map would make three objects for each record:
 * order keys are hashes already, and the pipeline's bound is the table's size.
 */
final class Chains {
  private final @Nullable Slot[] buckets;

  /** For so many chains, or somewhat slower for more. */
  Chains(int expected) {
    this.buckets = new Slot[2 * Integer.highestOneBit(Math.max(1, expected))];
  }

  private int bucket(long orderKey) {
    return (int) orderKey & (buckets.length - 1);
  }

  /** The head of a key's chain, or null if there is none. */
  @Nullable Slot head(long orderKey) {
    Slot slot = buckets[bucket(orderKey)];
    while (slot != null && slot.orderKey != orderKey) {
      slot = slot.nextInBucket;
    }
    return slot;
  }

  /** Adds the head of a key that has no chain. */
  void add(Slot head) {
    int bucket = bucket(head.orderKey);
    head.nextInBucket = buckets[bucket];
    buckets[bucket] = head;
  }

  /** Removes a chain; false if this record does not head one. */
  boolean remove(Slot head) {
    int bucket = bucket(head.orderKey);
    Slot before = null;
    for (Slot slot = buckets[bucket]; slot != null; slot = slot.nextInBucket) {
      if (slot == head) {
        if (before == null) {
          buckets[bucket] = slot.nextInBucket;
        } else {
          before.nextInBucket = slot.nextInBucket;
        }
        slot.nextInBucket = null;
        return true;
      }
      before = slot;
    }
    return false;
  }
}
