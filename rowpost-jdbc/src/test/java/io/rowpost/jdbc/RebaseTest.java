package io.rowpost.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.rowpost.core.OutboxAdmin;
import io.rowpost.core.OutboxBatch.Entry;
import io.rowpost.core.OutboxBatch.Settled;
import io.rowpost.core.OutboxRecord;
import io.rowpost.core.RowpostException;
import io.rowpost.core.Settlement;
import io.rowpost.testservers.DatabaseServer;
import io.rowpost.testservers.PostgresServer;
import io.rowpost.testservers.TestDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** An outbox whose dump was restored in another cluster, where its xids are other transactions. */
@Tag("once")
class RebaseTest {
  private static final Duration HOUR = Duration.ofHours(1);

  @TempDir private Path folder;

  /**
   * First into a cluster that has given out fewer xids, where what the old cursor knows can be told
   * from new rows that seem older than it; then back, where nothing can be told.
   */
  @Test
  void whatCannotBeToldToBeSentIsSentAgainAndNothingElse() throws Exception {
    DatabaseServer busy = PostgresServer.require();
    try (TestDatabase first = busy.createDatabase()) {
      Schema.install(first.dataSource());
      fill(first);
      try (var young = PostgresServer.startOwn(busy.majorVersion());
          TestDatabase second = young.createDatabase()) {
        restore(first, second);
        assertRefused(second, "relay");
        assertRefused(second, "another");
        append(second, "w", "new 1");
        try (Connection open = second.connect();
            Connection nested = second.connect()) {
          open.setAutoCommit(false);
          append(open, "w", "open");
          append(second, "w", "new 2");
          nested.setAutoCommit(false);
          append(nested, null, "outer");
          nested.setSavepoint();
          append(nested, null, "inner");
          nested.commit();

          assertThat(Schema.rebase(second.dataSource())).isEqualTo(7);
          open.commit();
        }
        assertThat(audit(second)).endsWith("7 known to be consumed, 7");
        assertThat(Schema.rebase(second.dataSource())).isZero();
        try (var store = store(second)) {
          var relay = new RelayTurns(store);
          assertThat(relay.drain())
              .containsExactly(
                  "window 2", "window 4", "window 5", "new 1", "open", "new 2", "outer", "inner");
          makeDue(second);
          assertThat(relay.drain()).containsExactly("retried", "behind");
          assertThat(store.admin().counts()).isEqualTo(new OutboxAdmin.Counts(0, 0, 0, 0, 15));
          relay.release();
        }

        try (TestDatabase third = busy.createDatabase()) {
          restore(second, third);
          assertRefused(third, "relay");
          append(third, null, "newest");
          // All that the second relay had sent itself; what it knew from the first stays known.
          assertThat(Schema.rebase(third.dataSource())).isEqualTo(9);
          assertThat(audit(third)).endsWith("0 known to be consumed, 9");
          try (var store = store(third)) {
            assertThat(new RelayTurns(store).drain())
                .containsExactly(
                    "window 2",
                    "window 4",
                    "window 5",
                    "new 1",
                    "open",
                    "new 2",
                    "outer",
                    "inner",
                    "newest");
          }
        }
      }
    }
  }

  /** Three sent, two parked; two of a window settled, one of them out of turn; three left. */
  private static void fill(TestDatabase database) throws Exception {
    try (var store = store(database)) {
      var relay = new RelayTurns(store);
      append(database, null, "sent 1");
      append(database, "k", "sent 2");
      append(database, "k", "sent 3");
      relay.drain();
      append(database, "r", "retried");
      append(database, "r", "behind");
      List<Entry> parked = relay.fetch(10);
      relay.settle(
          new Settled(parked.get(0), new Settlement.Retry(HOUR, "refused")),
          new Settled(parked.get(1), new Settlement.Waiting(Duration.ZERO, "waits")));
      for (int i = 1; i <= 5; i++) {
        append(database, "w", "window " + i);
      }
      List<Entry> window = relay.fetch(3);
      relay.settle(
          new Settled(window.get(0), new Settlement.Sent()),
          new Settled(window.get(2), new Settlement.Sent()));
      relay.release();
    }
  }

