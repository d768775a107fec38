package io.rowpost.jdbc;

import io.rowpost.core.FaultPoint;
import io.rowpost.core.StoreException;
import io.rowpost.core.StoreException.Outcome;
import io.rowpost.core.Transactor;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Objects;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Transactions on connections of a {@link DataSource}. Thread-safe.
 *
 * <p>They run READ COMMITTED, or SERIALIZABLE where that is what the DataSource hands out. What was
 * set on a connection is set back before it is closed, so pools see no change. Work that calls
 * {@code commit()}, {@code rollback()} or {@code close()} on its connection, or turns auto-commit
 * on, meets ROWPOST-405.
 */
public final class JdbcTransactor implements Transactor<Connection> {
  private static final int NOT_SEEN = -1;

  private static final String POSTGRES_LIMITS =
      """
      SELECT set_config('statement_timeout', ?, TRUE),
             set_config('idle_in_transaction_session_timeout', ?, TRUE)""";

  private static final String MARIADB_LIMITS =
      """
      SET @rowpost_idle = @@SESSION.idle_transaction_timeout,
          SESSION idle_transaction_timeout = ?""";

  private static final String MARIADB_NO_LIMITS =
      "SET SESSION idle_transaction_timeout = @rowpost_idle";

  private final DataSource dataSource;
  private final @Nullable Duration timeout;

  /** What the DataSource hands out, seen once: asking costs PostgreSQL a round trip each time. */
  private volatile int isolation = NOT_SEEN;

  /** The same of its connections' auto-commit; seen together with the isolation. */
  private volatile boolean autoCommit = true;

  /** Creates a transactor without a time limit. */
  public JdbcTransactor(DataSource dataSource) {
    this(dataSource, null);
  }

  private JdbcTransactor(DataSource dataSource, @Nullable Duration timeout) {
    this.dataSource = Objects.requireNonNull(dataSource, "dataSource");
    this.timeout = timeout;
  }

  /**
   * The same with a time limit for the work of each transaction, from its begin to its commit.
   *
   * <p>When it is over, the connection is aborted and the thread interrupted; {@code inTransaction}
   * then throws ROWPOST-214, or ROWPOST-213 if a last act was cut off together with its COMMIT.
   * Choose it below the broker's session timeout, so that a handler that hangs is stopped before
   * its messages are given to somebody else.
   *
   * <p>Should this process die without a word, PostgreSQL and MariaDB end a transaction that does
   * nothing for so long. On MySQL set {@code wait_timeout} for the connections.
   *
   * @param newTimeout 1 ms to 24 hours
   */
  public JdbcTransactor timeout(Duration newTimeout) {
    TimeLimit.requireBounds("timeout", newTimeout);
    return new JdbcTransactor(dataSource, newTimeout);
  }

  /**
   * {@inheritDoc}
   *
   * @throws StoreException ROWPOST-214 if the work took longer than the time limit: nothing was
   *     committed. What the work threw, if it did, is a suppressed exception of it.
   */
  @Override
  public <R, X extends Exception> R inTransaction(Work<Connection, R, X> work) throws X {
    return run(work, null);
  }

  /**
   * {@inheritDoc}
   *
   * <p>Lets the last act commit, on PostgreSQL by the statement COMMIT. So the DataSource's
   * connections must not keep {@code commit()} to themselves, as some do that roll back after each
   * test; give those a transactor of your own.
   *
   * @throws StoreException ROWPOST-214 as above, and ROWPOST-213 if the limit cut the last act off
   *     together with its COMMIT
   */
  @Override
  public <R, X extends Exception> R inTransaction(
      Work<Connection, R, X> work, LastAct<Connection, R> last) throws X {
    return run(work, last);
  }

  private <R, X extends Exception> R run(
      Work<Connection, R, X> work, @Nullable LastAct<Connection, R> last) throws X {
    Connection connection = open();
    try {
      return run(
          connection, work, last, timeout == null ? null : new TimeLimit(connection, timeout));
    } finally {
      close(connection);
    }
  }

  private Connection open() {
    Connection connection;
    try {
      connection = dataSource.getConnection();
    } catch (SQLException e) {
      throw SqlErrors.of("No transaction was begun", e);
    }
    try {
      if (isolation == NOT_SEEN) {
        autoCommit = connection.getAutoCommit();
        isolation = connection.getTransactionIsolation();
      }
      if (mustSetIsolation()) {
        connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
      }
      connection.setAutoCommit(false);
      if (timeout != null) {
        limitServer(connection, timeout);
      }
      return connection;
    } catch (SQLException e) {
      close(connection);
      throw SqlErrors.of("No transaction was begun", e);
    } catch (RuntimeException e) {
      close(connection);
      throw e;
    }
  }

