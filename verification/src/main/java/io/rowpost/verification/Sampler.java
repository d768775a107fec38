package io.rowpost.verification;

import io.rowpost.testservers.TestDatabase;
import io.rowpost.verification.Samples.OfProcess;
import io.rowpost.verification.Samples.OfTable;
import io.rowpost.verification.Samples.Role;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Looks from outside what the processes and tables of a run take, every few seconds, and writes it
 * into {@code processes.csv} and {@code tables.csv} beside the history.
 *
 * <p>Processes come and go, and the database may be away: what cannot be had is left out.
 */
final class Sampler implements AutoCloseable {
  private static final Duration PERIOD = Duration.ofSeconds(5);

  private static final String POSTGRES =
      """
      SELECT relname, n_dead_tup, pg_total_relation_size(relid)
        FROM pg_stat_user_tables
       WHERE relname LIKE 'rowpost%'
       ORDER BY relname""";

  private static final String MARIADB =
      """
      SELECT table_name, NULL, data_length + index_length
        FROM information_schema.tables
       WHERE table_schema = database() AND table_name LIKE 'rowpost%'
       ORDER BY table_name""";

  private final FaultScene scene;
  private final TestDatabase database;
  private final String tableSql;
  private final Path processesFile;
  private final Path tablesFile;
  private final long start = System.nanoTime();
  private final List<OfProcess> processes = new ArrayList<>();
  private final List<OfTable> tables = new ArrayList<>();
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Thread thread = new Thread(this::loop, "sampler");

  /** Begins. */
  Sampler(FaultScene scene, Storage storage) {
    this.scene = scene;
    this.database = scene.tables();
    this.tableSql = storage.isPostgres() ? POSTGRES : MARIADB;
    this.processesFile = scene.folder().resolve("processes.csv");
    this.tablesFile = scene.folder().resolve("tables.csv");
    append(processesFile, List.of(OfProcess.COLUMNS));
    append(tablesFile, List.of(OfTable.COLUMNS));
    thread.setDaemon(true);
    thread.start();
  }

  private void loop() {
    try {
      do {
        sample();
      } while (!closed.await(PERIOD.toNanos(), TimeUnit.NANOSECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void sample() {
    long now = System.nanoTime();
    var newProcesses = new ArrayList<OfProcess>();
    for (Map.Entry<Role, List<Member>> role : scene.members().entrySet()) {
      for (Member member : role.getValue()) {
        sample(now, role.getKey(), member, newProcesses);
      }
    }
    List<OfTable> newTables = tables(now);
    append(processesFile, newProcesses.stream().map(sample -> sample.csv(start)).toList());
    append(tablesFile, newTables.stream().map(sample -> sample.csv(start)).toList());
    synchronized (this) {
      processes.addAll(newProcesses);
      tables.addAll(newTables);
    }
  }

  private static void sample(long now, Role role, Member member, List<OfProcess> samples) {
    Child child = member.child();
    try {
      Path proc = Path.of("/proc", Long.toString(child.pid()));
      List<String> status = Files.readAllLines(proc.resolve("status"));
      long descriptors;
      try (Stream<Path> open = Files.list(proc.resolve("fd"))) {
        descriptors = open.count();
      }
      samples.add(
          new OfProcess(
              now,
              role,
              member.process(),
              child.takeHeap(),
              1024 * number(status, "VmRSS:"),
              number(status, "Threads:"),
              descriptors));
      child.say("heap");
    } catch (IOException | UncheckedIOException gone) {
      // It has ended meanwhile.
    }
  }

  /** The first number of a line; 0 if there is none, as of a process that has just died. */
  private static long number(List<String> status, String name) {
    return status.stream()
        .filter(line -> line.startsWith(name))
        .map(line -> line.replaceAll("\\D+", ""))
        .mapToLong(Long::parseLong)
        .findFirst()
        .orElse(0);
  }

  /** Each time on a connection of its own, which a fault may end. */
  private List<OfTable> tables(long now) {
    var samples = new ArrayList<OfTable>();
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(tableSql)) {
      while (row.next()) {
        long dead = row.getLong(2);
        samples.add(
            new OfTable(
                now, row.getString(1), row.wasNull() ? Samples.ABSENT : dead, row.getLong(3)));
      }
    } catch (SQLException away) {
      return List.of();
    }
    return samples;
  }

  private static void append(Path file, List<String> lines) {
    try {
      Files.write(file, lines, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What was sampled so far. */
  synchronized Samples samples() {
    return new Samples(List.copyOf(processes), List.copyOf(tables));
  }

  @Override
  public void close() {
    closed.countDown();
  }
}
