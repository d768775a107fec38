package io.rowpost.core;

import org.jspecify.annotations.Nullable;

/**
 * The records that the broker has not answered yet, in the order in which they were handed over.
 *
 * <p>A list linked through the slots, for the reason that {@link Chains} gives.
 */
final class AtBroker {
  private @Nullable Slot oldest;
  private @Nullable Slot newest;
  private int size;

  int size() {
    return size;
  }

  boolean isEmpty() {
    return size == 0;
  }

  /** The one handed over first; the others follow by {@link Slot#handedNext}. */
  @Nullable Slot oldest() {
    return oldest;
  }

  /** Adds a record that is not in it. */
  void add(Slot slot) {
    slot.handedBefore = newest;
    if (newest == null) {
      oldest = slot;
    } else {
      newest.handedNext = slot;
    }
    newest = slot;
    size++;
  }

  /** Removes a record that is in it. */
  void remove(Slot slot) {
    Slot before = slot.handedBefore;
    Slot next = slot.handedNext;
    if (before == null) {
      oldest = next;
    } else {
      before.handedNext = next;
    }
    if (next == null) {
      newest = before;
    } else {
      next.handedBefore = before;
    }
    slot.handedBefore = null;
    slot.handedNext = null;
    size--;
  }
}
