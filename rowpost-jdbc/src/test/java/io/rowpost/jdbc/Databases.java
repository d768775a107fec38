package io.rowpost.jdbc;

import com.zaxxer.hikari.HikariDataSource;
import io.rowpost.testservers.DatabaseServer;
import io.rowpost.testservers.MariaDbServer;
import io.rowpost.testservers.MySqlServer;
import io.rowpost.testservers.PostgresServer;
import io.rowpost.testservers.TestDatabase;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcDataSource;

/** A database for tests, on the server of its kind. */
record Databases(Dialect dialect, Layout layout, DataSource dataSource, AutoCloseable resource)
    implements AutoCloseable {

  private static final Map<String, Databases> KEPT = new HashMap<>();

  /**
   * One with the tables, and one of effects, that lives on for the next test of this JVM: clear
   * what you use.
   */
  static Databases kept(Dialect dialect) {
    return kept(dialect.name(), () -> create(dialect));
  }

  /** PostgreSQL in the row layout. */
  static Databases keptPostgresRows() {
    return kept("POSTGRESQL row", () -> create(Dialect.POSTGRESQL).with(Layout.ROW));
  }

  /** The same, in which tables are to have a layout. */
  Databases with(Layout newLayout) {
    return new Databases(dialect, newLayout, dataSource, resource);
  }

  static Databases keptPostgres(int majorVersion) {
    return kept(
        "POSTGRESQL " + majorVersion,
        () -> of(Dialect.POSTGRESQL, PostgresServer.require(majorVersion).createDatabase()));
  }

  private static synchronized Databases kept(String name, Supplier<Databases> creation) {
    Databases database = KEPT.get(name);
    if (database == null) {
      database = creation.get();
      database.install();
      database.execute("CREATE TABLE {effects} (text varchar(600) NOT NULL)");
      KEPT.put(name, database);
    }
    return database;
  }

  void install() {
    Schema.install(dataSource, null, Tables.DEFAULT_PREFIX, layout);
  }

  /** Drops one that was kept, for a test that leaves transactions behind in it. */
  void discard() {
    synchronized (Databases.class) {
      KEPT.values().remove(this);
    }
    close();
  }

  /** Skips the test if there is no server of this kind; fails it under CI=true. */
  static Databases create(Dialect dialect) {
    return switch (dialect) {
      case H2 -> h2();
      case POSTGRESQL -> of(dialect, PostgresServer.require().createDatabase());
      case MARIADB -> of(dialect, MariaDbServer.require().createDatabase());
      case MYSQL -> of(dialect, MySqlServer.require().createDatabase());
    };
  }

  /** One that differs from others of its server, as {@code CREATE DATABASE} takes it. */
  static Databases create(Dialect dialect, String options) {
    DatabaseServer server =
        dialect == Dialect.POSTGRESQL ? PostgresServer.require() : MariaDbServer.require();
    return of(dialect, server.createDatabase(options));
  }

  static Databases of(Dialect dialect, TestDatabase database) {
    return new Databases(
        dialect, Layout.standard(dialect), database.pooledDataSource(40), database);
  }

  static Databases h2() {
    String url = "jdbc:h2:mem:" + UUID.randomUUID() + ";DB_CLOSE_DELAY=-1";
    var dataSource = new JdbcDataSource();
    dataSource.setURL(url);
    return new Databases(
        Dialect.H2,
        Layout.ROW,
        dataSource,
        () -> {
          try (Connection connection = DriverManager.getConnection(url);
              var statement = connection.createStatement()) {
            statement.execute("SHUTDOWN");
          }
        });
  }

  /** Whether somebody is in pg_sleep. */
  boolean isAsleep() {
    return count(
            "SELECT count(*) FROM pg_stat_activity"
                + " WHERE datname = current_database() AND wait_event = 'PgSleep'")
        == 1;
  }

  /** The next ones are opened anew. */
  void forgetConnections() {
    if (dataSource instanceof HikariDataSource pool) {
      pool.getHikariPoolMXBean().softEvictConnections();
    }
  }

  /** The first column of the first row. */
  Object query(String sql) {
    try (Connection connection = dataSource.getConnection();
        var statement = connection.createStatement();
        var result = statement.executeQuery(Tables.of(dialect).fill(sql))) {
      result.next();
      return result.getObject(1);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  long count(String sql) {
    return ((Number) query(sql)).longValue();
  }

  /** Faster than TRUNCATE, which makes new files. */
  void clear(List<String> tables) {
    for (String table : tables) {
      execute("DELETE FROM {%s}".formatted(table));
    }
  }

  void execute(String sql) {
    try (Connection connection = dataSource.getConnection();
        var statement = connection.createStatement()) {
      statement.execute(Tables.of(dialect).fill(sql));
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    try {
      resource.close();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}
