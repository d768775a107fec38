package io.rowpost.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.rowpost.core.OutboxAdmin;
import io.rowpost.core.OutboxAdmin.Act;
import io.rowpost.core.OutboxAdmin.Filter;
import io.rowpost.core.OutboxAdmin.Item;
import io.rowpost.core.OutboxBatch.Entry;
import io.rowpost.core.OutboxBatch.Settled;
import io.rowpost.core.OutboxRecord;
import io.rowpost.core.OutboxRelay;
import io.rowpost.core.OutboxStatus;
import io.rowpost.core.RowpostException;
import io.rowpost.core.Settlement;
import io.rowpost.testservers.Await;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Tables that get the other layout: every message keeps its state and its place. */
class SchemaConvertTest {
  private static final Duration HOUR = Duration.ofHours(1);
  private static final Act ACT = new Act("alice", "as planned");

  private final Databases database = Databases.create(Dialect.POSTGRESQL);

  @AfterEach
  void dropDatabase() {
    database.close();
  }

  @ParameterizedTest
  @CsvSource({"LOG, ROW", "ROW, LOG"})
  void everyMessageKeepsItsStateThereAndBack(Layout from, Layout to) {
    database.with(from).install();
    try (var before = store()) {
      fill(before);
    }
    Map<String, String> states = states();
    assertThat(states)
        .containsExactlyInAnyOrderEntriesOf(
            Map.ofEntries(
                Map.entry("sent 1", "SENT 0"),
                Map.entry("sent 2", "SENT 0"),
                Map.entry("retried", "PENDING 1"),
                Map.entry("behind retried", "PENDING 0"),
                Map.entry("failed", "FAILED 1"),
                Map.entry("behind failed", "PENDING 0"),
                Map.entry("discarded", "FAILED 1 discarded"),
                Map.entry("delayed", "PENDING 0"),
                Map.entry("window 1", "PENDING 0"),
                Map.entry("window 2", "SENT 0"),
                Map.entry("window 3", "PENDING 0"),
                Map.entry("window 4", "PENDING 0"),
                Map.entry("window 5", "PENDING 0")));

    convert(to);
    assertThat(states()).isEqualTo(states);
    assertThat(items()).isEqualTo(states);
    convert(from);
    assertThat(states()).isEqualTo(states);
    convert(to);
    assertThat(states()).isEqualTo(states);

    try (var after = store()) {
      var relay = new RelayTurns(after);
      assertThat(relay.drain()).containsExactly("window 1", "window 3", "window 4", "window 5");
      assertThat(after.admin().retryAll(Filter.ALL, ACT)).isEqualTo(1);
      database.execute(
          """
          UPDATE {outbox_parked}
             SET next_attempt_at = next_attempt_at - interval '1 hour' WHERE status = 'PENDING'""");
      assertThat(relay.drain())
          .containsExactlyInAnyOrder(
              "failed", "behind failed", "retried", "behind retried", "delayed")
          .containsSubsequence("failed", "behind failed")
          .containsSubsequence("retried", "behind retried");
      states.replaceAll((label, state) -> state.contains("discarded") ? state : "SENT 0");
      assertThat(states()).isEqualTo(states);
      assertThat(after.admin().counts()).isEqualTo(new OutboxAdmin.Counts(0, 0, 0, 1, 12));

      append(after, "k", "new");
      assertThat(relay.drain()).containsExactly("new");
      assertThat(after.admin().purge(Duration.ZERO)).isEqualTo(14);
      assertThat(states()).isEmpty();
    }
  }

  @Test
  void rowsAreReadOnFromTheFirstThatIsNotSent() {
    database.install();
    try (var store = store()) {
      fill(store);
      convert(Layout.ROW);
      assertThat(lowSeq())
          .isPositive()
          .isEqualTo(database.count("SELECT min(seq) - 1 FROM {outbox} WHERE status = 'PENDING'"));
    }
    database.execute(
        "UPDATE {outbox} SET status = 'SENT', sent_at = now() WHERE status = 'PENDING'");
    convert(Layout.LOG);
    convert(Layout.ROW);
    assertThat(lowSeq()).isEqualTo(database.count("SELECT max(seq) FROM {outbox}"));
  }

