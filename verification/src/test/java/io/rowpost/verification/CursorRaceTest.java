package io.rowpost.verification;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowpost.jdbc.Schema;
import io.rowpost.testservers.Await;
import io.rowpost.testservers.OwnDatabaseServer;
import io.rowpost.testservers.PostgresServer;
import io.rowpost.testservers.TestDatabase;
import io.rowpost.verification.RaceAudit.Findings;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The cursor of the log layout against writers of every awkward shape, restarts and crashes.
 *
 * <p>40,000 rows in every build, a million with {@code -Pfaults}.
 */
@Timeout(value = 15, unit = TimeUnit.MINUTES)
class CursorRaceTest {
  private static final boolean FAULTS = Boolean.getBoolean("rowpost.faults");
  private static final long ROWS = FAULTS ? 1_000_000 : 40_000;
  private static final long WRONG_ROWS = 40_000;
  private static final int CRASHES = FAULTS ? 10 : 2;
  private static final int WRITERS = 12;
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private static OwnDatabaseServer server;

  @BeforeAll
  static void start() {
    server =
        PostgresServer.startOwn(
            PostgresServer.require().majorVersion(),
            // What nobody flushes stays unflushed until a crash, on a slow machine too.
            Map.of("max_prepared_transactions", "50", "wal_writer_delay", "10s"));
  }

  @AfterAll
  static void stop() {
    if (server != null) {
      server.close();
    }
  }

