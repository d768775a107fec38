package io.rowpost.testservers;

import java.util.Map;

/**
 * Finds or starts MariaDB.
 *
 * <p>The running server is the one that {@code ROWPOST_TEST_MARIADB_URL} names (such as {@code
 * jdbc:mariadb://127.0.0.1:3306/?user=root}); without that variable, one on port 3306 of this
 * machine that lets in user root without a password. Safe for use by threads.
 */
public final class MariaDbServer {

  private static final DatabaseProduct PRODUCT = DatabaseProduct.MARIADB;
  private static final String VARIABLE = "ROWPOST_TEST_MARIADB_URL";
  private static final int LOCAL_PORT = 3306;

  private static final Once<DatabaseServer> SHARED = new Once<>(MariaDbServer::find);

  private MariaDbServer() {}

  /**
   * The server for this JVM's tests: the running one, else one started now from the installed
   * binaries, which stops when the JVM exits.
   *
   * @throws ServerAbsentException if there is none and none can be started
   */
  public static DatabaseServer shared() {
    return SHARED.get();
  }

  /** As {@link #shared()}, but skips the test if absent; fails it under {@code CI=true}. */
  public static DatabaseServer require() {
    return Requirement.ofEnvironment().of(MariaDbServer::shared);
  }

  /**
   * Starts a server of its own, in a temporary folder, for a test that kills or restarts it.
   *
   * @throws ServerAbsentException if MariaDB is not installed
   */
  public static OwnDatabaseServer startOwn() {
    return startOwn(Map.of());
  }

  /**
   * As {@link #startOwn()}, with options of {@code mariadbd} that go before ours.
   *
   * <p>Ours are {@code innodb-flush-log-at-trx-commit=1}, {@code character-set-server=utf8mb4} and
   * {@code max-connections=200}.
   */
  public static OwnDatabaseServer startOwn(Map<String, String> settings) {
    return OwnDatabaseServer.start(MariaDbEngine.installed(settings));
  }

  private static DatabaseServer find() {
    return RunningServer.named(PRODUCT, VARIABLE, System.getenv(VARIABLE))
        .or(() -> RunningServer.local(PRODUCT, PRODUCT.local(LOCAL_PORT, "root")))
        .orElseGet(() -> OwnDatabaseServer.startOrAbsent(MariaDbEngine.installed(Map.of())));
  }
}
