package io.rowpost.verification;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import javax.sql.DataSource;

/** Databases that do something else than they are asked, or than anybody should. */
final class Meddled {
  private static final String CONNECTION_ERRORS = "08";
  private static final String CONNECTION_LOST = "08006";
  private static final String CANCELLED = "57014";

  private static final String ANY_OLDER = "pg_snapshot_xmin(pg_current_snapshot())";

  private Meddled() {}

  /** One whose fence lets everyone pass: whoever says that he owns the lease does. */
  static DataSource withoutFence(DataSource database) {
    return rewritten(
        database,
        sql ->
            sql.replace(
                "r.owner = ? AND r.token = ?", "(r.owner = ? OR TRUE) AND (r.token = ? OR TRUE)"));
  }

  /** One in which nobody owns the lease, whoever asks, and whose fence lets everyone pass. */
  static DataSource withALeaseForEveryone(DataSource database) {
    return rewritten(
        withoutFence(database),
        sql -> sql.replace("SELECT owner, token, renewals", "SELECT NULL::uuid, token, renewals"));
  }

  /** One in which a lease stays with its owner until it ends by itself. */
  static DataSource thatReleasesNothing(DataSource database) {
    return rewritten(
        database, sql -> sql.replace("SET owner = NULL, lease_until = NULL", "SET owner = owner"));
  }

  /** One that says to be no replica, whatever it is. */
  static DataSource thatDeniesToBeAReplica(DataSource database) {
    return rewritten(database, sql -> sql.replace("pg_is_in_recovery()::text", "'false'"));
  }

  /** One that shows what has committed only when nobody older is still at work, in any database. */
  static DataSource behindTheOldestWriter(DataSource database) {
    return rewritten(
        database,
        sql ->
            sql.replace(
                    "xid >= pg_snapshot_xmax(?)",
                    "xid >= pg_snapshot_xmax(?) AND xid < " + ANY_OLDER)
                .replace(
                    "pg_current_snapshot() AS snapshot",
                    "concat(%1$s, ':', %1$s, ':')::pg_snapshot AS snapshot".formatted(ANY_OLDER)));
  }

  /** One that never looks back at transactions that were open when it looked before. */
  static DataSource thatForgetsOpenWriters(DataSource database) {
    String ended = "pg_visible_in_snapshot(x, pg_current_snapshot())";
    return rewritten(database, sql -> sql.replace(ended, "FALSE AND " + ended));
  }

  /** One that counts what is parked whenever it is asked who owns the lease. */
  static DataSource thatCountsWhatIsParked(DataSource database) {
    return rewritten(
        database,
        sql ->
            sql.replace(
                "max(f.changes) AS changes",
                """
                max(f.changes) + 0 * (SELECT count(*)
                                        FROM "rowpost_outbox_parked", generate_series(1, 120))
                       AS changes"""));
  }

  /** One that passes all cursors it ever had, the dead ones too, whenever it is asked to read. */
  static DataSource thatPassesItsDeadRows(DataSource database) {
    return rewritten(
        database,
        sql ->
            sql.replace(
                "max(f.changes) AS changes",
                """
                max(f.changes) + 0 * (SELECT sum(c.cursors)
                                        FROM generate_series(1, 3000) AS g (n),
                                             LATERAL (SELECT count(*) AS cursors
                                                        FROM "rowpost_relay_cursor"
                                                       WHERE n > -g.n) AS c)::bigint
                       AS changes"""));
  }

  private static DataSource rewritten(DataSource database, UnaryOperator<String> rewrite) {
    return answering(
        database,
        answer -> answer instanceof Connection connection ? rewritten(connection, rewrite) : answer,
        failure -> {});
  }

  private static Connection rewritten(Connection connection, UnaryOperator<String> rewrite) {
    return as(
        Connection.class,
        (self, method, arguments) -> {
          if (method.getName().equals("prepareStatement")) {
            arguments[0] = rewrite.apply((String) arguments[0]);
          }
          return invoke(method, connection, arguments);
        });
  }

  /** One that nobody asks again for a while when it has failed, as a circuit breaker does. */
  static DataSource askedAgainAfter(Duration pause, DataSource database) {
    var again = new AtomicLong(System.nanoTime());
    DataSource heard =
        failing(
            DataSource.class,
            database,
            failure -> {
              again.set(System.nanoTime() + pause.toNanos());
              return failure;
            });
    return as(
        DataSource.class,
        (self, method, arguments) -> {
          if (method.getName().equals("getConnection") && System.nanoTime() - again.get() < 0) {
            throw new SQLTransientConnectionException("not asked", CONNECTION_LOST);
          }
          return invoke(method, heard, arguments);
        });
  }

  /** One whose connections never say that they are lost, but that a statement was cancelled. */
  static DataSource thatTakesLossesForRefusals(DataSource database) {
    return failing(
        DataSource.class,
        database,
        failure ->
            String.valueOf(failure.getSQLState()).startsWith(CONNECTION_ERRORS)
                ? new SQLException("refused", CANCELLED, failure)
                : failure);
  }

  /** A source, its connections and their statements, all of whose failures are others. */
  private static <T> T failing(Class<T> type, T on, UnaryOperator<SQLException> failures) {
    return as(
        type,
        (self, method, arguments) -> {
          try {
            Object answer = invoke(method, on, arguments);
            if (answer instanceof Connection connection) {
              return failing(Connection.class, connection, failures);
            }
            return answer instanceof PreparedStatement statement
                ? failing(PreparedStatement.class, statement, failures)
                : answer;
          } catch (SQLException e) {
            throw failures.apply(e);
          }
        });
  }

  /** One whose failures somebody hears of. */
  static DataSource heard(DataSource database, Consumer<SQLException> failures) {
    return answering(database, answer -> answer, failures);
  }

  private static DataSource answering(
      DataSource database, UnaryOperator<Object> answers, Consumer<SQLException> failures) {
    return as(
        DataSource.class,
        (self, method, arguments) -> {
          try {
            return answers.apply(invoke(method, database, arguments));
          } catch (SQLException e) {
            failures.accept(e);
            throw e;
          }
        });
  }

  private static Object invoke(Method method, Object on, Object[] arguments) throws Throwable {
    try {
      return method.invoke(on, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }

  static <T> T as(Class<T> type, InvocationHandler handler) {
    return type.cast(
        Proxy.newProxyInstance(Meddled.class.getClassLoader(), new Class<?>[] {type}, handler));
  }
}
