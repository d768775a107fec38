package io.rowpost.jdbc;

import io.rowpost.core.RowpostException;
import io.rowpost.core.StoreException;
import io.rowpost.core.StoreException.Outcome;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLNonTransientConnectionException;
import java.sql.SQLRecoverableException;
import java.sql.SQLTransientConnectionException;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What an {@link SQLException} means for a caller.
 *
 * <p>Drivers' texts may quote values, so ours holds the SQLSTATE and the vendor's number only; the
 * driver's exception is kept as the cause.
 */
final class SqlErrors {
  static final Logger LOG = LoggerFactory.getLogger("io.rowpost.jdbc");

  static final String BUSY_CODE = "ROWPOST-212";

  /** Away, busy, lost in COMMIT, full. */
  private static final Set<String> PASSING_CODES =
      Set.of("ROWPOST-211", BUSY_CODE, "ROWPOST-213", "ROWPOST-219");

  private static final Set<String> NO_TABLE = Set.of("42P01", "42S02", "42S03", "42S04");
  private static final Set<String> NO_SCHEMA = Set.of("3F000", "90079", "3D000");
  private static final Set<String> BUSY =
      Set.of("40001", "40P01", "55P03", "57014", "HYT00", "HY008", "41000");
  private static final Set<String> AWAY = Set.of("57P01", "57P02", "57P03", "25P03", "53300");
  private static final Set<String> FORBIDDEN = Set.of("42501", "90096");

  private static final String DISK_FULL = "53100";
  private static final String ROLLED_BACK = "40";
  private static final String DEFERRED_CONSTRAINT = "40002";
  private static final String IDLE_IN_TRANSACTION = "25P03";
  private static final Set<String> LOCK_WAIT = Set.of("55P03", "HYT00");
  private static final int MAX_CAUSES = 100;

  private static final int MYSQL_LOCK_WAIT_TIMEOUT = 1205;
  private static final int MYSQL_TABLE_DENIED = 1142;
  private static final int MYSQL_COLUMN_DENIED = 1143;
  private static final int MYSQL_DUPLICATE_KEY = 1062;
  private static final Set<Integer> MYSQL_DISK_FULL = Set.of(1021, 1114);

  private SqlErrors() {}

  /**
   * The exception for a statement that failed; its transaction is, or has to be, rolled back.
   *
   * @param what what did not happen, a sentence without its full stop
   */
  static StoreException of(String what, SQLException e) {
    if (isConnectionLoss(e)) {
      return new StoreException(
          "ROWPOST-211",
          what + ": the database cannot be reached or closed the connection" + state(e) + ".",
          "check that the database is up and the connection settings are right; then try again.",
          Outcome.ROLLED_BACK,
          e);
    }
    String state = String.valueOf(e.getSQLState());
    if (isTableMissing(e)) {
      return new StoreException(
          "ROWPOST-201",
          what + ": a table of Rowpost's was not found" + state(e) + ".",
          "apply rowpost/db/<database>/V1__outbox_inbox.sql, or call Schema.install(dataSource);"
              + " Schema.verify(dataSource) names what is missing.",
          Outcome.ROLLED_BACK,
          e);
    }
    if (isBusy(e)) {
      return new StoreException(
          BUSY_CODE,
          what
              + ": other transactions were in the way (lock wait, deadlock or time limit)"
              + state(e)
              + ".",
          "roll back and try again; nothing is wrong with the data.",
          Outcome.ROLLED_BACK,
          e);
    }
    if (FORBIDDEN.contains(state)
        || e.getErrorCode() == MYSQL_TABLE_DENIED
        || e.getErrorCode() == MYSQL_COLUMN_DENIED) {
      return new StoreException(
          "ROWPOST-208",
          what + ": the database user lacks the privilege" + state(e) + ".",
          "grant it as rowpost/db/<database>/roles.sql does, or use the DataSource of another role.",
          Outcome.ROLLED_BACK,
          e);
    }
    if (isDiskFull(e)) {
      return new StoreException(
          "ROWPOST-219",
          what + ": the database has no space left on its disk" + state(e) + ".",
          "make space there; relays and inboxes go on by themselves then.",
          Outcome.ROLLED_BACK,
          e);
    }
    return new StoreException(
        "ROWPOST-210",
        what + ": the database refused a statement" + state(e) + ".",
        "see the cause; it is the driver's own exception.",
        Outcome.ROLLED_BACK,
        e);
  }

