package io.rowpost.core;

import java.util.function.BiConsumer;

/**
 * Transactions over the stores in memory. Thread-safe; transactions of several threads overlap.
 *
 * <p>One transactor serves any number of in-memory stores, as one database holds many tables. It
 * refuses a transaction inside another one of the same thread: what the inner one commits would
 * outlive a rollback of the outer one.
 */
public final class InMemoryTransactor implements Transactor<InMemoryTransaction> {
  private final ThreadLocal<Boolean> busy = ThreadLocal.withInitial(() -> false);

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
    return alone(work, (tx, result) -> tx.commit());
  }

  @Override
  public <R, X extends Exception> R inTransaction(
      Work<InMemoryTransaction, R, X> work, LastAct<InMemoryTransaction, R> last) throws X {
    return alone(work, last::runAndCommit);
  }

  private <R, X extends Exception> R alone(
      Work<InMemoryTransaction, R, X> work, BiConsumer<InMemoryTransaction, R> commit) throws X {
    if (busy.get()) {
      throw new RowpostException(
          "ROWPOST-104",
          "Nothing was executed: a transaction is already open on this thread.",
          "call this before or after it, or pass the open transaction on to what takes one.",
          null);
    }
    busy.set(true);
    try {
      return run(work, commit);
    } finally {
      busy.remove();
    }
  }

  private <R, X extends Exception> R run(
      Work<InMemoryTransaction, R, X> work, BiConsumer<InMemoryTransaction, R> commit) throws X {
    InMemoryTransaction tx = begin();
    try {
      R result = work.run(tx);
      FaultPoint.COMMIT_BEGINS.pass();
      commit.accept(tx, result);
      FaultPoint.COMMIT_DONE.pass();
      return result;
    } catch (Throwable e) {
      // What threw may be an action of the commit, which is not undone by it.
      if (tx.isOpen()) {
        rollback(tx);
      }
      throw e;
    }
  }
}
