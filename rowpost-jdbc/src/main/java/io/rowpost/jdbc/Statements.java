package io.rowpost.jdbc;

import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;

/** The statements for one database, with the names of its tables in them. Immutable. */
final class Statements {
  /** A cursor that a crash can undo could have passed what the same crash undoes. */
  private static final String FLUSH =
      """
      SELECT set_config('synchronous_commit', 'local', FALSE)
       WHERE current_setting('synchronous_commit') = 'off'""";

  /** Whatever the values are; to plan for them anew each time takes longer than to run. */
  private static final String ONE_PLAN = "SET plan_cache_mode = force_generic_plan";

  private final Tables tables;
  private final Layout layout;
  private final Map<Query, String> texts = new EnumMap<>(Query.class);

  /** Those of the layout that a new schema gets; appending is the same in both. */
  Statements(Tables tables) {
    this(tables, Layout.standard(tables.dialect()));
  }

  Statements(Tables tables, Layout layout) {
    this.tables = tables;
    this.layout = layout;
    StandardSql.STATEMENTS.forEach(this::put);
    AdminSql.STATEMENTS.forEach(this::put);
    InboxStandardSql.STATEMENTS.forEach(this::put);
    switch (tables.dialect()) {
      case H2 -> {
        H2Sql.STATEMENTS.forEach(this::put);
        InboxH2Sql.STATEMENTS.forEach(this::put);
        CatalogH2Sql.STATEMENTS.forEach(this::put);
      }
      case POSTGRESQL -> {
        PostgresSql.STATEMENTS.forEach(this::put);
        InboxPostgresSql.STATEMENTS.forEach(this::put);
        CatalogPostgresSql.STATEMENTS.forEach(this::put);
        if (layout == Layout.LOG) {
          PostgresLogSql.STATEMENTS.forEach(this::put);
        }
      }
      case MYSQL, MARIADB -> {
        MySqlSql.STATEMENTS.forEach(this::put);
        InboxMySqlSql.STATEMENTS.forEach(this::put);
        CatalogMySqlSql.STATEMENTS.forEach(this::put);
      }
    }
  }

  private void put(Query query, String text) {
    String now =
        switch (tables.dialect()) {
          case H2 -> H2Sql.NOW;
          case POSTGRESQL -> PostgresSql.NOW;
          case MYSQL, MARIADB -> MySqlSql.NOW;
        };
    texts.put(query, tables.fill(text.replace("{now}", now)));
  }

  Dialect dialect() {
    return tables.dialect();
  }

  Layout layout() {
    return layout;
  }

  Tables tables() {
    return tables;
  }

  boolean has(Query query) {
    return texts.containsKey(query);
  }

  String get(Query query) {
    String text = texts.get(query);
    if (text == null) {
      throw new IllegalStateException(query + " is unknown to " + dialect());
    }
    return text;
  }

  /** An INSERT of several rows in one statement, from one of a single row that ends with it. */
  String appendMany(int rows) {
    String one = get(Query.APPEND);
    String row = one.substring(one.lastIndexOf('('));
    return one + (",\n       " + row).repeat(rows - 1);
  }

  /** Several queues in one statement. */
  String successors(int heads) {
    String one = get(Query.SUCCESSORS);
    return one + ("\nUNION ALL\n" + one).repeat(heads - 1);
  }

  /** Sets the time limits of a session. */
  String limits(Duration statement, Duration idle) {
    long statementMillis = statement.toMillis();
    long lockMillis = statementMillis / 3;
    return switch (tables.dialect()) {
      case H2 -> "";
      case POSTGRESQL ->
          """
          SET lock_timeout = %d; SET statement_timeout = %d;
          SET idle_in_transaction_session_timeout = %d"""
              .formatted(lockMillis, statementMillis, idle.toMillis());
      case MYSQL ->
          "SET SESSION innodb_lock_wait_timeout = %d, SESSION max_execution_time = %d"
              .formatted(lockMillis / 1000, statementMillis);
      case MARIADB ->
          """
          SET SESSION innodb_lock_wait_timeout = %d, SESSION max_statement_time = %d,
              SESSION idle_transaction_timeout = %d"""
              .formatted(
                  lockMillis / 1000, statementMillis / 1000, idle.plusMillis(999).toSeconds());
    };
  }

  /** Keeps plans of a relay on the index, whatever the statistics of a queue table say. */
  String indexPlans() {
    if (tables.dialect() != Dialect.POSTGRESQL) {
      return "";
    }
    // Where an index gives the order that is asked for, it is the one that is meant. A plan that
    // cannot avoid all of this seems so dear that the server would compile it each time.
    String plans =
        """
        SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_sort = off;
        SET jit = off""";
    return layout == Layout.ROW ? plans : plans + ";\n" + ONE_PLAN + ";\n" + FLUSH;
  }

  /** Sets all of it back to what the server, the database or the user has. */
  String noLimits() {
    return switch (tables.dialect()) {
      case H2 -> "";
      case POSTGRESQL ->
          """
          RESET lock_timeout; RESET statement_timeout;
          RESET idle_in_transaction_session_timeout;
          RESET enable_seqscan; RESET enable_bitmapscan; RESET enable_sort;
          RESET jit; RESET plan_cache_mode; RESET synchronous_commit""";
      case MYSQL ->
          "SET SESSION innodb_lock_wait_timeout = DEFAULT, SESSION max_execution_time = DEFAULT";
      case MARIADB ->
          """
          SET SESSION innodb_lock_wait_timeout = DEFAULT, SESSION max_statement_time = DEFAULT,
              SESSION idle_transaction_timeout = DEFAULT""";
    };
  }
}
