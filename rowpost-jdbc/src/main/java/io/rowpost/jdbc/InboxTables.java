package io.rowpost.jdbc;

import io.rowpost.core.StoreException;
import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** Where an inbox is: its statements, once a connection has told the database. Thread-safe. */
final class InboxTables {
  private final @Nullable Dialect dialect;
  private final @Nullable String schema;
  private final String prefix;
  private volatile @Nullable Statements statements;

  InboxTables(@Nullable Dialect dialect, @Nullable String schema, String prefix) {
    this.dialect = dialect;
    this.schema = schema;
    this.prefix = prefix;
  }

  Statements statements(Connection connection) throws SQLException {
    Statements known = statements;
    if (known == null) {
      known = new Statements(new Tables(Dialect.of(connection, dialect), schema, prefix));
      statements = known;
    }
    return known;
  }

  Statements statements(DataSource dataSource) throws SQLException {
    Statements known = statements;
    if (known != null) {
      return known;
    }
    try (Connection connection = dataSource.getConnection()) {
      return statements(connection);
    }
  }

  /** Work with the statements of one database. */
  @FunctionalInterface
  interface Work<R> {
    R run(Statements statements) throws SQLException;
  }

  /**
   * The exception for a statement that failed.
   *
   * @param what what did not happen, a sentence without its full stop
   */
  static StoreException failed(String what, Connection connection, SQLException e) {
    if (!SqlErrors.isTableMissing(e)) {
      return SqlErrors.of(what, e);
    }
    return new StoreException(
        "ROWPOST-401",
        what + ": there is no inbox table in this database (" + url(connection) + ").",
        "the inbox must live in the same database as the handler's own writes: apply"
            + " rowpost/db/<database>/V1__outbox_inbox.sql there, or call"
            + " Schema.install(dataSource), or pass the right DataSource.",
        StoreException.Outcome.ROLLED_BACK,
        e);
  }

  /** Without parameters, where credentials may be. */
  private static String url(Connection connection) {
    try {
      String url = String.valueOf(connection.getMetaData().getURL());
      return url.split("[?;]", 2)[0].replaceFirst("//[^/@]*@", "//");
    } catch (SQLException e) {
      return "unknown";
    }
  }
}
