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
