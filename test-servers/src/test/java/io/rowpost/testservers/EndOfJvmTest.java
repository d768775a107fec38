package io.rowpost.testservers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Nothing may be left of a JVM's servers and databases, however it ends. */
@Tag("once")
class EndOfJvmTest {

  private Process child;

  @AfterEach
  void endChild() {
    child.destroyForcibly();
  }

  @Test
  void aKilledJvmTakesItsServersAlong() throws Exception {
    List<Left> left = startChild(ServersMain.class);
    assertThat(left).hasSize(3).allMatch(Left::isThere);

    child.destroyForcibly();

    await().atMost(Duration.ofMinutes(2)).until(() -> left.stream().noneMatch(Left::isThere));
  }

  @Test
  void aJvmThatExitsDropsItsDatabasesAndStopsItsServers() throws Exception {
    DatabaseServer postgres = PostgresServer.require();
    DatabaseServer mariaDb = MariaDbServer.require();
    List<Left> left = startChild(DatabasesMain.class);
    String onPostgres = left.get(0).name();
    String onMariaDb = left.get(1).name();
    Left server = left.get(2);
    assertThat(server.isThere()).isTrue();
    try (TestDatabase fromPostgres = postgres.createDatabase();
        TestDatabase fromMariaDb = mariaDb.createDatabase()) {
      String all = "SELECT datname FROM pg_database";
      assertThat(Sql.column(fromPostgres, all)).contains(onPostgres);
      assertThat(Sql.column(fromMariaDb, "SHOW DATABASES")).contains(onMariaDb);

      exitChild();

      assertThat(Sql.column(fromPostgres, all)).doesNotContain(onPostgres);
      assertThat(Sql.column(fromMariaDb, "SHOW DATABASES")).doesNotContain(onMariaDb);
      assertThat(server.isThere()).isFalse();
    }
  }

  private List<Left> startChild(Class<?> main) throws IOException {
    child = ChildJvm.start(main, Map.of(), List.of());
    List<Left> left = new ArrayList<>();
    BufferedReader lines = child.inputReader(StandardCharsets.UTF_8);
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      if (line.equals("ready")) {
        return left;
      }
      left.add(Left.parse(line));
    }
    throw new AssertionError("the child ended before it was ready");
  }

  private void exitChild() throws Exception {
    child.outputWriter().close();
    assertThat(child.waitFor(2, TimeUnit.MINUTES)).isTrue();
    assertThat(child.exitValue()).isZero();
  }

  /** A process and its folder; or, for a database, its name. */
  private record Left(String name, long pid) {

    static Left parse(String line) {
      int space = line.indexOf(' ');
      return new Left(line.substring(space + 1), Long.parseLong(line.substring(0, space)));
    }

    boolean isThere() {
      return ProcessHandle.of(pid).map(p -> !ServerProcess.isGone(p)).orElse(false)
          || Files.exists(Path.of(name));
    }
  }

  /** Starts a server of each kind and pauses one. */
  static final class ServersMain {

    private ServersMain() {}

    public static void main(String[] arguments) throws IOException {
      OwnDatabaseServer postgres = PostgresServer.startOwn(18);
      postgres.createDatabase();
      OwnDatabaseServer mariaDb = MariaDbServer.startOwn();
      KafkaServer kafka = KafkaServer.start();
      kafka.pause();
      System.out.println(postgres.pid() + " " + postgres.folder());
      System.out.println(mariaDb.pid() + " " + mariaDb.folder());
      System.out.println(kafka.pid() + " " + kafka.folder());
      awaitEndOfInput();
    }
  }

  /** Creates databases on shared servers and on one of its own. */
  static final class DatabasesMain {

    private DatabasesMain() {}

    public static void main(String[] arguments) throws IOException {
      System.out.println("0 " + PostgresServer.shared().createDatabase().name());
      System.out.println("0 " + MariaDbServer.shared().createDatabase().name());
      OwnDatabaseServer own = PostgresServer.startOwn(PostgresBinaries.defaultMajor());
      own.createDatabase();
      System.out.println(own.pid() + " " + own.folder());
      awaitEndOfInput();
    }
  }

  private static void awaitEndOfInput() throws IOException {
    System.out.println("ready");
    System.in.readAllBytes();
    System.exit(0);
  }
}
