package io.rowpost.verification;

import io.rowpost.jdbc.Dialect;
import io.rowpost.jdbc.Schema;
import io.rowpost.testservers.DirectDataSource;
import io.rowpost.testservers.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import javax.sql.DataSource;

/**
 * Whom a process logs in as: a user of its own, who may do what the roles that are shipped allow,
 * and in the {@link Ledger} what its part of the business takes.
 *
 * <p>Roles belong to a whole server, so all have the name of the run's database, with which they
 * are dropped.
 */
enum Login {
  APPLICATION,
  RELAY,
  /** Its handlers append. */
  CONSUMER,
  OPERATOR;

  static final String PASSWORD = "rowpost-test";

  private List<String> roles() {
    return switch (this) {
      case APPLICATION -> List.of("app");
      case RELAY -> List.of("relay");
      case CONSUMER -> List.of("inbox", "app");
      case OPERATOR -> List.of("operator");
    };
  }

  private List<String> grants() {
    return switch (this) {
      case APPLICATION -> List.of("SELECT, UPDATE ON message_keys", "INSERT ON orders");
      case CONSUMER -> List.of("SELECT, UPDATE ON effect_places", "SELECT, INSERT ON effects");
      case RELAY, OPERATOR -> List.of();
    };
  }

  String user(TestDatabase tables) {
    return tables.name() + "_" + name().toLowerCase(Locale.ROOT);
  }

  DataSource dataSource(TestDatabase tables) {
    return new DirectDataSource(tables.jdbcUrl(), user(tables), PASSWORD);
  }

  /** Creates all of them; Rowpost's tables and the ledger are there. */
  static void createAll(TestDatabase tables) throws SQLException {
    try (Connection connection = tables.connect();
        Statement statement = connection.createStatement()) {
      Dialect dialect = Dialect.of(connection);
      String prefix = tables.name() + "_r_";
      for (String sql : statements(dialect, Schema.rolesSql(dialect, "rowpost_", prefix))) {
        statement.execute(sql);
      }
      for (Login login : values()) {
        String user = login.user(tables);
        String roles =
            login.roles().stream().map(role -> prefix + role).collect(Collectors.joining(", "));
        if (dialect == Dialect.POSTGRESQL) {
          statement.execute(
              "CREATE ROLE %s LOGIN PASSWORD '%s' IN ROLE %s".formatted(user, PASSWORD, roles));
        } else {
          createOnMariaDb(statement, user, prefix, login.roles());
        }
        for (String grant : login.grants()) {
          statement.execute("GRANT %s TO %s".formatted(grant, user));
        }
      }
    }
  }

  /** There a user has one role at a time, which may be a role that has others. */
  private static void createOnMariaDb(
      Statement statement, String user, String prefix, List<String> roles) throws SQLException {
    String all = user + "_all";
    statement.execute("CREATE USER %s IDENTIFIED BY '%s'".formatted(user, PASSWORD));
    statement.execute("CREATE ROLE " + all);
    for (String role : roles) {
      statement.execute("GRANT %s%s TO %s".formatted(prefix, role, all));
    }
    statement.execute("GRANT %s TO %s".formatted(all, user));
    statement.execute("SET DEFAULT ROLE %s FOR %s".formatted(all, user));
  }

  /** PostgreSQL's script has blocks with semicolons of their own, and its driver knows them. */
  private static List<String> statements(Dialect dialect, String script) {
    if (dialect == Dialect.POSTGRESQL) {
      return List.of(script);
    }
    String code =
        script.lines().filter(line -> !line.startsWith("--")).collect(Collectors.joining("\n"));
    return List.of(code.strip().split(";\\s*"));
  }
}
