package scenario.order;

import io.rowpost.core.Transactor;
import java.sql.Connection;

/**
 * The transactions of the order service, some of which fail in COMMIT, and after some of which the
 * service dies. The careful and the naive ways all use it, so they meet the same faults.
 *
 * <p>For one thread.
 */
final class FaultyTransactor implements Transactor<Connection> {
  private final Transactor<Connection> inner;
  private final Faults faults;
  private final Journal journal;
  private long current;

  FaultyTransactor(Transactor<Connection> inner, Faults faults, Journal journal) {
    this.inner = inner;
    this.faults = faults;
    this.journal = journal;
  }

  /** Says which order the next transaction is for. */
  void next(Order order) {
    current = order.id();
  }

  @Override
  public <R, X extends Exception> R inTransaction(Work<Connection, R, X> work) throws X {
    long order = current;
    long began = System.nanoTime();
    R result =
        inner.<R, X>inTransaction(
            tx -> {
              R done = work.run(tx);
              if (faults.rolledBack().contains(order)) {
                throw new SimulatedFault();
              }
              return done;
            });
    journal.committed(order, System.nanoTime() - began);
    if (faults.crashed().contains(order)) {
      throw new SimulatedFault();
    }
    return result;
  }

  /** Ends what the order service was doing, as a crash or a failed COMMIT would. */
  static final class SimulatedFault extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }
}
