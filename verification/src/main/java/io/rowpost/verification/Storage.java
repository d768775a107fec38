package io.rowpost.verification;

import io.rowpost.jdbc.Layout;
import io.rowpost.testservers.DatabaseServer;
import io.rowpost.testservers.MariaDbServer;
import io.rowpost.testservers.OwnDatabaseServer;
import io.rowpost.testservers.PostgresServer;
import java.time.Duration;
import java.util.Map;

/** The databases and layouts in which faults are tried. */
enum Storage {
  POSTGRES_LOG(Layout.LOG),
  POSTGRES_ROW(Layout.ROW),
  MARIADB(Layout.ROW);

  private static final int DISK_MEGABYTES = 500;

  /** More than twice what histories of that length leave in the tables. */
  private static final int DISK_MEGABYTES_AN_HOUR = 1_000;

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

  /** A server of one run that lasts so long, on a disk that it may fill: PostgreSQL. */
  OwnDatabaseServer startOnSmallDisk(Duration time) {
    long megabytes = DISK_MEGABYTES + DISK_MEGABYTES_AN_HOUR * time.toMinutes() / 60;
    return PostgresServer.requireOwnOnSmallDisk(
        PostgresServer.require().majorVersion(), IN_LITTLE_SPACE, Math.toIntExact(megabytes));
  }

  /** A server of one run. */
  OwnDatabaseServer startOwn() {
    return isPostgres()
        ? PostgresServer.startOwn(PostgresServer.require().majorVersion(), Map.of())
        : MariaDbServer.startOwn();
  }
}
