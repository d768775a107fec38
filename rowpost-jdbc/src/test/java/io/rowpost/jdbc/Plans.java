package io.rowpost.jdbc;

import java.lang.reflect.Proxy;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Plans of PostgreSQL as a relay's session has them. EXPLAIN of a statement with parameters would
 * show one made for their values, so the statement is prepared first.
 */
final class Plans {
  private static final Pattern PARAMETER = Pattern.compile("\\?");
  private static final Pattern ROWS =
      Pattern.compile("(?:actual .*rows=|Rows Removed by \\w+(?: \\w+)*: )(\\d+)");

  private static final Pattern ROWS_REMOVED =
      Pattern.compile("Rows Removed by \\w+(?: \\w+)*: (\\d+)");

  private static final Pattern BUFFERS =
      Pattern.compile("(?<!Planning:\\n {2})Buffers: shared hit=(\\d+)");

  private Plans() {}

  /** Runs a statement and returns its plan. */
  static String plan(Session session, Query query, Group.Binder binder) throws SQLException {
    var numbers = new int[1];
    String sql =
        PARAMETER
            .matcher(session.statements().get(query))
            .replaceAll(found -> "\\$" + ++numbers[0]);
    String values = literals(session, binder);
    var lines = new StringBuilder();
    try (Statement statement = session.prepare("SELECT 1").getConnection().createStatement()) {
      statement.execute("PREPARE looked_at AS " + sql);
      try (ResultSet row =
          statement.executeQuery(
              "EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) EXECUTE looked_at" + values)) {
        while (row.next()) {
          lines.append(row.getString(1)).append('\n');
        }
      }
      statement.execute("DEALLOCATE looked_at");
    }
    return lines.toString();
  }

  private static String literals(Session session, Group.Binder binder) throws SQLException {
    Map<Integer, Object> values = new TreeMap<>();
    PreparedStatement real = session.prepare("SELECT 1");
    var notes =
        (PreparedStatement)
            Proxy.newProxyInstance(
                Plans.class.getClassLoader(),
                new Class<?>[] {PreparedStatement.class},
                (proxy, method, arguments) -> {
                  if (method.getName().startsWith("set")) {
                    return values.put((Integer) arguments[0], arguments[1]);
                  }
                  return method.invoke(real, arguments);
                });
    binder.bind(notes, 1);
    return values.isEmpty()
        ? ""
        : values.values().stream()
            .map(value -> "'" + value + "'")
            .collect(Collectors.joining(", ", " (", ")"));
  }

  /** The most that any step of a plan has read or thrown away. */
  static long rowsRead(String plan) {
    return most(ROWS, plan);
  }

  /** The pages that were looked at, also for rows that nobody sees. */
  static long pagesRead(String plan) {
    return most(BUFFERS, plan);
  }

  /** The most that any step of a plan has thrown away. */
  static long rowsRemoved(String plan) {
    return most(ROWS_REMOVED, plan);
  }

  private static long most(Pattern pattern, String plan) {
    return pattern
        .matcher(plan)
        .results()
        .map(found -> Long.valueOf(found.group(1)))
        .collect(Collectors.summarizingLong(Long::longValue))
        .getMax();
  }
}
