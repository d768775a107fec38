package io.rowpost.jdbc;

import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;

/** The statements for one database, with the names of its tables in them. Immutable. */
final class Statements {
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

  /**
   * Sets the time limits of a session, on PostgreSQL those of a transaction.
   *
   * <p>Numbers are put in by %s: %d takes the digits of the JVM's locale, which are no SQL.
   */
  String limits(Duration statement, Duration idle) {
    long statementMillis = statement.toMillis();
    long lockMillis = statementMillis / 3;
    return switch (tables.dialect()) {
      case H2 -> "";
      case POSTGRESQL ->
          """
          SELECT set_config('lock_timeout', '%s', TRUE),
                 set_config('statement_timeout', '%s', TRUE),
                 set_config('idle_in_transaction_session_timeout', '%s', TRUE)"""
              .formatted(lockMillis, statementMillis, idle.toMillis());
      case MYSQL ->
          "SET SESSION innodb_lock_wait_timeout = %s, SESSION max_execution_time = %s"
              .formatted(lockMillis / 1000, statementMillis);
      case MARIADB ->
          """
          SET SESSION innodb_lock_wait_timeout = %s, SESSION max_statement_time = %s,
              SESSION idle_transaction_timeout = %s"""
              .formatted(
                  lockMillis / 1000, statementMillis / 1000, idle.plusMillis(999).toSeconds());
    };
  }

  /**
   * Keeps the plans of one transaction of a relay on the index, whatever the statistics of a queue
   * table say.
   */
  String indexPlans() {
    if (tables.dialect() != Dialect.POSTGRESQL) {
      return "";
    }
    return layout == Layout.LOG ? PostgresLogSql.PLANS : PostgresSql.PLANS;
  }

  /** Remembers the limits of a session as they are, which others may have set. */
  String keepLimits() {
    return switch (tables.dialect()) {
      case H2, POSTGRESQL -> "";
      case MYSQL ->
          """
          SET @rowpost_lock_wait = @@SESSION.innodb_lock_wait_timeout,
              @rowpost_statement_time = @@SESSION.max_execution_time""";
      case MARIADB ->
          """
          SET @rowpost_lock_wait = @@SESSION.innodb_lock_wait_timeout,
              @rowpost_statement_time = @@SESSION.max_statement_time,
              @rowpost_idle_time = @@SESSION.idle_transaction_timeout""";
    };
  }

  /** Sets the limits of a session back to what {@link #keepLimits} has found. */
  String formerLimits() {
    return switch (tables.dialect()) {
      case H2, POSTGRESQL -> "";
      case MYSQL ->
          """
          SET SESSION innodb_lock_wait_timeout = @rowpost_lock_wait,
              SESSION max_execution_time = @rowpost_statement_time""";
      case MARIADB ->
          """
          SET SESSION innodb_lock_wait_timeout = @rowpost_lock_wait,
              SESSION max_statement_time = @rowpost_statement_time,
              SESSION idle_transaction_timeout = @rowpost_idle_time""";
    };
  }
}