  private long lowSeq() {
    return database.count("SELECT low_seq FROM {relay}");
  }

  /** One record of each kind; then a window that was read half-way, with one settled in it. */
  private void fill(JdbcOutboxStore store) {
    var relay = new RelayTurns(store);
    append(store, null, "sent 1");
    append(store, "s", "sent 2");
    relay.drain();
    append(store, "r", "retried", "behind retried");
    append(store, "f", "failed", "behind failed");
    append(store, "d", "discarded");
    append(store, null, "delayed");
    List<Entry> parked = relay.fetch(100);
    assertThat(parked).hasSize(6);
    relay.settle(
        new Settled(parked.get(0), new Settlement.Retry(HOUR, "refused")),
        new Settled(parked.get(1), new Settlement.Waiting(Duration.ZERO, "waits")),
        new Settled(parked.get(2), new Settlement.Failed("refused", true)),
        new Settled(parked.get(3), new Settlement.Waiting(Duration.ZERO, "waits")),
        new Settled(parked.get(4), new Settlement.Failed("refused", true)),
        new Settled(parked.get(5), new Settlement.Waiting(HOUR, "early")));
    List<Item> failed = store.admin().find(Filter.of(OutboxStatus.FAILED).key("d"), 0, 10);
    store.admin().discard(failed.get(0), ACT);
    append(store, "w", "window 1");
    append(store, null, "window 2");
    append(store, "w", "window 3", "window 4", "window 5");
    List<Entry> window = relay.fetch(3);
    assertThat(window).hasSize(3);
    relay.settle(new Settled(window.get(1), new Settlement.Sent()));
  }

  @ParameterizedTest
  @CsvSource({"LOG, ROW", "ROW, LOG"})
  void aRunningStoreFailsOnceAndThenKnowsTheNewLayout(Layout from, Layout to) {
    database.with(from).install();
    try (var store = store();
        var looking = store()) {
      var relay = new RelayTurns(store);
      append(store, "k", "before");
      assertThat(relay.fetch(10)).hasSize(1);
      assertThat(looking.admin().counts().pending()).isEqualTo(1);

      convert(to);

      assertThat(catchThrowable(() -> relay.fetch(10))).isInstanceOf(RowpostException.class);
      assertThat(new RelayTurns(store).drain()).containsExactly("before");
      assertThat(catchThrowable(() -> looking.admin().counts()))
          .isInstanceOf(RowpostException.class);
      assertThat(looking.admin().counts().pending()).isZero();
    }
  }

  /** Two writers and a relay that go on, while the layout is changed and changed back. */
  @Test
  void writersAndARelayGoOnMeanwhile() throws Exception {
    database.install();
    var sent = new CopyOnWriteArrayList<String>();
    try (var store = store()) {
      OutboxRelay relay =
          OutboxRelay.builder(
                  store,
                  message -> {
                    sent.add(message.key() + " " + message.type());
                    return CompletableFuture.completedFuture(null);
                  })
              .pollInterval(Duration.ofMillis(20))
              .build()
              .start();
      int each = 300;
      var failure = new AtomicReference<Throwable>();
      var writers =
          List.of("a", "b").stream()
              .map(
                  key ->
                      new Thread(
                          () -> {
                            for (int i = 0; i < each; i++) {
                              append(store, key, String.valueOf(i));
                            }
                          }))
              .toList();
      for (Thread writer : writers) {
        writer.setUncaughtExceptionHandler((thread, e) -> failure.set(e));
        writer.start();
      }
      for (int i = 0; i < 3; i++) {
        int soFar = sent.size();
        assertThat(
                Await.until(
                    Duration.ofSeconds(60),
                    () -> sent.size() > soFar + 10 || sent.size() >= 2 * each))
            .isTrue();
        convert(i % 2 == 0 ? Layout.ROW : Layout.LOG);
      }
      for (Thread writer : writers) {
        writer.join();
      }
      assertThat(failure.get()).isNull();
      assertThat(Await.until(Duration.ofSeconds(60), () -> new HashSet<>(sent).size() == each * 2))
          .isTrue();
      relay.close();
      for (String key : List.of("a", "b")) {
        List<String> inOrder =
            sent.stream().filter(line -> line.startsWith(key)).distinct().toList();
        for (int i = 0; i < each; i++) {
          assertThat(inOrder.get(i)).isEqualTo(key + " " + i);
        }
      }
    }
  }

