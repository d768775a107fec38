package io.rowpost.benchmarks;

import io.rowpost.jdbc.Layout;
import io.rowpost.jdbc.Schema;
import java.sql.SQLException;
import javax.sql.DataSource;

/**
 * The tables of Rowpost's ways and of those by hand. What is appended is the same in all layouts.
 */
final class Tables {
  static final String CLEAR = "TRUNCATE orders, \"rowpost_outbox\", \"rowpost_outbox_parked\"";

  private Tables() {}

  static void install(DataSource dataSource, Layout layout) throws SQLException {
    Sql.execute(dataSource, Orders.TABLE);
    Schema.install(dataSource, null, "rowpost_", layout);
  }
}
