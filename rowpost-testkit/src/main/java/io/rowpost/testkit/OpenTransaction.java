package io.rowpost.testkit;

import io.rowpost.core.Transactor;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A transaction on a thread of its own that a test steps by hand, so that several overlap in an
 * order the test chooses.
 */
final class OpenTransaction<T> implements AutoCloseable {
  private static final long PATIENCE_SECONDS = 30;

  /** How long a step is watched that must not go on: far longer than a step takes. */
  private static final long WATCH_MILLIS = 200;

  private final BlockingQueue<Step<T>> steps = new LinkedBlockingQueue<>();
  private final CompletableFuture<Void> ended = new CompletableFuture<>();

  OpenTransaction(Transactor<T> transactor) {
    var begun = new CompletableFuture<Void>();
    Thread thread =
        new Thread(
            () -> {
              try {
                transactor.inTransaction(
                    tx -> {
                      begun.complete(null);
                      steps(tx);
                      return true;
                    });
                ended.complete(null);
              } catch (RollbackWanted e) {
                ended.complete(null);
              } catch (Throwable e) {
                begun.completeExceptionally(e);
                ended.completeExceptionally(e);
              }
            },
            "open-transaction");
    thread.setDaemon(true);
    thread.start();
    get(begun);
  }

  private void steps(T tx) throws InterruptedException {
    Step<T> step = steps.take();
    while (!step.commits()) {
      step.run(tx);
      step = steps.take();
    }
  }

  /** Starts work in the transaction, which is under way then; it may wait for another one. */
  <R> CompletableFuture<R> start(Function<T, R> work) {
    var result = new CompletableFuture<R>();
    var begun = new CompletableFuture<Void>();
    steps.add(
        tx -> {
          begun.complete(null);
          try {
            result.complete(work.apply(tx));
          } catch (RuntimeException | Error e) {
            result.completeExceptionally(e);
          }
        });
    get(begun);
    return result;
  }

  /** Does work in the transaction. */
  <R> R run(Function<T, R> work) {
    return get(start(work));
  }

  void commit() {
    steps.add(new Commit<>());
    get(ended);
  }

  void rollback() {
    steps.add(
        tx -> {
          throw new RollbackWanted();
        });
    get(ended);
  }

  /** Rolls back if it is still open. */
  @Override
  public void close() {
    if (!ended.isDone()) {
      rollback();
    }
  }

  /** Fails if a step that was started goes on before another transaction has ended. */
  static void assertWaits(CompletableFuture<?> step) {
    try {
      Object outcome = step.get(WATCH_MILLIS, TimeUnit.MILLISECONDS);
      throw new AssertionError("the step did not wait: " + outcome);
    } catch (TimeoutException waits) {
      // What is wanted.
    } catch (ExecutionException e) {
      throw new AssertionError("the step failed instead of waiting", e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  static <R> R get(CompletableFuture<R> future) {
    try {
      return future.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw new AssertionError("the step of a transaction failed", e.getCause());
    } catch (TimeoutException e) {
      throw new AssertionError("a transaction did not go on in " + PATIENCE_SECONDS + " s", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  @FunctionalInterface
  private interface Step<T> {
    void run(T tx);

    default boolean commits() {
      return false;
    }
  }

  private static final class Commit<T> implements Step<T> {
    @Override
    public void run(T tx) {}

    @Override
    public boolean commits() {
      return true;
    }
  }

  private static final class RollbackWanted extends RuntimeException {
    private static final long serialVersionUID = 1L;

    RollbackWanted() {
      super((@Nullable String) null, null, false, false);
    }
  }
}
