package io.rowpost.testkit;

import io.rowpost.core.InboxStore;
import io.rowpost.core.Transactor;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One empty inbox and what surrounds it: what an implementation hands to {@link
 * InboxStoreContract}.
 *
 * @param <T> the transaction handle
 */
public interface InboxFixture<T> extends AutoCloseable {
  /** The store under test; used by several threads. */
  InboxStore<T> store();

  /** Opens the transactions of handlers, READ COMMITTED where there are levels. */
  Transactor<T> transactor();

  /** The same at each isolation level that is to be tested, by its name. */
  Map<String, Transactor<T>> isolationLevels();

  /**
   * A transactor that ends a handler which takes longer.
   *
   * @return null where nothing can end one; the test is then skipped
   */
  @Nullable Transactor<T> transactor(Duration timeLimit);

  /** Blocks in a statement, or in whatever else a time limit has to end, until it is ended. */
  void hang(T tx) throws Exception;

  /** Writes an effect of a handler in its transaction. Texts repeat when a bug lets them. */
  void writeEffect(T tx, String text);

  /** Every committed effect, repetitions included, read outside any transaction of the test. */
  List<String> effects();

  /** Every audited act, one text each that holds its actor, act, message id and reason. */
  List<String> audit();

  /** Removes what the test left. */
  @Override
  void close();
}
