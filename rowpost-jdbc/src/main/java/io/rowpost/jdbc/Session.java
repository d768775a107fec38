package io.rowpost.jdbc;

import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;

/**
 * A connection of our own: READ COMMITTED, no auto-commit, statements prepared once.
 *
 * <p>{@link #close} leaves the connection as it was found, for the pool it may come from. On
 * PostgreSQL what is set at all is set for one transaction, and each begins with it: behind a
 * pooler in transaction mode the next one may run on another connection of the server, and this one
 * serve somebody else. Not thread-safe.
 */
final class Session implements AutoCloseable {
  /** How long one statement may take, and one read from the socket a little longer. */
  static final Duration STATEMENT_LIMIT = Duration.ofSeconds(30);

  /** How long a transaction may do nothing, unless its session is given another limit. */
  private static final Duration IDLE_LIMIT = Duration.ofSeconds(10);

  private static final Duration SOCKET_LIMIT = STATEMENT_LIMIT.plusSeconds(5);

  private final Statements statements;
  private final Values values;
  private final Connection connection;
  private final boolean autoCommit;
  private final int isolation;
  private final Map<String, PreparedStatement> prepared = new HashMap<>();
  private final List<String> settings = new ArrayList<>();
  private boolean begun;
  private boolean limited;
  private String limits = "";
  private int networkTimeout;

  private Session(Statements statements, Connection connection) throws SQLException {
    this.statements = statements;
    this.values = new Values(statements.dialect());
    this.connection = connection;
    this.autoCommit = connection.getAutoCommit();
    this.isolation = connection.getTransactionIsolation();
  }

  static Session open(DataSource dataSource, Statements statements) throws SQLException {
    Connection connection = dataSource.getConnection();
    try {
      var session = new Session(statements, connection);
      if (session.isolation != Connection.TRANSACTION_READ_COMMITTED) {
        connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
      }
      connection.setAutoCommit(false);
      return session;
    } catch (SQLException | RuntimeException e) {
      connection.close();
      throw e;
    }
  }

  /** Opens one whose first statement is limited, too. */
  static Session openLimited(DataSource dataSource, Statements statements) throws SQLException {
    Session session = open(dataSource, statements);
    try {
      session.limit(IDLE_LIMIT);
      return session;
    } catch (SQLException | RuntimeException e) {
      session.close();
      throw e;
    }
  }

  Values values() {
    return values;
  }

  Statements statements() {
    return statements;
  }

  Connection connection() {
    return connection;
  }

  /** Who is logged in, as far as the audit has room for it. */
  String user() throws SQLException {
    String user = connection.getMetaData().getUserName();
    return user.substring(0, Math.min(user.length(), 100));
  }

  /** The connection's own schema, on MySQL and MariaDB the database. */
  String schema() throws SQLException {
    return String.valueOf(
        statements.dialect().isMySqlFamily() ? connection.getCatalog() : connection.getSchema());
  }

  boolean can(Query query) {
    return statements.has(query);
  }

  PreparedStatement prepare(Query query) throws SQLException {
    return prepare(statements.get(query));
  }

  /** A statement to be run at once, in the transaction of this session. */
  PreparedStatement prepare(String sql) throws SQLException {
    begin();
    return prepared(sql);
  }

  /** Begins a transaction, unless one is under way, for statements that are prepared elsewhere. */
  Connection begin() throws SQLException {
    execute(String.join(";\n", beginning()));
    return connection;
  }

  /** What has to stand in front of the next statement: at the beginning of a transaction only. */
  List<String> beginning() {
    List<String> texts = begun ? List.of() : settings;
    begun = true;
    return texts;
  }

  PreparedStatement prepared(String sql) throws SQLException {
    PreparedStatement statement = prepared.get(sql);
    if (statement == null) {
      statement = connection.prepareStatement(sql);
      prepared.put(sql, statement);
    }
    return statement;
  }

  /**
   * Bounds what a dead peer, a lock or a stopped process can hold up; the last call counts.
   *
   * @param idle the server ends a transaction that does nothing for so long, with its locks
   */
  void limit(Duration idle) throws SQLException {
    if (!limited) {
      networkTimeout = connection.getNetworkTimeout();
      connection.setNetworkTimeout(Runnable::run, (int) SOCKET_LIMIT.toMillis());
      limited = true;
      execute(statements.keepLimits());
    }
    settings.remove(limits);
    limits = statements.limits(STATEMENT_LIMIT, idle);
    set(limits);
    commit();
  }

  /** Prepares for the statements of a relay, from the next transaction on. */
  void planForRelay() throws SQLException {
    set(statements.indexPlans());
  }

  private void set(String sql) throws SQLException {
    if (statements.dialect() != Dialect.POSTGRESQL) {
      execute(sql);
    } else {
      settings.add(sql);
    }
  }

  private void execute(String sql) throws SQLException {
    if (sql.isEmpty()) {
      return;
    }
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  void commit() throws SQLException {
    ended();
    connection.commit();
  }

  void rollback() throws SQLException {
    ended();
    connection.rollback();
  }

  /** The transaction has ended, or will in the same round trip. */
  void ended() {
    begun = false;
  }

  /** Runs a statement on rows by their seqs, if there are any. */
  void byKeys(Query query, List<Long> seqs) throws SQLException {
    if (!seqs.isEmpty()) {
      PreparedStatement statement = prepare(query);
      values.setKeys(statement, 1, seqs);
      statement.executeUpdate();
    }
  }

  /** The same on rows of a relay. */
  void byKeys(Query query, List<Long> seqs, String relay) throws SQLException {
    if (!seqs.isEmpty()) {
      PreparedStatement statement = prepare(query);
      values.setKeys(statement, 1, seqs);
      statement.setString(2, relay);
      statement.executeUpdate();
    }
  }

  /** A value for a parameter of many numbers, PostgreSQL only. */
  Array longs(Long[] values) throws SQLException {
    return connection.createArrayOf("bigint", values);
  }

  /** Statements to be sent together. */
  Group group() {
    return new Group(this);
  }

  /** The first column of the first row as a number, or 0. */
  static long number(PreparedStatement statement) throws SQLException {
    try (ResultSet result = statement.executeQuery()) {
      return result.next() ? result.getLong(1) : 0;
    }
  }

  /** The first column of all rows. */
  static List<Long> numbers(PreparedStatement statement) throws SQLException {
    var numbers = new ArrayList<Long>();
    try (ResultSet row = statement.executeQuery()) {
      while (row.next()) {
        numbers.add(row.getLong(1));
      }
    }
    return numbers;
  }

  /** Gives the connection back; if that fails, it is broken and aborted. */
  @Override
  public void close() {
    try {
      connection.rollback();
      for (PreparedStatement statement : prepared.values()) {
        statement.close();
      }
      connection.setAutoCommit(true);
      if (limited) {
        execute(statements.formerLimits());
        connection.setNetworkTimeout(Runnable::run, networkTimeout);
      }
      if (isolation != Connection.TRANSACTION_READ_COMMITTED) {
        connection.setTransactionIsolation(isolation);
      }
      connection.setAutoCommit(autoCommit);
      connection.close();
    } catch (SQLException e) {
      abort(e);
    }
  }

  /** Ends a session whose connection may not answer any more. */
  void abort(Exception why) {
    SqlErrors.LOG.debug("A connection is given up", why);
    try (connection) {
      connection.abort(Runnable::run);
    } catch (SQLException e) {
      SqlErrors.LOG.debug("A connection could not be closed", e);
    }
  }
}
