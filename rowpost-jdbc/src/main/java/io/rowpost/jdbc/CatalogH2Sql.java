package io.rowpost.jdbc;

import static java.util.Map.entry;

import java.util.Map;

/** What H2 tells of the schema. Names of columns are upper case there: nobody quoted them. */
final class CatalogH2Sql {
  private CatalogH2Sql() {}

  static final Map<Query, String> STATEMENTS =
      Map.ofEntries(
          entry(
              Query.CATALOG_TABLES,
              "SELECT table_name, NULL FROM information_schema.tables WHERE table_schema = ?"),
          entry(
              Query.CATALOG_COLUMNS,
              """
              SELECT table_name, LOWER(column_name)
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
                FROM information_schema.indexes
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
               LIMIT 3"""));
}
