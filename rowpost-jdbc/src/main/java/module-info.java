/** Outbox and inbox in H2, PostgreSQL, MySQL and MariaDB. */
// Flyway, Liquibase and H2 read the files in these folders: a module keeps its resources to itself.
// PostgreSQL's driver is an automatic module, and only PostgresWakeUp needs it.
@SuppressWarnings({"opens", "requires-automatic"})
module io.rowpost.jdbc {
  requires transitive io.rowpost.core;
  requires transitive java.sql;
  requires org.slf4j;
  requires static org.postgresql.jdbc;
  // Of annotations in that driver's classes, which the compiler wants to see.
  requires static org.checkerframework.checker.qual;

  exports io.rowpost.jdbc;

  opens rowpost.db;
  opens rowpost.db.h2;
  opens rowpost.db.mariadb;
  opens rowpost.db.mysql;
  opens rowpost.db.postgresql;
}
