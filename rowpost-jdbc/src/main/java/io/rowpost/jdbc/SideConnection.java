package io.rowpost.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * A daemon thread with one connection, for work that may fail without harm.
 *
 * <p>Only the thread touches the connection. One that failed is aborted and opened anew, after
 * pauses that grow. Thread-safe.
 */
final class SideConnection implements AutoCloseable {
  /** A server that does not answer for so long is given up; nobody waits for it. */
  static final Duration ANSWER_LIMIT = Duration.ofSeconds(5);

  private static final long FIRST_DELAY_MILLIS = 50;
  private static final long LONGEST_DELAY_MILLIS = 30_000;
  private static final int DOUBLINGS = 10;

  private final DataSource dataSource;
  private final Work work;
  private final String name;
  private final CountDownLatch closed = new CountDownLatch(1);

  private volatile @Nullable Thread thread;

  /** Touched by the thread only. */
  private int failures;

  /** What is done with a connection until that fails, the thread is interrupted or it is closed. */
  interface Work {
    /**
     * Works in auto-commit mode. If it returns, there is nothing to be done any more, and the
     * connection is as it was.
     */
    void run(Connection connection) throws SQLException, InterruptedException;
  }

  /**
   * Nothing runs yet.
   *
   * @param name says in the thread's name and in the log what it does
   */
  SideConnection(DataSource dataSource, String name, Work work) {
    this.dataSource = dataSource;
    this.name = name;
    this.work = work;
  }

  /** Starts the thread, once; cheap if it runs, and nothing after {@link #close()}. */
  void start() {
    if (thread == null) {
      startOnce();
    }
  }

  private synchronized void startOnce() {
    if (thread == null && !isClosed()) {
      var loop = new Thread(this::loop, "rowpost-" + name);
      loop.setDaemon(true);
      loop.start();
      thread = loop;
    }
  }

  private void loop() {
    try {
      boolean goesOn = true;
      while (goesOn && !isClosed()) {
        goesOn = !useConnection() && !pause(delay());
      }
    } catch (InterruptedException e) {
      // Nobody but close() could do that, and the thread ends either way.
      Thread.currentThread().interrupt();
    }
  }

  /** True if the work is done, false if it failed. */
  private boolean useConnection() throws InterruptedException {
    try (Connection connection = dataSource.getConnection()) {
      boolean autoCommit = connection.getAutoCommit();
      int networkTimeout = connection.getNetworkTimeout();
      connection.setAutoCommit(true);
      connection.setNetworkTimeout(Runnable::run, (int) ANSWER_LIMIT.toMillis());
      boolean broken = false;
      try {
        work.run(connection);
        return true;
      } catch (SQLException e) {
        broken = true;
        throw e;
      } finally {
        if (broken) {
          connection.abort(Runnable::run);
        } else {
          connection.setNetworkTimeout(Runnable::run, networkTimeout);
          connection.setAutoCommit(autoCommit);
        }
      }
    } catch (SQLException | RuntimeException e) {
      failed(e);
      return false;
    }
  }

  private void failed(Exception e) {
    failures++;
    if (isClosed()) {
      return;
    }
    SqlErrors.LOG.debug("{} failed {} times", name, failures, e);
    if (failures == 1) {
      SqlErrors.LOG.info(
          "{} has lost its connection and tries again; relays poll meanwhile: {}",
          name,
          e.getMessage());
    }
  }

  /** Twice the one before, and varied, so that processes do not come back in step. */
  private Duration delay() {
    long longest =
        Math.min(FIRST_DELAY_MILLIS << Math.min(failures, DOUBLINGS), LONGEST_DELAY_MILLIS);
    return Duration.ofMillis(ThreadLocalRandom.current().nextLong(longest / 2, longest + 1));
  }

  /** Tells that the connection is of use, so that its loss is a new one. For the work. */
  void works() {
    if (failures > 0) {
      SqlErrors.LOG.info("{} has a connection again", name);
      failures = 0;
    }
  }

  /** Waits; true if it was closed meanwhile. For the work. */
  boolean pause(Duration duration) throws InterruptedException {
    return closed.await(duration.toNanos(), TimeUnit.NANOSECONDS);
  }

  boolean isClosed() {
    return closed.getCount() == 0;
  }

  /**
   * Ends the work and gives the connection back; waits for that, but not for a server that does not
   * answer.
   */
  @Override
  public void close() {
    Thread loop;
    synchronized (this) {
      closed.countDown();
      loop = thread;
    }
    if (loop == null || loop == Thread.currentThread()) {
      return;
    }
    loop.interrupt();
    try {
      loop.join(ANSWER_LIMIT.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