  /** A conversion waits for a relay's turn, and then sees what that has committed. */
  @Test
  void anIsolationOfThePoolDoesNotHideWhatIsCommittedMeanwhile() throws Exception {
    database.install();
    database.execute(
        "ALTER DATABASE \"%s\" SET default_transaction_isolation = 'repeatable read'"
            .formatted(database.query("SELECT current_database()")));
    database.forgetConnections();
    try (var store = store();
        var turn = database.dataSource().getConnection();
        var statement = turn.createStatement()) {
      append(store, "k", "sent late");
      new RelayTurns(store).fetch(10);
      turn.setAutoCommit(false);
      statement.execute(
          Tables.of(Dialect.POSTGRESQL)
              .fill(
                  """
                  INSERT INTO {relay_cursor} (relay, shard, n, consumed, last_seq, low_seq, settled)
                  SELECT relay, 0, 99, pg_current_snapshot(), 0, 0, '{}' FROM {relay} FOR UPDATE"""));
      var converting = new Thread(() -> convert(Layout.ROW));
      converting.start();
      assertThat(
              Await.until(
                  Duration.ofSeconds(30),
                  () -> database.count("SELECT count(*) FROM pg_locks WHERE NOT granted") > 0))
          .isTrue();
      turn.commit();
      converting.join();
    }
    assertThat(states()).isEqualTo(Map.of("sent late", "SENT 0"));
  }

  @Test
  void nothingIsDoneWhereNothingIsToDo() {
    database.install();
    assertThat(Schema.convert(database.dataSource(), Layout.LOG)).isFalse();
    assertThat(Schema.convert(database.dataSource(), Layout.ROW)).isTrue();
    assertThat(Schema.convert(database.dataSource(), Layout.ROW)).isFalse();
  }

  @Test
  void withoutTablesThereIsNothingToConvert() {
    assertRefused("ROWPOST-201", database, Layout.ROW);
  }

  @Test
  void anotherPrefixAndSchemaAreConverted() {
    database.execute("CREATE SCHEMA shop");
    Schema.install(database.dataSource(), "shop", "x_", Layout.ROW);
    assertThat(Schema.verify(database.dataSource(), "shop", "x_")).isEmpty();
    for (Layout layout : List.of(Layout.LOG, Layout.ROW)) {
      assertThat(Schema.convert(database.dataSource(), "shop", "x_", layout)).isTrue();
      assertThat(Schema.verify(database.dataSource(), "shop", "x_")).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"H2", "MARIADB"})
  void theOtherDatabasesHaveTheRowLayoutOnly(Dialect dialect) {
    try (var other = Databases.create(dialect)) {
      assertThatThrownBy(
              () -> Schema.install(other.dataSource(), null, Tables.DEFAULT_PREFIX, Layout.LOG))
          .isInstanceOfSatisfying(
              RowpostException.class, e -> assertThat(e.code()).isEqualTo("ROWPOST-218"));
      other.install();
      assertRefused("ROWPOST-218", other, Layout.LOG);
      assertThat(Schema.convert(other.dataSource(), Layout.ROW)).isFalse();
    }
  }

  @Test
  void severalRelaysKeepTheLogLayoutUntilOneIsLeft() {
    database.install();
    try (var store = store()) {
      append(store, "k", "a", "b");
      assertThat(new RelayTurns(store, "one").fetch(10)).hasSize(2);
      var other = new RelayTurns(store, "other");
      Entry a = other.fetch(1).get(0);
      other.settle(new Settled(a, new Settlement.Retry(HOUR, "refused")));
      other.drain();
    }
    assertRefused("ROWPOST-218", database, Layout.ROW);
    assertThatThrownBy(() -> runScript(Layout.ROW)).hasMessageContaining("division by zero");
    assertThat(Schema.verify(database.dataSource())).isEmpty();

    // What the other one has sent or parked says nothing about this one.
    database.execute("DELETE FROM {relay} WHERE relay = 'other'");
    convert(Layout.ROW);
    database.execute("DELETE FROM {outbox_parked} WHERE relay = 'other'");
    assertThat(states()).isEqualTo(Map.of("a", "PENDING 0", "b", "PENDING 0"));
  }

