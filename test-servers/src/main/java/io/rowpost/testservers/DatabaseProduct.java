package io.rowpost.testservers;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** How the products drop a database, and what their JDBC URLs look like. */
enum DatabaseProduct {
  POSTGRESQL("PostgreSQL", "postgresql", 5432, "postgres", "loginTimeout", "30"),
  MARIADB("MariaDB", "mariadb", 3306, "", "connectTimeout", "30000"),
  MYSQL("MySQL", "mysql", 3306, "", "connectTimeout", "30000");

  private static final int DROP_WITHIN_SECONDS = 10;
  private static final int NO_SUCH_THREAD = 1094;

  private final String title;
  private final String scheme;
  private final int defaultPort;
  private final String adminDatabase;
  private final String timeoutParameter;
  private final String timeout;

  DatabaseProduct(
      String title,
      String scheme,
      int defaultPort,
      String adminDatabase,
      String timeoutParameter,
      String timeout) {
    this.title = title;
    this.scheme = scheme;
    this.defaultPort = defaultPort;
    this.adminDatabase = adminDatabase;
    this.timeoutParameter = timeoutParameter;
    this.timeout = timeout;
  }

  String title() {
    return title;
  }

  JdbcUrl parse(String url) {
    JdbcUrl parsed = JdbcUrl.parse(url, scheme, defaultPort);
    return parsed.database().isEmpty() ? parsed.withDatabase(adminDatabase) : parsed;
  }

  /** A login on this machine, in the database from which others are created. */
  JdbcUrl local(int port, String user) {
    return parse("jdbc:" + scheme + "://127.0.0.1:" + port + "/?user=" + user);
  }

  /** A login that takes 30 s at most: long, lest a server on a busy machine looks absent. */
  JdbcUrl withLoginTimeout(JdbcUrl url) {
    return url.withParameter(timeoutParameter, timeout);
  }

  /**
   * Drops a database with everyone in it, and the users and roles whose name starts with its name.
   */
  void drop(Connection connection, String database) throws SQLException {
    if (this == POSTGRESQL) {
      dropOnPostgres(connection, database);
    } else {
      dropOnMySql(connection, database);
    }
  }

  private static void dropOnPostgres(Connection connection, String database) throws SQLException {
    execute(connection, "DROP DATABASE IF EXISTS " + database + " WITH (FORCE)");
    String roles = "SELECT rolname FROM pg_roles WHERE starts_with(rolname, ?)";
    for (String role : column(connection, roles, database + "_")) {
      execute(connection, "DROP ROLE \"" + role + "\"");
    }
  }

  /** DROP DATABASE would wait for open transactions, so those who hold them are sent away first. */
  private static void dropOnMySql(Connection connection, String database) throws SQLException {
    String visitors = "SELECT id FROM information_schema.processlist WHERE db = ?";
    for (String id : column(connection, visitors, database)) {
      try {
        execute(connection, "KILL " + id);
      } catch (SQLException e) {
        if (e.getErrorCode() != NO_SUCH_THREAD) {
          throw e;
        }
      }
    }
    // The default is to wait for a day, should somebody have come in since.
    execute(connection, "SET SESSION lock_wait_timeout = " + DROP_WITHIN_SECONDS);
    execute(connection, "DROP DATABASE IF EXISTS " + database);
    // A role of MariaDB is a user without a host, one of MySQL a user like others.
    String users =
        """
        SELECT if(host = '', concat('ROLE ', quote(user)),
                  concat('USER ', quote(user), '@', quote(host)))
          FROM mysql.user
         WHERE locate(?, user) = 1
        """;
    for (String user : column(connection, users, database + "_")) {
      execute(connection, "DROP " + user);
    }
  }

  private static void execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static List<String> column(Connection connection, String query, String... parameters)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(query)) {
      for (int i = 0; i < parameters.length; i++) {
        statement.setString(i + 1, parameters[i]);
      }
      List<String> values = new ArrayList<>();
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          values.add(rows.getString(1));
        }
      }
      return values;
    }
  }
}
