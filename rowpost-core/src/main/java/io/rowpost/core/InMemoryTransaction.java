package io.rowpost.core;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;

/**
 * A transaction of the stores in memory. For one thread.
 *
 * <p>Stores and handlers say what is to happen at its end; nothing is visible to others before the
 * commit. Made by {@link InMemoryTransactor}.
 */
public final class InMemoryTransaction {
  private final List<Runnable> commitActions = new ArrayList<>();
  private final Deque<Runnable> rollbackActions = new ArrayDeque<>();
  private final Deque<Runnable> endActions = new ArrayDeque<>();
  private boolean open = true;

  InMemoryTransaction() {}

  /**
   * Runs an action when the transaction commits; in the order given, before others see anything.
   */
  public void onCommit(Runnable action) {
    requireOpen();
    commitActions.add(Objects.requireNonNull(action, "action"));
  }

  /** Runs an action when the transaction is rolled back, the newest first: undo logs fit as is. */
  public void onRollback(Runnable action) {
    requireOpen();
    rollbackActions.push(Objects.requireNonNull(action, "action"));
  }

  /** Runs an action after commit or rollback, the newest first: where locks are released. */
  void onEnd(Runnable action) {
    requireOpen();
    endActions.push(action);
  }

  boolean isOpen() {
    return open;
  }

  void commit() {
    end(commitActions);
  }

  void rollback() {
    end(rollbackActions);
  }

  void requireOpen() {
    if (!open) {
      throw new IllegalStateException("the transaction has ended");
    }
  }

  private void end(Iterable<Runnable> actions) {
    requireOpen();
    open = false;
    try {
      actions.forEach(Runnable::run);
    } finally {
      endActions.forEach(Runnable::run);
    }
  }
}
