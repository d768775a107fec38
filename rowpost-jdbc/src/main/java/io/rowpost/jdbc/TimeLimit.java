package io.rowpost.jdbc;

import io.rowpost.core.RowpostException;
import io.rowpost.core.StoreException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Stops the work of one transaction when its time is over. For the thread that does the work.
 *
 * <p>Either the work ends first or the limit does; after {@link #end} the limit touches neither the
 * connection nor the thread, so both can be used for something else.
 */
final class TimeLimit {
  private static final ScheduledThreadPoolExecutor CLOCK = clock();
  private static final Duration LEAST = Duration.ofMillis(1);
  private static final Duration MOST = Duration.ofHours(24);
  private static final Duration LONGEST_ABORT = Duration.ofSeconds(10);

  private final Connection connection;
  private final Duration limit;
  private final Thread worker = Thread.currentThread();
  private final long began = System.nanoTime();
  private final AtomicBoolean ended = new AtomicBoolean();
  private final CountDownLatch stopped = new CountDownLatch(1);
  private final Future<?> alarm;

  TimeLimit(Connection connection, Duration limit) {
    this.connection = connection;
    this.limit = limit;
    this.alarm = CLOCK.schedule(this::expire, limit.toNanos(), TimeUnit.NANOSECONDS);
  }

  /** Below, servers take it for no limit; far above, they refuse it. */
  static void requireBounds(String name, Duration limit) {
    if (limit.compareTo(LEAST) < 0 || limit.compareTo(MOST) > 0) {
      throw new RowpostException(
          "ROWPOST-601",
          "Nothing was started: %s is %s.".formatted(name, limit),
          "set %s to 1 ms to 24 hours.".formatted(name),
          null);
    }
  }

  private static ScheduledThreadPoolExecutor clock() {
    var clock = new ScheduledThreadPoolExecutor(1, task -> daemon("rowpost-time-limit", task));
    clock.setRemoveOnCancelPolicy(true);
    return clock;
  }

  private static Thread daemon(String name, Runnable task) {
    var thread = new Thread(task, name);
    thread.setDaemon(true);
    return thread;
  }

  private void expire() {
    if (ended.compareAndSet(false, true)) {
      // A driver may take its time to abort; the clock is everybody's.
      daemon("rowpost-abort", this::stop).start();
    }
  }

  private void stop() {
    try {
      connection.abort(Runnable::run);
    } catch (SQLException e) {
      SqlErrors.LOG.debug("A connection could not be aborted", e);
    } finally {
      worker.interrupt();
      stopped.countDown();
    }
  }

  /**
   * Ends the limit.
   *
   * @return null if the work was in time; what to throw if the limit was over before, in which case
   *     nothing may be committed any more and the connection may be aborted
   */
  @Nullable StoreException end() {
    // The server's own limit may have stopped a statement a moment before the alarm rings.
    boolean over = System.nanoTime() - began >= limit.toNanos();
    alarm.cancel(false);
    if (!ended.compareAndSet(false, true)) {
      awaitStop();
    } else if (!over) {
      return null;
    }
    return new StoreException(
        "ROWPOST-214",
        "Nothing was committed: the transaction took longer than its time limit of "
            + limit
            + ", so it was stopped.",
        "make the work shorter (no calls to other services inside it), or raise"
            + " JdbcTransactor.timeout, below the broker's session timeout.",
        StoreException.Outcome.ROLLED_BACK,
        null);
  }

  /** The interrupt is ours, and may come while we wait for it. */
  private void awaitStop() {
    long deadline = System.nanoTime() + LONGEST_ABORT.toNanos();
    while (true) {
      try {
        boolean inTime = stopped.await(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
        if (!inTime) {
          SqlErrors.LOG.warn("Aborting a connection takes longer than {}.", LONGEST_ABORT);
        }
        Thread.interrupted();
        return;
      } catch (InterruptedException e) {
        // Wait on: the connection must not go back to its pool before the abort is done.
      }
    }
  }
}
