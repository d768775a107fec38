package io.rowpost.jdbc;

import static java.util.Map.entry;

import java.util.Map;

/** What PostgreSQL tells of the schema; every user may ask. */
final class CatalogPostgresSql {
  private CatalogPostgresSql() {}

  static final Map<Query, String> STATEMENTS =
      Map.ofEntries(
          entry(
              Query.CATALOG_TABLES,
              """
              SELECT c.relname, CASE WHEN c.relpersistence = 'u' THEN 'UNLOGGED' END
                FROM unnest(?::text[]) AS n (name)
                JOIN pg_class c ON c.oid = to_regclass(n.name)"""),
          entry(
              Query.CATALOG_COLUMNS,
              """
              SELECT c.relname, a.attname
                FROM unnest(?::text[]) AS n (name)
                JOIN pg_class c ON c.oid = to_regclass(n.name)
                JOIN pg_attribute a ON a.attrelid = c.oid AND NOT a.attisdropped"""),
          entry(
              Query.CATALOG_CONSTRAINTS,
              """
              SELECT c.relname, k.conname
                FROM unnest(?::text[]) AS n (name)
                JOIN pg_class c ON c.oid = to_regclass(n.name)
                JOIN pg_constraint k ON k.conrelid = c.oid AND k.contype IN ('p', 'c')"""),
          entry(
              Query.CATALOG_INDEXES,
              """
              SELECT c.relname, i.relname
                FROM unnest(?::text[]) AS n (name)
                JOIN pg_class c ON c.oid = to_regclass(n.name)
                JOIN pg_index x ON x.indrelid = c.oid AND x.indisvalid
                JOIN pg_class i ON i.oid = x.indexrelid"""),
          entry(
              Query.CATALOG_TRIGGERS,
              """
              SELECT c.relname, t.tgname
                FROM unnest(?::text[]) AS n (name)
                JOIN pg_class c ON c.oid = to_regclass(n.name)
                JOIN pg_trigger t ON t.tgrelid = c.oid
               WHERE NOT t.tgisinternal AND t.tgenabled <> 'D'"""),
          entry(
              Query.CATALOG_ELSEWHERE,
              """
              SELECT n.nspname
                FROM pg_class c
                JOIN pg_namespace n ON n.oid = c.relnamespace
               WHERE c.relname = ? AND c.relkind = 'r'
               ORDER BY n.nspname
               LIMIT 3"""),
          entry(
              Query.CATALOG_HAS_VERSION,
              """
              SELECT count(*)
                FROM pg_attribute
               WHERE attrelid = to_regclass('{schema_version}')
                 AND attname IN ('version', 'layout')"""),
          // An identity's sequence hangs on its column by 'i', that of a serial by 'a'.
          entry(
              Query.CATALOG_SETTINGS,
              """
              SELECT pg_is_in_recovery()::text AS pg_is_in_recovery,
                     current_setting('default_transaction_read_only')
                       AS default_transaction_read_only,
                     current_setting('fsync') AS fsync,
                     current_setting('full_page_writes') AS full_page_writes,
                     current_setting('synchronous_commit') AS synchronous_commit,
                     current_setting('server_encoding') AS server_encoding,
                     s.seqcache AS seq_cache, s.seqincrement AS seq_increment
                FROM (SELECT to_regclass('{outbox}') AS oid) t
                LEFT JOIN pg_depend d
                  ON d.refobjid = t.oid AND d.refclassid = 'pg_class'::regclass
                     AND d.classid = 'pg_class'::regclass AND d.deptype IN ('i', 'a')
                     AND d.refobjsubid = (SELECT attnum FROM pg_attribute
                                           WHERE attrelid = t.oid AND attname = 'seq')
                LEFT JOIN pg_sequence s ON s.seqrelid = d.objid
               ORDER BY s.seqcache NULLS LAST
               LIMIT 1"""));
}
