package io.rowpost.benchmarks;

import io.rowpost.testservers.OwnDatabaseServer;
import io.rowpost.testservers.PostgresServer;
import io.rowpost.testservers.TestDatabase;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** The server of one invocation, and the JVMs of the ways on it. */
final class Stage implements AutoCloseable {
  /** Always to be had: installed here, or from Maven Central. */
  private static final int MAJOR = 15;

  private static final Map<String, String> SETTINGS =
      Map.of("shared_buffers", "1GB", "max_wal_size", "8GB", "max_connections", "400");
  private static final List<String> JVM = List.of("-Xms512m", "-Xmx1g");
  private static final String OPEN_APPEND =
      """
      INSERT INTO "rowpost_outbox" (id, bucket, topic, type, content_type, payload)
      VALUES (gen_random_uuid(), 1, 'bench.events', 'Measured', 'text/plain', '')
      """;
  private static final Duration LIMIT = Duration.ofMinutes(10);

  private final OwnDatabaseServer server;
  private final String peersClassPath;
  private final Optional<Path> profiles;
  private int recordings;

  private Stage(OwnDatabaseServer server, String peersClassPath, Optional<Path> profiles) {
    this.server = server;
    this.peersClassPath = peersClassPath;
    this.profiles = profiles;
  }

  /**
   * Starts PostgreSQL with fsync and synchronous_commit on.
   *
   * @param peers the file that holds the class path of the peers, if they could be loaded
   * @param profiles where flight recordings of the ways go, if any are wanted
   */
  static Stage open(Path peers, Optional<Path> profiles) throws IOException {
    Path classes = peers.resolveSibling("classes");
    String classPath =
        Files.exists(peers) ? classes + File.pathSeparator + Files.readString(peers).trim() : "";
    if (profiles.isPresent()) {
      Files.createDirectories(profiles.get());
    }
    return new Stage(PostgresServer.startOwn(MAJOR, SETTINGS), classPath, profiles);
  }

  boolean has(Entrant entrant) {
    return !entrant.peer() || !peersClassPath.isEmpty();
  }

  /** What the server is set to, beside fsync and synchronous_commit. */
  String settings() {
    return "fsync=on, synchronous_commit=on, wal_level=logical, "
        + SETTINGS.entrySet().stream()
            .map(setting -> setting.getKey() + "=" + setting.getValue())
            .sorted()
            .collect(Collectors.joining(", "));
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
    private final List<WayProcess> more = new ArrayList<>();
    private final Connection nuisance;
    private int fills;

    private Player(Entrant entrant, TestDatabase database, List<String> options)
        throws IOException, SQLException {
      this.entrant = entrant;
      this.database = database;
      connection = database.connect();
      nuisance = database.connect();
      process = start(options);
    }

    /** Begins what makes the way's life harder. */
    void harden(int history) throws SQLException {
      nuisance.setAutoCommit(false);
      switch (entrant.condition()) {
        case NONE, WRITER -> {}
        case HISTORY -> {
          process.call(LIMIT, "fill 0", history);
          process.call(LIMIT, "settle 0", history);
          Sql.execute(connection, "VACUUM (ANALYZE)");
        }
        case SNAPSHOT -> {
          nuisance.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
          Sql.number(nuisance, "SELECT 1");
        }
      }
    }

    private WayProcess start(List<String> options) throws IOException {
      List<String> main = new ArrayList<>();
      main.add(entrant.main().get(0));
      main.addAll(List.of(database.jdbcUrl(), database.user()));
      main.addAll(entrant.main().subList(1, entrant.main().size()));
      List<String> all = new ArrayList<>(JVM);
      all.addAll(options);
      if (profiles.isPresent()) {
        String name = "%s-%d.jfr".formatted(entrant.name(), recordings++);
        Path recording = profiles.get().resolve(name);
        all.add("-XX:StartFlightRecording=settings=profile,filename=" + recording);
      }
      String classPath = entrant.peer() ? peersClassPath : System.getProperty("java.class.path");
      return WayProcess.start(entrant.name(), classPath, all, main);
    }

    /** Another JVM of the same way on the same database. */
    WayProcess second() throws IOException {
      if (more.isEmpty()) {
        more.add(start(List.of()));
      }
      return more.get(0);
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

    Connection connection() {
      return connection;
    }

    /** The first number of the next backlog behind a history that stays. */
    int numbers(int history, int backlog) {
      return history + backlog * fills++;
    }

    /** Of the receiver's work too. */
    Meter meter(Player receiver) throws SQLException {
      return new Meter(connection, List.of(process.pid(), receiver.process.pid()), server.pid());
    }

    Meter meter() throws SQLException {
      return new Meter(connection, List.of(process.pid()), server.pid());
    }

    /** Leaves the same to every way: empty tables and pages that are not logged in full again. */
    void clear() throws SQLException {
      boolean writes = entrant.condition() == Entrant.Condition.WRITER;
      if (writes) {
        nuisance.rollback(); // nothing can be emptied while somebody appends
      }
      process.call(LIMIT, "clear");
      Sql.execute(connection, "CHECKPOINT");
      if (writes) {
        Sql.execute(nuisance, OPEN_APPEND);
      }
    }

    /** Appends a backlog that is known to the planner. */
    void fill(int from, int to) throws SQLException {
      process.call(LIMIT, "fill", from, to);
      Sql.execute(connection, "VACUUM (ANALYZE)");
    }

    @Override
    public void close() throws SQLException {
      more.forEach(WayProcess::close);
      process.close();
      nuisance.close();
      connection.close();
      database.close();
    }
  }
}
