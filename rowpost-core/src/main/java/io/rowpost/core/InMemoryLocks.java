package io.rowpost.core;

import java.util.HashMap;
import java.util.Map;

/**
 * Keys that one transaction at a time may hold, until it ends: what a unique index does to a second
 * transaction that inserts the key of an uncommitted row. Thread-safe.
 *
 * @param <K> the keys
 */
final class InMemoryLocks<K> {
  /** A circle through the locks of two stores may close unseen; then this look finds it. */
  private static final long LOOK_AGAIN_MILLIS = 20;

  private final Map<K, InMemoryTransaction> holders = new HashMap<>();

  /**
   * Takes a key; waits until another holder has ended.
   *
   * @return false if the transaction had it already
   * @throws StoreException ROWPOST-290 if the wait could never end, or the thread was interrupted
   */
  synchronized boolean acquire(InMemoryTransaction tx, K key) {
    InMemoryTransaction holder = holders.get(key);
    while (holder != null && holder != tx) {
      tx.waitFor(holder);
      try {
        if (tx.waitsForever()) {
          throw refused("its transaction and another one wait for each other");
        }
        wait(LOOK_AGAIN_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw refused("its thread was interrupted while it waited for another transaction");
      } finally {
        tx.waitFor(null);
      }
      holder = holders.get(key);
    }
    if (holder == tx) {
      return false;
    }
    holders.put(key, tx);
    tx.onEnd(() -> release(key));
    return true;
  }

  private synchronized void release(K key) {
    holders.remove(key);
    notifyAll();
  }

  private static StoreException refused(String why) {
    return new StoreException(
        "ROWPOST-290",
        "Nothing was written: " + why + ".",
        "roll back and try again; take ids in one order everywhere.",
        StoreException.Outcome.ROLLED_BACK,
        null);
  }
}
