package io.rowpost.testkit;

import io.rowpost.core.InMemoryTransaction;
import io.rowpost.core.InMemoryTransactor;
import io.rowpost.core.Transactor;

/** One process's transactions, whose commits may fail, or end in doubt. */
final class SimTransactor implements Transactor<InMemoryTransaction> {
  private final InMemoryTransactor sound = new InMemoryTransactor();
  private final SimLife life;

  SimTransactor(SimLife life) {
    this.life = life;
  }

  @Override
  public <R, X extends Exception> R inTransaction(Work<InMemoryTransaction, R, X> work) throws X {
    life.beforeRead();
    R result =
        sound.<R, X>inTransaction(
            tx -> {
              R done = work.run(tx);
              life.beforeCommit();
              return done;
            });
    life.afterCommit();
    return result;
  }

  @Override
  public <R, X extends Exception> R inTransaction(
      Work<InMemoryTransaction, R, X> work, LastAct<InMemoryTransaction, R> last) throws X {
    life.beforeRead();
    return sound.inTransaction(work, last);
  }
}
