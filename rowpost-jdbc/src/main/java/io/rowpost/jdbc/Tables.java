package io.rowpost.jdbc;

import io.rowpost.core.RowpostException;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Names of the tables in one database: quoted everywhere, so that no database folds their case.
 *
 * @param dialect how to quote
 * @param schema where they are (the database's name on MySQL and MariaDB), or null for the
 *     connection's own
 * @param prefix in front of every name
 */
record Tables(Dialect dialect, @Nullable String schema, String prefix) {
  static final String DEFAULT_PREFIX = "rowpost_";

  /** Short enough that no derived name exceeds the 63 bytes of PostgreSQL. */
  private static final Pattern IDENTIFIER = Pattern.compile("[A-Za-z_][A-Za-z0-9_]{0,29}");

  private static final Pattern PLACEHOLDER = Pattern.compile("\\{([a-z_]+)}");

  Tables {
    Objects.requireNonNull(dialect, "dialect");
    requireIdentifier("tablePrefix", prefix);
    if (schema != null) {
      requireIdentifier("schema", schema);
    }
  }

  static Tables of(Dialect dialect) {
    return new Tables(dialect, null, DEFAULT_PREFIX);
  }

  static void requireIdentifier(String setting, String value) {
    if (!IDENTIFIER.matcher(value).matches()) {
      throw new RowpostException(
          "ROWPOST-602",
          "Nothing was read or written: %s has %d characters or some that are not allowed."
              .formatted(setting, value.length()),
          "set %s to 1 to 30 letters, digits and _ that do not begin with a digit."
              .formatted(setting),
          null);
    }
  }

  /** The quoted name of a table, with its schema if one was given. */
  String name(String table) {
    String name = dialect.quote(prefix + table);
    return schema == null ? name : dialect.quote(schema) + "." + name;
  }

  /** Puts the names into a statement: {@code {outbox}} becomes {@code "rowpost_outbox"}. */
  String fill(String statement) {
    return PLACEHOLDER.matcher(statement).replaceAll(match -> name(match.group(1)));
  }
}
