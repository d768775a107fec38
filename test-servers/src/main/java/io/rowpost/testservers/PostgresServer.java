package io.rowpost.testservers;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Finds or starts PostgreSQL.
 *
 * <p>The running server is the one that {@code ROWPOST_TEST_POSTGRES_URL} names (such as {@code
 * jdbc:postgresql://127.0.0.1:5432/postgres?user=postgres}); without that variable, one on port
 * 5432 of this machine that lets in user postgres without a password. Safe for use by threads.
 */
public final class PostgresServer {

  private static final DatabaseProduct PRODUCT = DatabaseProduct.POSTGRESQL;
  private static final String VARIABLE = "ROWPOST_TEST_POSTGRES_URL";
  private static final int LOCAL_PORT = 5432;

  private static final Once<Optional<DatabaseServer>> RUNNING =
      new Once<>(PostgresServer::findRunning);
  private static final Map<Integer, Once<DatabaseServer>> OWN = new ConcurrentHashMap<>();

  private PostgresServer() {}

  /**
   * The server for this JVM's tests: the running one, else one started now from installed or
   * embedded binaries, which stops when the JVM exits.
   *
   * @throws ServerAbsentException if there is none and none can be started
   */
  public static DatabaseServer shared() {
    return RUNNING.get().orElseGet(() -> own(PostgresBinaries.defaultMajor()));
  }

  /**
   * As {@link #shared()}, of a given version: the running one only if it is of this version.
   *
   * @param majorVersion such as 15 or 18, which can always be had; others only where installed
   * @throws ServerAbsentException if there is none and none can be started
   */
  public static DatabaseServer shared(int majorVersion) {
    return RUNNING
        .get()
        .filter(running -> running.majorVersion() == majorVersion)
        .orElseGet(() -> own(majorVersion));
  }

  /** As {@link #shared()}, but skips the test if absent; fails it under {@code CI=true}. */
  public static DatabaseServer require() {
    return Requirement.ofEnvironment().of(PostgresServer::shared);
  }

  /** As {@link #shared(int)}, but skips the test if absent; fails it under {@code CI=true}. */
  public static DatabaseServer require(int majorVersion) {
    return Requirement.ofEnvironment().of(() -> shared(majorVersion));
  }

  /**
   * Starts a server of its own, in a temporary folder, for a test that kills or restarts it.
   *
   * @throws ServerAbsentException if there are no binaries of this version
   */
  public static OwnDatabaseServer startOwn(int majorVersion) {
    return startOwn(majorVersion, Map.of());
  }

  /**
   * As {@link #startOwn(int)}, with settings of {@code postgresql.conf} that go before ours.
   *
   * <p>Ours are {@code fsync=on}, {@code synchronous_commit=on}, {@code wal_level=logical} and
   * {@code max_connections=200}.
   */
  public static OwnDatabaseServer startOwn(int majorVersion, Map<String, String> settings) {
    return OwnDatabaseServer.start(engine(majorVersion, settings));
  }

  /**
   * As {@link #startOwn(int, Map)}, on a disk of its own that {@link OwnDatabaseServer#fillDisk}
   * fills; skips the test if this user may not mount one, or fails it under {@code CI=true}.
   */
  public static OwnDatabaseServer requireOwnOnSmallDisk(
      int majorVersion, Map<String, String> settings, int megabytes) {
    return Requirement.ofEnvironment()
        .of(() -> OwnDatabaseServer.startOnSmallDisk(engine(majorVersion, settings), megabytes));
  }

  private static DatabaseEngine engine(int majorVersion, Map<String, String> settings) {
    Path binaries = PostgresBinaries.find(majorVersion);
    return new PostgresEngine(binaries, Unprivileged.here(), settings);
  }

  private static DatabaseServer own(int majorVersion) {
    return OWN.computeIfAbsent(majorVersion, major -> new Once<>(() -> startShared(major))).get();
  }

  private static DatabaseServer startShared(int majorVersion) {
    return OwnDatabaseServer.startOrAbsent(engine(majorVersion, Map.of()));
  }

  private static Optional<DatabaseServer> findRunning() {
    return RunningServer.named(PRODUCT, VARIABLE, System.getenv(VARIABLE))
        .or(() -> RunningServer.local(PRODUCT, PRODUCT.local(LOCAL_PORT, "postgres")));
  }
}