  /**
   * The server's own limits, for it does not hear of a process that is gone. PostgreSQL does not
   * notice an aborted connection either before its statement ends.
   */
  private static void limitServer(Connection connection, Duration limit) throws SQLException {
    switch (Dialect.of(connection)) {
      case POSTGRESQL -> {
        try (PreparedStatement statement = connection.prepareStatement(POSTGRES_LIMITS)) {
          statement.setString(1, limit.toMillis() + "ms");
          statement.setString(2, limit.toMillis() + "ms");
          statement.execute();
        }
      }
      case MARIADB -> {
        try (PreparedStatement statement = connection.prepareStatement(MARIADB_LIMITS)) {
          statement.setLong(1, limit.plusMillis(999).toSeconds());
          statement.execute();
        }
      }
      case MYSQL, H2 -> {}
    }
  }

  private static void unlimitServer(Connection connection) throws SQLException {
    if (Dialect.of(connection) == Dialect.MARIADB) {
      try (PreparedStatement statement = connection.prepareStatement(MARIADB_NO_LIMITS)) {
        statement.execute();
      }
    }
  }

  private boolean mustSetIsolation() {
    return isolation != Connection.TRANSACTION_READ_COMMITTED
        && isolation != Connection.TRANSACTION_SERIALIZABLE;
  }

  private static <R, X extends Exception> R run(
      Connection connection,
      Work<Connection, R, X> work,
      @Nullable LastAct<Connection, R> last,
      @Nullable TimeLimit limit)
      throws X {
    R result;
    try {
      result = work.run(WorkConnection.of(connection));
      FaultPoint.COMMIT_BEGINS.pass();
    } catch (Throwable e) {
      undo(connection, e, end(limit));
      throw e;
    }
    if (last == null) {
      commit(connection, end(limit));
    } else {
      commit(connection, last, result, limit);
    }
    FaultPoint.COMMIT_DONE.pass();
    return result;
  }

  private static void commit(Connection connection, @Nullable StoreException late) {
    if (late != null) {
      rollback(connection, late);
      throw late;
    }
    try {
      SqlErrors.committing(connection::commit);
    } catch (StoreException e) {
      rollback(connection, e);
      throw e;
    }
  }

  private static <R> void commit(
      Connection connection, LastAct<Connection, R> last, R result, @Nullable TimeLimit limit) {
    try {
      last.runAndCommit(connection, result);
    } catch (Throwable e) {
      StoreException late = end(limit);
      boolean unknown = e instanceof StoreException store && store.outcome() == Outcome.UNKNOWN;
      // ROWPOST-214 says that nothing was committed, which is not known of a COMMIT cut off.
      undo(connection, e, unknown ? null : late);
      throw e;
    }
    // It is committed, even if the time was over in this moment.
    end(limit);
  }

  private static @Nullable StoreException end(@Nullable TimeLimit limit) {
    return limit == null ? null : limit.end();
  }

  /** Rolls back; throws what says that the time was over, if it was. */
  private static void undo(Connection connection, Throwable e, @Nullable StoreException late) {
    if (late != null) {
      late.addSuppressed(e);
      rollback(connection, late);
      throw late;
    }
    rollback(connection, e);
  }

  /** Where it fails, the connection is closed at once: setting auto-commit back would commit. */
  private static void rollback(Connection connection, Throwable failure) {
    try {
      connection.rollback();
    } catch (SQLException e) {
      failure.addSuppressed(e);
      try {
        connection.close();
      } catch (SQLException again) {
        failure.addSuppressed(again);
      }
    }
  }

  /** Never throws: the outcome is decided, and a broken connection is the pool's to notice. */
  private void close(Connection connection) {
    try (connection) {
      connection.setAutoCommit(true);
      if (timeout != null) {
        unlimitServer(connection);
      }
      if (mustSetIsolation()) {
        connection.setTransactionIsolation(isolation);
      }
      connection.setAutoCommit(autoCommit);
    } catch (SQLException e) {
      SqlErrors.LOG.debug("A connection could not be reset", e);
    }
  }
}
