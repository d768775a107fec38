package io.rowpost.jdbc;

import static java.util.Map.entry;

import java.util.Map;

/**
 * What MySQL and MariaDB tell of the schema: only of tables that the user may do something with.
 */
final class CatalogMySqlSql {
  private CatalogMySqlSql() {}

  static final Map<Query, String> STATEMENTS =
      Map.ofEntries(
          entry(
              Query.CATALOG_TABLES,
              "SELECT table_name, NULL FROM information_schema.tables WHERE table_schema = ?"),
          entry(
              Query.CATALOG_COLUMNS,
              """
              SELECT table_name, column_name
                FROM information_schema.columns
               WHERE table_schema = ?"""),
          entry(
              Query.CATALOG_CONSTRAINTS,
              """
              SELECT table_name, constraint_name
                FROM information_schema.table_constraints
               WHERE table_schema = ?"""),
          entry(
              Query.CATALOG_INDEXES,
              """
              SELECT table_name, index_name
                FROM information_schema.statistics
               WHERE table_schema = ?"""),
          entry(
              Query.CATALOG_TRIGGERS,
              """
              SELECT event_object_table, trigger_name
                FROM information_schema.triggers
               WHERE event_object_schema = ?"""),
          entry(
              Query.CATALOG_ELSEWHERE,
              """
              SELECT table_schema
                FROM information_schema.tables
               WHERE table_name = ? AND table_type = 'BASE TABLE'
               ORDER BY table_schema
               LIMIT 3"""),
          entry(
              Query.CATALOG_SETTINGS,
              """
              SELECT @@GLOBAL.read_only AS read_only,
                     @@GLOBAL.innodb_flush_log_at_trx_commit AS innodb_flush_log_at_trx_commit,
                     IF(@@GLOBAL.log_bin, @@GLOBAL.sync_binlog, 1) AS sync_binlog,
                     GREATEST(@@GLOBAL.auto_increment_increment,
                              @@SESSION.auto_increment_increment) AS auto_increment_increment"""));
}
