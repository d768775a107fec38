package io.rowpost.jdbc;

import com.zaxxer.hikari.HikariDataSource;
import io.rowpost.testservers.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;

/** A database with the tables, the roles as shipped, and a user with each of them. */
final class DatabaseRoles implements AutoCloseable {
  static final List<String> NAMES =
      List.of("app", "relay", "inbox", "read", "operator", "migrator");

  private static final String PASSWORD = "rowpost-test";

  final Databases database;
  private final TestDatabase login;
  private final Map<String, HikariDataSource> pools = new HashMap<>();

  DatabaseRoles(Dialect dialect) {
    this(dialect, Layout.standard(dialect));
  }

  DatabaseRoles(Dialect dialect, Layout layout) {
    database = Databases.create(dialect).with(layout);
    login = (TestDatabase) database.resource();
    database.install();
    // Twice: it may be repeated.
    runScript();
    runScript();
    for (String role : NAMES) {
      createUser(role);
    }
  }

  void runScript() {
    Dialect dialect = database.dialect();
    String script = Schema.rolesSql(dialect, Tables.DEFAULT_PREFIX, prefix());
    // A DO block of PostgreSQL has semicolons of its own, which the driver knows.
    List<String> statements =
        dialect == Dialect.POSTGRESQL ? List.of(script) : Schema.statements(script);
    try (Connection connection = database.dataSource().getConnection();
        var statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Roles belong to the server: only names of this test's own may be used. */
  private String prefix() {
    return login.name() + "_";
  }

  private String role(String name) {
    return prefix() + name;
  }

  private String user(String name) {
    return role(name) + "_u";
  }

  private void createUser(String name) {
    if (database.dialect() == Dialect.POSTGRESQL) {
      database.execute(
          "CREATE ROLE %s LOGIN PASSWORD '%s' IN ROLE %s"
              .formatted(user(name), PASSWORD, role(name)));
      return;
    }
    database.execute("CREATE USER %s IDENTIFIED BY '%s'".formatted(user(name), PASSWORD));
    database.execute("GRANT %s TO %s".formatted(role(name), user(name)));
    database.execute(
        "SET DEFAULT ROLE %s %s %s"
            .formatted(
                role(name), database.dialect() == Dialect.MARIADB ? "FOR" : "TO", user(name)));
  }

  /** Connections of the user with this role. */
  DataSource as(String name) {
    return pools.computeIfAbsent(
        name,
        role -> {
          var pool = new HikariDataSource();
          pool.setJdbcUrl(login.jdbcUrl());
          pool.setUsername(user(role));
          pool.setPassword(PASSWORD);
          pool.setMaximumPoolSize(20);
          pool.setMinimumIdle(0);
          return pool;
        });
  }

  void grantInsert(String table, String name) {
    database.execute("GRANT INSERT ON %s TO %s".formatted(table, role(name)));
  }

  /** The roles go with the database, whose name they begin with. */
  @Override
  public void close() {
    pools.values().forEach(HikariDataSource::close);
    database.close();
  }
}
