package io.rowpost.core;

/**
 * Runs work in one transaction and hands out its handle: the only transaction seam.
 *
 * <p>For JDBC, {@code T} is {@code java.sql.Connection}. Implementations are thread-safe; a handle
 * is for the thread that runs the work, and only until the work returns.
 *
 * @param <T> the transaction handle
 */
@FunctionalInterface
public interface Transactor<T> {
  /**
   * Begins a transaction, runs the work, and commits; rolls back when the work throws.
   *
   * @return what the work returned
   * @throws X what the work threw, unchanged, after the rollback
   * @throws StoreException when beginning or committing failed; {@link StoreException#outcome()}
   *     tells whether the data may be committed all the same
   */
  <R, X extends Exception> R inTransaction(Work<T, R, X> work) throws X;

  /**
   * Does the same with one more act at the end, which a transactor may let commit: a database can
   * take a last statement and the COMMIT in one round trip.
   *
   * <p>Unless a transactor overrides this, it commits as ever, after an act like any other. Only
   * one whose commit is the database's own may override it: others have more to do at their commit.
   *
   * @return what the work returned
   * @throws X what the work threw, unchanged, after the rollback; the last act was not begun
   * @throws StoreException as above, or what the last act threw, after the rollback
   */
  default <R, X extends Exception> R inTransaction(Work<T, R, X> work, LastAct<T, R> last)
      throws X {
    return inTransaction(
        tx -> {
          R result = work.run(tx);
          last.run(tx, result);
          return result;
        });
  }

  /**
   * What is done in a transaction when its work is done. One of the two methods is called, once.
   *
   * @param <T> the transaction handle
   * @param <R> the result of the work
   */
  interface LastAct<T, R> {
    /** Does it, and leaves the commit to the caller. */
    void run(T tx, R result);

    /**
     * Does it and commits.
     *
     * @throws StoreException if either failed; its outcome tells what became of the transaction,
     *     which the caller has to roll back
     */
    void runAndCommit(T tx, R result);
  }

  /**
   * Work inside a transaction.
   *
   * @param <T> the transaction handle
   * @param <R> the result; use {@code Void} and return null for none
   * @param <X> what the work throws
   */
  @FunctionalInterface
  interface Work<T, R, X extends Exception> {
    /** Does the work with the open transaction; never commits, rolls back or closes it. */
    R run(T tx) throws X;
  }
}