  @Test
  void inAnotherClusterTheRowLayoutIsRefused() {
    database.install();
    try (var store = store()) {
      append(store, "k", "a");
      new RelayTurns(store).drain();
    }
    database.execute("UPDATE {relay} SET cluster = 42");

    assertRefused("ROWPOST-217", database, Layout.ROW);
    assertThatThrownBy(() -> runScript(Layout.ROW)).hasMessageContaining("division by zero");
  }

  @Test
  void theScriptOfTheRolesFitsBothLayouts() {
    try (var roles = new DatabaseRoles(Dialect.POSTGRESQL)) {
      for (Layout layout : List.of(Layout.ROW, Layout.LOG)) {
        // By the owner of the tables, who may do no more than that.
        assertThat(Schema.convert(roles.as("migrator"), layout)).isTrue();
        roles.runScript();
        assertThat(Schema.verify(roles.as("migrator"))).isEmpty();
        try (var app = JdbcOutboxStore.appendOnly().build();
            var relaying = JdbcOutboxStore.builder(roles.as("relay")).build();
            var operating = JdbcOutboxStore.builder(roles.as("operator")).build()) {
          new JdbcTransactor(roles.as("app"))
              .inTransaction(
                  tx -> {
                    app.append(tx, List.of(record("k", layout + " 1"), record("k", layout + " 2")));
                    return true;
                  });
          var relay = new RelayTurns(relaying);
          Entry first = relay.fetch(1).get(0);
          relay.settle(new Settled(first, new Settlement.Failed("refused", true)));
          assertThat(operating.admin().retryAll(Filter.ALL, ACT)).isEqualTo(1);
          assertThat(relay.drain()).containsExactly(layout + " 1", layout + " 2");
          relay.release();
        }
      }
    }
  }

  // ---- words of these tests

  private JdbcOutboxStore store() {
    return JdbcOutboxStore.builder(database.dataSource()).keepSent(true).build();
  }

  private void convert(Layout layout) {
    assertThat(Schema.convert(database.dataSource(), layout)).isTrue();
    assertThat(Schema.verify(database.dataSource())).isEmpty();
  }

  private static void assertRefused(String code, Databases database, Layout layout) {
    assertThatThrownBy(() -> Schema.convert(database.dataSource(), layout))
        .isInstanceOfSatisfying(RowpostException.class, e -> assertThat(e.code()).isEqualTo(code));
  }

  private void runScript(Layout layout) throws SQLException {
    try (var connection = database.dataSource().getConnection();
        var statement = connection.createStatement()) {
      try {
        statement.execute(Schema.conversionSql(layout, Tables.DEFAULT_PREFIX));
      } finally {
        statement.execute("ROLLBACK");
      }
    }
  }

  private static OutboxRecord record(String key, String type) {
    return OutboxRecord.to("orders").key(key).type(type).payload(type).build();
  }

  private void append(JdbcOutboxStore store, String key, String... types) {
    new JdbcTransactor(database.dataSource())
        .inTransaction(
            tx -> {
              for (String type : types) {
                store.append(tx, List.of(record(key, type)));
              }
              return true;
            });
  }

  /** What the view says of each record, by its type. */
  private Map<String, String> states() {
    var states = new TreeMap<String, String>();
    String sql = "SELECT type, status, attempts, discarded_at FROM {outbox_status}";
    try (var connection = database.dataSource().getConnection();
        var statement = connection.createStatement();
        var row = statement.executeQuery(Tables.of(Dialect.POSTGRESQL).fill(sql))) {
      while (row.next()) {
        String discarded = row.getObject(4) == null ? "" : " discarded";
        String twice =
            states.put(row.getString(1), row.getString(2) + " " + row.getInt(3) + discarded);
        assertThat(twice).as(row.getString(1)).isNull();
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
    return states;
  }

  /** The same by the operators' door. */
  private Map<String, String> items() {
    var states = new TreeMap<String, String>();
    try (var store = store()) {
      for (Item item : store.admin().find(Filter.ALL, 0, 100)) {
        states.put(
            item.type(),
            item.status() + " " + item.attempts() + (item.discarded() ? " discarded" : ""));
      }
    }
    return states;
  }
}
