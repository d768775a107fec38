package io.rowpost.testservers;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;

/** Creates and drops databases over one login. */
final class DatabaseAdmin {

  private final DatabaseProduct product;
  private final JdbcUrl url;

  DatabaseAdmin(DatabaseProduct product, JdbcUrl url) {
    this.product = product;
    this.url = url;
  }

  JdbcUrl url() {
    return url;
  }

  /** Connects and asks for the version: whether the server answers this login, and what it is. */
  Version askVersion() throws SQLException {
    try (Connection connection = connect()) {
      var metaData = connection.getMetaData();
      return new Version(
          metaData.getDatabaseProductName(),
          metaData.getDatabaseMajorVersion(),
          metaData.getDatabaseProductVersion());
    }
  }

  void create(String database, String options) throws SQLException {
    execute("CREATE DATABASE " + database + " " + options);
  }

  void execute(String sql) throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  void drop(String database) throws SQLException {
    try (Connection connection = connect()) {
      product.drop(connection, database);
    }
  }

  private Connection connect() throws SQLException {
    JdbcUrl guarded = product.withLoginTimeout(url);
    return DriverManager.getConnection(guarded.text(), url.user(), url.password());
  }

  String describe(Version version) {
    return version.product() + " " + version.full() + " at " + url.address();
  }

  record Version(String product, int major, String full) {}
}
