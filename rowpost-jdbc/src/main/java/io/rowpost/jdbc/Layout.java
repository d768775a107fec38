package io.rowpost.jdbc;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Locale;

/** How the outbox keeps its messages. Chosen when the tables are created, recorded in them. */
public enum Layout {
  /** Rows carry a status and are deleted, or marked, when they are sent. Every database has it. */
  ROW,
  /**
   * Rows are never changed; each relay keeps a cursor that tells how far it has come. PostgreSQL
   * only, and the default there: no row is left dead on the way, what was sent stays for a while,
   * and several relays may read it.
   */
  LOG;

  /** What a new schema gets. */
  static Layout standard(Dialect dialect) {
    return dialect == Dialect.POSTGRESQL ? LOG : ROW;
  }

  boolean worksOn(Dialect dialect) {
    return this == ROW || dialect == Dialect.POSTGRESQL;
  }

  /** As the schema records it. */
  String recorded() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * What a schema has; the standard one where it says nothing that can be read, so that whoever
   * then misses it is told what is missing.
   */
  static Layout of(Session session) throws SQLException {
    Dialect dialect = session.statements().dialect();
    if (dialect != Dialect.POSTGRESQL || !records(session)) {
      return standard(dialect);
    }
    try (ResultSet row = session.prepare(Query.CATALOG_VERSION).executeQuery()) {
      return row.next() && ROW.recorded().equals(row.getString(2)) ? ROW : LOG;
    }
  }

  private static boolean records(Session session) throws SQLException {
    return Session.number(session.prepare(Query.CATALOG_HAS_VERSION)) == 2;
  }
}
