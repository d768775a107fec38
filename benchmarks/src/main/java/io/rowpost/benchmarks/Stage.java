package io.rowpost.benchmarks;

import io.rowpost.testservers.OwnDatabaseServer;
import io.rowpost.testservers.PostgresServer;
import io.rowpost.testservers.TestDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The server of one invocation, and the JVMs of the ways on it. */
final class Stage implements AutoCloseable {
  /** Always to be had: installed here, or from Maven Central. */
  private static final int MAJOR = 15;

  private static final Map<String, String> SETTINGS =
      Map.of("shared_buffers", "1GB", "max_wal_size", "8GB", "max_connections", "400");
  private static final List<String> JVM = List.of("-Xms512m", "-Xmx1g");
  private static final Duration LIMIT = Duration.ofMinutes(10);

  private final OwnDatabaseServer server;
  private final String peersClassPath;

  private Stage(OwnDatabaseServer server, String peersClassPath) {
    this.server = server;
    this.peersClassPath = peersClassPath;
  }

  /**
   * Starts PostgreSQL with fsync and synchronous_commit on.
   *
   * @param peers the file that holds the class path of the peers, if they could be loaded
   */
  static Stage open(Path peers) throws IOException {
    String classPath = Files.exists(peers) ? Files.readString(peers).trim() : "";
    return new Stage(PostgresServer.startOwn(MAJOR, SETTINGS), classPath);
  }

  boolean has(Entrant entrant) {
    return !entrant.peer() || !peersClassPath.isEmpty();
  }

  OwnDatabaseServer server() {
    return server;
  }

  /** Starts the JVM of a way on a database of its own. */
  Player play(Entrant entrant, String... options) throws IOException, SQLException {
    return new Player(entrant, server.createDatabase(), List.of(options));
  }

  /** Stops the server; the players are closed before. */
  @Override
  public void close() {
    server.close();
  }

  /** A way at work. */
  final class Player implements AutoCloseable {
    private final Entrant entrant;
    private final TestDatabase database;
    private final Connection connection;
    private final WayProcess process;

    private Player(Entrant entrant, TestDatabase database, List<String> options)
        throws IOException, SQLException {
      this.entrant = entrant;
      this.database = database;
      connection = database.connect();
      process = start(options);
    }

    private WayProcess start(List<String> options) throws IOException {
      List<String> main = new ArrayList<>();
      main.add(entrant.main().get(0));
      main.addAll(List.of(database.jdbcUrl(), database.user()));
      main.addAll(entrant.main().subList(1, entrant.main().size()));
      List<String> all = new ArrayList<>(JVM);
      all.addAll(options);
      String classPath = entrant.peer() ? peersClassPath : System.getProperty("java.class.path");
      return WayProcess.start(entrant.name(), classPath, all, main);
    }

    /** Another JVM of the same way on the same database. */
    WayProcess second() throws IOException {
      return start(List.of());
    }

    Entrant entrant() {
      return entrant;
    }

    TestDatabase database() {
      return database;
    }

    WayProcess process() {
      return process;
    }

    Meter meter() throws SQLException {
      return new Meter(connection, process.pid(), server.pid());
    }

    /** Leaves the same to every way: empty tables and pages that are not logged in full again. */
    void clear() throws SQLException {
      process.call(LIMIT, "clear");
      Sql.execute(connection, "CHECKPOINT");
    }

    /** Appends a backlog that is known to the planner. */
    void fill(int from, int to) throws SQLException {
      process.call(LIMIT, "fill %d %d", from, to);
      Sql.execute(connection, "VACUUM (ANALYZE)");
    }

    @Override
    public void close() throws SQLException {
      process.close();
      connection.close();
      database.close();
    }
  }
}
