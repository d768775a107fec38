package io.rowpost.testkit;

import io.rowpost.core.OutboxStore;
import io.rowpost.core.Transactor;
import java.time.Duration;
import java.util.List;

/**
 * One empty outbox and what surrounds it: what an implementation hands to {@link
 * OutboxStoreContract}.
 *
 * @param <T> the transaction handle
 */
public interface OutboxFixture<T> extends AutoCloseable {
  /** The store under test; used by several threads. */
  OutboxStore<T> store();

  /** Opens transactions for appends, several at a time. */
  Transactor<T> transactor();

  /**
   * Makes the store believe that time has passed.
   *
   * <p>By setting its clock, or, where the clock is a server's, by moving every stored time
   * (creation, availability, due times, lease, sent and discarded times, ids of appendIfAbsent) so
   * far into the past.
   */
  void elapse(Duration time);

  /** Whether SENT records stay until a purge, whatever was asked for; false by default. */
  default boolean alwaysKeepsSent() {
    return false;
  }

  /** Operators' acts in order, one text each that holds at least the actor and the reason. */
  List<String> audit();

  /**
   * How often to repeat, or how many rows to use, where more only makes a test sharper.
   *
   * @param full the number for a store in memory
   * @return fewer where each costs a round trip
   */
  default int size(int full) {
    return full;
  }

  /** Removes what the test left. */
  @Override
  void close();
}