  /** One has sent what another has parked, and the other way round. */
  @Test
  void everyOneOfSeveralRelaysGetsWhatItHadNotSent() throws Exception {
    try (TestDatabase database = PostgresServer.require().createDatabase()) {
      Schema.install(database.dataSource());
      append(database, null, "by both");
      append(database, "k", "parked by one");
      append(database, null, "by one");
      append(database, null, "by none");
      try (var store = store(database)) {
        var one = new RelayTurns(store, "one");
        List<Entry> all = one.fetch(3);
        one.settle(
            new Settled(all.get(0), new Settlement.Sent()),
            new Settled(all.get(1), new Settlement.Retry(HOUR, "refused")),
            new Settled(all.get(2), new Settlement.Sent()));
        var two = new RelayTurns(store, "two");
        two.settle(new Settled(two.fetch(1).get(0), new Settlement.Sent()));
        // As if read elsewhere, where the xids were far ahead of ours.
        elsewhere(database);
        assertThat(Schema.rebase(database.dataSource())).isEqualTo(3);

        assertThat(new RelayTurns(store, "two").drain())
            .containsExactly("by one", "by none", "parked by one");
        var again = new RelayTurns(store, "one");
        List<Entry> entries = again.fetch(10);
        assertThat(entries)
            .extracting(entry -> entry.record().type())
            .containsExactly("by one", "by none", "parked by one");
        again.settle(
            new Settled(entries.get(0), new Settlement.Sent()),
            new Settled(entries.get(1), new Settlement.Sent()),
            new Settled(entries.get(2), new Settlement.Waiting(Duration.ZERO, "waits")));
        makeDue(database);
        assertThat(again.drain()).containsExactly("parked by one", "parked by one");
      }
    }
  }

  /** Moves all xids and cursors to a million further on, and names another cluster. */
  private static void elsewhere(TestDatabase database) throws Exception {
    String sql =
        """
        UPDATE {outbox} SET xid = (xid::text::bigint + 1000000000)::text::xid8;
        UPDATE {relay_cursor}
           SET consumed = CASE WHEN consumed::text = '3:3:' THEN consumed ELSE
                 ((pg_snapshot_xmin(consumed)::text::bigint + 1000000000) || ':'
                  || (pg_snapshot_xmax(consumed)::text::bigint + 1000000000)
                  || ':')::pg_snapshot END,
               reading =
                 ((pg_snapshot_xmin(reading)::text::bigint + 1000000000) || ':'
                  || (pg_snapshot_xmax(reading)::text::bigint + 1000000000)
                  || ':')::pg_snapshot;
        UPDATE {relay} SET cluster = 42""";
    execute(database, sql);
  }

  @Test
  void rowsFromElsewhereAreNoticedEvenIfNoRelayHadReadThem() throws Exception {
    try (TestDatabase database = PostgresServer.require().createDatabase()) {
      Schema.install(database.dataSource());
      append(database, null, "a");
      elsewhere(database);
      assertRefused(database, "relay");
      assertThat(Schema.rebase(database.dataSource())).isEqualTo(1);
      try (var store = store(database)) {
        assertThat(new RelayTurns(store).drain()).containsExactly("a");
      }
    }
  }

  /** Logical replication copies rows only. The highest seq is that of what is parked. */
  @ParameterizedTest
  @EnumSource(Layout.class)
  void sequencesThatWereNotCopiedGoOnBehindTheRows(Layout layout) throws Exception {
    try (TestDatabase database = PostgresServer.require().createDatabase()) {
      Schema.install(database.dataSource(), null, Tables.DEFAULT_PREFIX, layout);
      append(database, "k", "unsent");
      append(database, "p", "parked");
      try (var store = store(database)) {
        var relay = new RelayTurns(store);
        relay.settle(new Settled(relay.fetch(2).get(1), new Settlement.Retry(HOUR, "refused")));
        relay.release();
        if (layout == Layout.LOG) {
          elsewhere(database);
        }
        execute(
            database,
            """
            INSERT INTO {audit} (actor, act, subject, affected, reason) VALUES ('a', 'b', 'c', 0, '');
            ALTER TABLE {outbox} ALTER seq RESTART;
            ALTER TABLE {audit} ALTER seq RESTART""");

        Schema.rebase(database.dataSource());
        append(database, "k", "new");
        assertThat(highestSeq(database)).isEqualTo(3);
        assertThat(new RelayTurns(store).drain()).containsExactly("unsent", "new");
        Schema.rebase(database.dataSource());
        append(database, "k", "newest");
        assertThat(highestSeq(database)).as("was not set back").isEqualTo(4);
      }
    }
  }

