package io.rowpost.testservers;

import java.sql.SQLException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A server that was there before: never stopped, none of its settings changed. */
final class RunningServer implements DatabaseServer {

  private final DatabaseAdmin admin;
  private final DatabaseAdmin.Version version;

  private RunningServer(DatabaseAdmin admin, DatabaseAdmin.Version version) {
    this.admin = admin;
    this.version = version;
  }

  /**
   * The server that an environment variable names, or nothing if the variable is not set.
   *
   * @param url the variable's value
   * @throws ServerAbsentException if the variable is set but leads to no server: a mistake that
   *     another server must not hide
   */
  static Optional<DatabaseServer> named(
      DatabaseProduct product, String variable, @Nullable String url) {
    if (url == null || url.isBlank()) {
      return Optional.empty();
    }
    try {
      return Optional.of(connect(product, product.parse(url.trim())));
    } catch (IllegalArgumentException e) {
      throw new ServerAbsentException(
          product.title() + ": " + variable + " cannot be used: " + e.getMessage(), e);
    } catch (SQLException e) {
      throw new ServerAbsentException(
          product.title() + ": " + variable + " leads to no server: " + e.getMessage(), e);
    }
  }

  /** The server at a login of this machine, or nothing if it does not let us in. */
  static Optional<DatabaseServer> local(DatabaseProduct product, JdbcUrl login) {
    try {
      return Optional.of(connect(product, login));
    } catch (SQLException notFound) {
      return Optional.empty();
    }
  }

  private static DatabaseServer connect(DatabaseProduct product, JdbcUrl url) throws SQLException {
    DatabaseAdmin admin = new DatabaseAdmin(product, url);
    return new RunningServer(admin, admin.askVersion());
  }

  @Override
  public TestDatabase createDatabase(String options) {
    return TestDatabase.create(admin, options, () -> true);
  }

  @Override
  public int majorVersion() {
    return version.major();
  }

  @Override
  public String description() {
    return admin.describe(version);
  }

  @Override
  public String toString() {
    return description();
  }
}
