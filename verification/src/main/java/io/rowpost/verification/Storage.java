package io.rowpost.verification;

import io.rowpost.jdbc.Layout;
import io.rowpost.testservers.DatabaseServer;
import io.rowpost.testservers.MariaDbServer;
import io.rowpost.testservers.OwnDatabaseServer;
import io.rowpost.testservers.PostgresServer;
import java.util.Map;

/** The databases and layouts in which faults are tried. */
enum Storage {
  POSTGRES_LOG(Layout.LOG),
  POSTGRES_ROW(Layout.ROW),
  MARIADB(Layout.ROW);

  private static final int DISK_MEGABYTES = 500;
  private static final Map<String, String> IN_LITTLE_SPACE =
      Map.of("min_wal_size", "32MB", "max_wal_size", "64MB");

  private final Layout layout;

  Storage(Layout layout) {
    this.layout = layout;
  }

  Layout layout() {
    return layout;
  }

  boolean isPostgres() {
    return this != MARIADB;
  }

  /** A server that no run may stop. */
  DatabaseServer shared() {
    return isPostgres() ? PostgresServer.require() : MariaDbServer.require();
  }

  /** A server of one run, on a disk that it may fill: PostgreSQL. */
  OwnDatabaseServer startOnSmallDisk() {
    return PostgresServer.requireOwnOnSmallDisk(
        PostgresServer.require().majorVersion(), IN_LITTLE_SPACE, DISK_MEGABYTES);
  }

  /** A server of one run. */
  OwnDatabaseServer startOwn() {
    return isPostgres()
        ? PostgresServer.startOwn(PostgresServer.require().majorVersion(), Map.of())
        : MariaDbServer.startOwn();
  }
}
