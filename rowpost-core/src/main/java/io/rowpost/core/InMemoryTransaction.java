package io.rowpost.core;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A transaction of the stores in memory. For one thread.
 *
 * <p>Stores and handlers say what is to happen at its end; nothing is visible to others before the
 * commit. Made by {@link InMemoryTransactor}.
 */
public final class InMemoryTransaction {
  private final Thread thread = Thread.currentThread();
  private final List<Runnable> commitActions = new ArrayList<>();
  private final Deque<Runnable> rollbackActions = new ArrayDeque<>();
  private final Deque<Runnable> endActions = new ArrayDeque<>();
  private volatile @Nullable InMemoryTransaction waitingFor;
  private boolean open = true;

  InMemoryTransaction() {}

  /**
   * Runs an action when the transaction commits; in the order given, before others see anything.
   *
   * <p>An action that throws does not undo the commit: the others still run, then {@code commit}
   * throws what the first one threw.
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

  /** Says for whom this transaction waits; null when it no longer does. */
  void waitFor(@Nullable InMemoryTransaction holder) {
    waitingFor = holder;
  }

  /**
   * Whether the wait that {@link #waitFor} announced can never end: in a circle of transactions, or
   * behind another one of this same thread.
   */
  boolean waitsForever() {
    InMemoryTransaction next = waitingFor;
    // The bound ends the walk in a circle that others form and this transaction merely waits for.
    for (int steps = 0; next != null && steps < 1000; steps++) {
      if (next == this || next.thread == thread) {
        return true;
      }
      next = next.waitingFor;
    }
    return false;
  }

  private void end(Iterable<Runnable> actions) {
    requireOpen();
    open = false;
    RuntimeException failure = runAll(actions, null);
    failure = runAll(endActions, failure);
    if (failure != null) {
      throw failure;
    }
  }

  private static @Nullable RuntimeException runAll(
      Iterable<Runnable> actions, @Nullable RuntimeException earlier) {
    RuntimeException failure = earlier;
    for (Runnable action : actions) {
      try {
        action.run();
      } catch (RuntimeException e) {
        if (failure == null) {
          failure = e;
        } else {
          failure.addSuppressed(e);
        }
      }
    }
    return failure;
  }
}