  @Test
  void losesNothingRepeatsNothingKeepsTheOrder() throws Exception {
    long seed = System.nanoTime();
    try (TestDatabase database = server.createDatabase()) {
      DataSource dataSource = database.pooledDataSource(WRITERS + 4);
      Schema.install(dataSource);
      var random = new Random(seed);
      try (var writers = new RaceWriters(dataSource, WRITERS, ROWS, seed);
          var reader = new RaceReader(dataSource, seed)) {
        int restarts = 0;
        boolean idle = false;
        while (!idle) {
          boolean done = writers.areDone();
          idle = reader.turn() == 0 && !reader.hasMore() && done;
          if (random.nextInt(10) == 0) {
            reader.restart(random.nextBoolean());
            restarts++;
          }
        }
        writers.await();
        Findings findings = reader.audit().findings(RaceWriters.rows(dataSource));
        System.out.printf("seed %d: %s, %d restarts%n", seed, findings, restarts);
        assertThat(findings.committed()).isEqualTo(writers.committed()).isPositive();
        assertThat(findings.areClean()).as("%s, seed %d", findings, seed).isTrue();
        assertThat(restarts).isPositive();
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void wrongCursorsAreFoundOut(WrongReader.Bug bug) throws Exception {
    long seed = System.nanoTime();
    try (TestDatabase database = server.createDatabase()) {
      DataSource dataSource = database.pooledDataSource(WRITERS + 4);
      Schema.install(dataSource);
      try (var writers = new RaceWriters(dataSource, WRITERS, WRONG_ROWS, seed)) {
        var reader = new WrongReader(dataSource, bug);
        boolean idle = false;
        while (!idle) {
          boolean done = writers.areDone();
          idle = reader.turn() == 0 && done;
        }
        writers.await();
        Findings findings = reader.audit().findings(RaceWriters.rows(dataSource));
        System.out.printf("%s: %s%n", bug, findings);
        assertThat(findings.areClean())
            .as("%s: %s, seed %d", bug, findings, seed)
            .isEqualTo(bug == WrongReader.Bug.NONE);
      }
    }
  }

  /**
   * A crash forgets transactions that wrote nothing which was flushed, and their ids are given out
   * again. A reader that had moved its cursor past them skips whoever gets them next.
   */
  @Test
  void noCrashHidesWhatIsAppendedAfterIt() throws Exception {
    try (TestDatabase database = server.createDatabase();
        var reader = new RaceReader(database.dataSource(), 1)) {
      Schema.install(database.dataSource());
      long bareLost = 0;
      for (int crash = 1; crash <= CRASHES; crash++) {
        reader.turn();
        drawIds(database.dataSource(), 20);
        reader.probe();
        reader.turn();
        drawIds(database.dataSource(), 20);
        reader.probe();
        String bare = snapshot(database.dataSource());
        server.kill();
        server.restart();
        append(database.dataSource(), "k", crash);
        // What was in flight comes once more; that is no new row.
        for (int turn = 0; turn < 10 && reader.audit().count() < crash; turn++) {
          reader.turnOrRestart();
        }
        assertThat(reader.audit().count()).as("rows read after crash %d", crash).isEqualTo(crash);
        bareLost += hiddenBy(database.dataSource(), bare);
      }
      assertThat(reader.audit().findings(CRASHES).areClean()).isTrue();
      System.out.printf("%d of %d crashes hid a row%n", bareLost, CRASHES);
      assertThat(bareLost)
          .as("rows hidden from a cursor that was kept over the crash")
          .isPositive();
    }
  }

  /**
   * A standby that had lagged behind gives out ids again that the primary had given out, so a
   * cursor that is kept in memory over the change of servers skips whoever gets them.
   */
  @Test
  void noFailoverHidesWhatIsAppendedAfterIt() throws Exception {
    try (OwnDatabaseServer primary = PostgresServer.startOwn(server.majorVersion());
        OwnDatabaseServer standby = primary.startStandby();
        TestDatabase database = primary.createDatabase()) {
      DataSource before = database.dataSource();
      DataSource after = database.dataSourceAt(standby);
      var current = new AtomicReference<>(before);
      Schema.install(before);
      try (var reader = new RaceReader(switching(current), 1)) {
        append(before, "both", 1);
        assertThat(reader.turn()).isEqualTo(1);
        reader.turn();
        assertThat(Await.until(PATIENCE, () -> count(after, "rowpost_relay_cursor") >= 3)).isTrue();
        standby.stop();
        drawIds(before, 20);
        append(before, "lost", 1);
        assertThat(reader.turn()).as("rows published that the standby never gets").isEqualTo(1);
        reader.turn();
        String kept = snapshot(before);
        primary.kill();

        standby.restart();
        standby.promote();
        current.set(after);
        append(after, "new", 1);
        for (int turn = 0; turn < 10 && reader.audit().count() < 3; turn++) {
          reader.turnOrRestart();
        }
        assertThat(reader.audit().count()).as("rows read, the last one after it").isEqualTo(3);
        // What was settled on the primary alone may come once more.
        Findings findings = reader.audit().findings(3);
        assertThat(findings.lost() + findings.inversions()).as("%s", findings).isZero();
        assertThat(hiddenBy(after, kept)).as("rows hidden from a kept cursor").isEqualTo(1);
      }
    }
  }

  private static DataSource switching(AtomicReference<DataSource> current) {
    return (DataSource)
        Proxy.newProxyInstance(
            CursorRaceTest.class.getClassLoader(),
            new Class<?>[] {DataSource.class},
            (proxy, method, arguments) -> {
              try {
                return method.invoke(current.get(), arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  /** 0 as long as the table is not there. */
  private static long count(DataSource dataSource, String table) {
    try (Connection connection = dataSource.getConnection();
        var statement = connection.createStatement();
        var row = statement.executeQuery("SELECT count(*) FROM " + table)) {
      row.next();
      return row.getLong(1);
    } catch (SQLException notYet) {
      return 0;
    }
  }

  /** Transactions that get an id and are rolled back. */
  private static void drawIds(DataSource database, int count) throws SQLException {
    try (Connection connection = database.getConnection();
        var statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      for (int i = 0; i < count; i++) {
        statement.execute("SELECT pg_current_xact_id()");
        connection.rollback();
      }
    }
  }

  private static String snapshot(DataSource database) throws SQLException {
    try (Connection connection = database.getConnection();
        var statement = connection.createStatement();
        var row = statement.executeQuery("SELECT pg_current_snapshot()::text")) {
      row.next();
      return row.getString(1);
    }
  }

  private static void append(DataSource database, String key, long number) throws SQLException {
    try (Connection connection = database.getConnection();
        var statement = connection.createStatement()) {
      statement.execute(
          """
          INSERT INTO rowpost_outbox (id, bucket, topic, message_key, type, content_type, payload)
          VALUES (gen_random_uuid(), 0, 'race', '%s', 'T', 'text/plain', '%d')"""
              .formatted(key, number));
    }
  }

  /** How many of the newest row a cursor at a snapshot would never read: 0 or 1. */
  private static long hiddenBy(DataSource database, String snapshot) throws SQLException {
    try (Connection connection = database.getConnection();
        var statement =
            connection.prepareStatement(
                """
            SELECT count(*)
              FROM (SELECT xid FROM rowpost_outbox ORDER BY seq DESC LIMIT 1) o
             WHERE pg_visible_in_snapshot(o.xid, ?::pg_snapshot)""")) {
      statement.setString(1, snapshot);
      try (var row = statement.executeQuery()) {
        row.next();
        return row.getLong(1);
      }
    }
  }
}
