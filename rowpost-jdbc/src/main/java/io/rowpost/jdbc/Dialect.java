package io.rowpost.jdbc;

import io.rowpost.core.RowpostException;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.SQLException;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The databases Rowpost speaks to. */
public enum Dialect {
  /** H2 2.3 and newer. */
  H2('"'),
  /** PostgreSQL 13 and newer. */
  POSTGRESQL('"'),
  /** MySQL 8.0.17 and newer. */
  MYSQL('`'),
  /** MariaDB 10.6 and newer. */
  MARIADB('`');

  static final String SUPPORTED = "postgresql 13+, mysql 8.0.17+, mariadb 10.6+, h2 2.3+";

  private final char quote;

  Dialect(char quote) {
    this.quote = quote;
  }

  /**
   * Asks a connection which database it leads to.
   *
   * @throws RowpostException ROWPOST-203 if it is none of these, or too old
   * @throws SQLException if the connection does not answer
   */
  public static Dialect of(Connection connection) throws SQLException {
    DatabaseMetaData database = connection.getMetaData();
    String product = database.getDatabaseProductName();
    String version = database.getDatabaseProductVersion();
    Dialect dialect =
        switch (product) {
          case "H2" -> H2;
          case "PostgreSQL" -> POSTGRESQL;
          case "MariaDB" -> MARIADB;
          // Connector/J calls every server MySQL.
          case "MySQL" -> version.contains("MariaDB") ? MARIADB : MYSQL;
          default -> throw unknown(product, version);
        };
    if (dialect.isTooOld(
        database.getDatabaseMajorVersion(), database.getDatabaseMinorVersion(), patch(version))) {
      throw unknown(product, version);
    }
    return dialect;
  }

  /**
   * As {@link #of(Connection)}, where somebody has said what to expect.
   *
   * @param expected null for whatever it is
   */
  static Dialect of(Connection connection, @Nullable Dialect expected) throws SQLException {
    Dialect found = of(connection);
    if (expected == null || expected == found) {
      return found;
    }
    DatabaseMetaData database = connection.getMetaData();
    String wanted = expected.folder();
    throw new RowpostException(
        "ROWPOST-203",
        "Dialect %s was configured but the database says \"%s %s\". Nothing was read or written."
            .formatted(
                wanted, database.getDatabaseProductName(), database.getDatabaseProductVersion()),
        "remove the dialect (it is detected), or point the DataSource to the %s server. Supported: %s."
            .formatted(wanted, SUPPORTED),
        null);
  }

  /** The third number of a version such as 8.0.17-log; 0 if there is none. */
  private static int patch(String version) {
    Matcher numbers = Pattern.compile("\\d+\\.\\d+\\.(\\d{1,9})").matcher(version);
    return numbers.find() ? Integer.parseInt(numbers.group(1)) : 0;
  }

  private boolean isTooOld(int major, int minor, int patch) {
    return switch (this) {
      case H2 -> major < 2 || (major == 2 && minor < 3);
      case POSTGRESQL -> major < 13;
      case MYSQL -> major < 8 || (major == 8 && minor == 0 && patch < 17);
      case MARIADB -> major < 10 || (major == 10 && minor < 6);
    };
  }

  private static RowpostException unknown(String product, String version) {
    return new RowpostException(
        "ROWPOST-203",
        "Nothing was read or written: the database says \"%s %s\", which Rowpost does not know."
            .formatted(product, version),
        "point the DataSource to a supported server: " + SUPPORTED + ".",
        null);
  }

  /** The name of its folder under {@code rowpost/db}. */
  String folder() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Quotes an identifier that {@link Tables} has checked, so that its case stays as it is. */
  String quote(String identifier) {
    return quote + identifier + quote;
  }

  boolean isMySqlFamily() {
    return this == MYSQL || this == MARIADB;
  }
}