  private static long highestSeq(TestDatabase database) throws Exception {
    try (Connection connection = database.connect();
        var statement = connection.createStatement();
        var row =
            statement.executeQuery(
                Tables.of(Dialect.POSTGRESQL).fill("SELECT max(seq) FROM {outbox}"))) {
      row.next();
      return row.getLong(1);
    }
  }

  @Test
  void whereItIsNotNeededNothingHappens() throws Exception {
    try (TestDatabase database = PostgresServer.require().createDatabase()) {
      Schema.install(database.dataSource());
      fill(database);
      assertThat(Schema.rebase(database.dataSource())).isZero();
      try (var store = store(database)) {
        assertThat(new RelayTurns(store).drain())
            .containsExactly("window 2", "window 4", "window 5");
      }
      Schema.convert(database.dataSource(), Layout.ROW);
      assertThat(Schema.rebase(database.dataSource())).isZero();
    }
  }

  // ---- words of these tests

  private void restore(TestDatabase from, TestDatabase to) throws Exception {
    Path dump = folder.resolve(from.name() + ".sql");
    run(from, "pg_dump", "--no-owner", "--file=" + dump);
    run(to, "psql", "--no-psqlrc", "--quiet", "-v", "ON_ERROR_STOP=1", "--file=" + dump);
  }

  private void run(TestDatabase database, String... command)
      throws IOException, InterruptedException {
    boolean installed =
        Arrays.stream(System.getenv("PATH").split(java.io.File.pathSeparator))
            .anyMatch(path -> Files.isExecutable(Path.of(path, command[0])));
    assumeTrue(installed, command[0] + " is not installed");
    var builder = new ProcessBuilder(command);
    builder
        .environment()
        .putAll(
            Map.of(
                "PGHOST", database.address().getHostString(),
                "PGPORT", String.valueOf(database.address().getPort()),
                "PGUSER", database.user(),
                "PGPASSWORD", database.password(),
                "PGDATABASE", database.name()));
    Path output = folder.resolve("output.txt");
    builder.redirectErrorStream(true).redirectOutput(output.toFile());
    assertThat(builder.start().waitFor()).as(Files.readString(output)).isZero();
  }

  private static JdbcOutboxStore store(TestDatabase database) {
    return JdbcOutboxStore.builder(database.dataSource()).build();
  }

  private static void assertRefused(TestDatabase database, String relay) {
    try (var store = store(database)) {
      assertThatThrownBy(() -> new RelayTurns(store, relay))
          .isInstanceOfSatisfying(
              RowpostException.class, e -> assertThat(e.code()).isEqualTo("ROWPOST-217"));
      // Of which xids say wrongly that every relay has passed them.
      assertThatThrownBy(() -> store.admin().purge(Duration.ZERO))
          .hasMessageStartingWith("ROWPOST-217 Nothing was purged");
    }
  }

  private static void append(TestDatabase database, String key, String type) throws Exception {
    try (Connection connection = database.connect()) {
      connection.setAutoCommit(false);
      append(connection, key, type);
      connection.commit();
    }
  }

  private static void append(Connection connection, String key, String type) {
    try (var store = JdbcOutboxStore.appendOnly().build()) {
      store.append(
          connection, List.of(OutboxRecord.to("orders").key(key).type(type).payload(type).build()));
    }
  }

  private static void makeDue(TestDatabase database) throws Exception {
    execute(
        database,
        """
        UPDATE {outbox_parked} SET next_attempt_at = next_attempt_at - interval '1 hour'
         WHERE next_attempt_at IS NOT NULL""");
  }

  private static void execute(TestDatabase database, String sql) throws Exception {
    try (Connection connection = database.connect();
        var statement = connection.createStatement()) {
      statement.execute(Tables.of(Dialect.POSTGRESQL).fill(sql));
    }
  }

  private static String audit(TestDatabase database) throws Exception {
    String sql = "SELECT act, subject, affected FROM {audit} ORDER BY seq DESC LIMIT 1";
    try (Connection connection = database.connect();
        var statement = connection.createStatement();
        var row = statement.executeQuery(Tables.of(Dialect.POSTGRESQL).fill(sql))) {
      var words = new ArrayList<String>();
      row.next();
      words.add(row.getString(1) + " " + row.getString(2));
      words.add(row.getString(3));
      return String.join(", ", words);
    }
  }
}