  /** What ends with a COMMIT. */
  interface Commit {
    void run() throws SQLException;
  }

  /** Runs what commits, and says what became of the transaction if that fails. */
  static void committing(Commit commit) {
    try {
      commit.run();
    } catch (SQLException e) {
      throw ofCommit("The transaction was not committed", e);
    }
  }

  private static StoreException ofCommit(String what, SQLException e) {
    if (!isConnectionLoss(e)) {
      return of(what, e);
    }
    return new StoreException(
        "ROWPOST-213",
        "It is not known whether the transaction was committed: the connection failed in COMMIT"
            + state(e)
            + ".",
        "look for its effect before you repeat it; appendIfAbsent makes a repetition safe.",
        Outcome.UNKNOWN,
        e);
  }

  static RowpostException autoCommit(String what) {
    return new RowpostException(
        "ROWPOST-102",
        what
            + ": the connection is in auto-commit mode, so your statements and ours would commit"
            + " separately.",
        "connection.setAutoCommit(false) before your own statements, then commit() after append();"
            + " or outbox.executeWithOutbox(record, connection -> ...).",
        null);
  }

  static boolean isConnectionLoss(SQLException e) {
    String state = String.valueOf(e.getSQLState());
    return state.startsWith("08")
        || AWAY.contains(state)
        || e instanceof SQLTransientConnectionException
        || e instanceof SQLNonTransientConnectionException
        || e instanceof SQLRecoverableException
        || e.getCause() instanceof IOException;
  }

  static boolean isTableMissing(SQLException e) {
    String state = String.valueOf(e.getSQLState());
    return NO_TABLE.contains(state) || NO_SCHEMA.contains(state);
  }

  /**
   * Whether an error that left a transaction's work, or its commit, is the database's own and says
   * nothing about the work, so that it may pass by itself.
   *
   * <p>Of what the work threw these are lock waits, deadlocks, serialization failures and a full
   * disk. Of what we threw it is also that the database was away or busy; anything else it would
   * refuse again. An idle limit is none: who does nothing for so long will do so again.
   */
  static boolean isTransient(Throwable error) {
    SQLException sql = sqlCause(error);
    String state = sql == null ? "" : String.valueOf(sql.getSQLState());
    boolean deadlock = state.startsWith(ROLLED_BACK) && !state.equals(DEFERRED_CONSTRAINT);
    if (error instanceof StoreException ours) {
      return deadlock
          || (PASSING_CODES.contains(ours.code()) && !state.equals(IDLE_IN_TRANSACTION));
    }
    return deadlock
        || LOCK_WAIT.contains(state)
        || (sql != null && (sql.getErrorCode() == MYSQL_LOCK_WAIT_TIMEOUT || isDiskFull(sql)));
  }

  private static boolean isDiskFull(SQLException e) {
    return DISK_FULL.equals(e.getSQLState()) || MYSQL_DISK_FULL.contains(e.getErrorCode());
  }

  /** Whether work failed because its connection is lost, by no fault of the work. */
  static boolean isLost(Connection connection, Throwable error) {
    SQLException sql = sqlCause(error);
    try {
      return sql != null
          && isConnectionLoss(sql)
          && !IDLE_IN_TRANSACTION.equals(sql.getSQLState())
          && connection.isClosed();
    } catch (SQLException e) {
      return true;
    }
  }

  private static @Nullable SQLException sqlCause(Throwable error) {
    Throwable cause = error;
    for (int depth = 0; cause != null && depth < MAX_CAUSES; depth++, cause = cause.getCause()) {
      if (cause instanceof SQLException found) {
        return found;
      }
    }
    return null;
  }

  static boolean isBusy(SQLException e) {
    return BUSY.contains(String.valueOf(e.getSQLState()))
        || e.getErrorCode() == MYSQL_LOCK_WAIT_TIMEOUT;
  }

  /** Whether a unique key had the row already; never true for any other broken constraint. */
  static boolean isDuplicateKey(SQLException e) {
    return "23505".equals(e.getSQLState()) || e.getErrorCode() == MYSQL_DUPLICATE_KEY;
  }

  private static String state(SQLException e) {
    return " (SQLSTATE %s, error %d)".formatted(e.getSQLState(), e.getErrorCode());
  }
}
