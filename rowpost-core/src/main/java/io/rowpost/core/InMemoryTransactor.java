package io.rowpost.core;

/**
 * Transactions over the stores in memory. Thread-safe; transactions of several threads overlap.
 *
 * <p>One transactor serves any number of in-memory stores, as one database holds many tables.
 */
public final class InMemoryTransactor implements Transactor<InMemoryTransaction> {
  /** Creates a transactor. */
  public InMemoryTransactor() {}

  /**
   * Begins a transaction by hand, for tests that interleave several; end it by the methods below.
   */
  public InMemoryTransaction begin() {
    return new InMemoryTransaction();
  }

  /** Commits a transaction begun by hand. */
  public void commit(InMemoryTransaction tx) {
    tx.commit();
  }

  /** Rolls a transaction begun by hand back. */
  public void rollback(InMemoryTransaction tx) {
    tx.rollback();
  }

  @Override
  public <R, X extends Exception> R inTransaction(Work<InMemoryTransaction, R, X> work) throws X {
    InMemoryTransaction tx = begin();
    R result;
    try {
      result = work.run(tx);
    } catch (Throwable e) {
      rollback(tx);
      throw e;
    }
    commit(tx);
    return result;
  }
}
