package io.rowpost.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowpost.core.OutboxBatch.Entry;
import io.rowpost.core.OutboxBatch.Settled;
import io.rowpost.core.OutboxRecord;
import io.rowpost.core.Settlement;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What only the log layout has: several relays of one outbox, and windows left half settled. */
@Tag("once")
class LogRelaysTest {
  private static final Statements LOG = new Statements(Tables.of(Dialect.POSTGRESQL), Layout.LOG);

  private final Databases database = Databases.kept(Dialect.POSTGRESQL);
  private final JdbcOutboxFixture fixture = new JdbcOutboxFixture(database, false);
  private final JdbcOutboxStore store = JdbcOutboxStore.builder(database.dataSource()).build();

  @AfterEach
  void close() {
    store.close();
    fixture.close();
  }

  private static OutboxRecord record(String key, String label) {
    return OutboxRecord.to("orders").key(key).type(label).payload(label).build();
  }

  private static String label(Entry entry) {
    return entry.record().type();
  }

  private void append(List<OutboxRecord> records) {
    fixture
        .transactor()
        .inTransaction(
            tx -> {
              store.append(tx, records);
              return null;
            });
  }

  @Test
  void eachOfSeveralRelaysReadsEverything() {
    append(List.of(record("k", "a"), record("k", "b")));
    var first = new RelayTurns(store, "first");
    var second = new RelayTurns(store, "second");

    assertThat(first.drain()).containsExactly("a", "b");
    assertThat(store.admin().purge(Duration.ZERO)).as("unsent for the second relay").isZero();
    append(List.of(record("k", "c")));
    assertThat(second.drain()).containsExactly("a", "b", "c");
    assertThat(first.drain()).containsExactly("c");
    assertThat(store.admin().purge(Duration.ZERO)).isEqualTo(3);
  }

  /**
   * The key's second record was parked out of its turn, and its first one was never settled. Both
   * have lower seqs than what the new owner reads first, but belong to a later window.
   */
  @Test
  void whatWasParkedOutOfItsTurnWaitsForItsPredecessor() throws Exception {
    var relay = new RelayTurns(store);
    var entries = new ArrayList<Entry>();
    try (Connection late = database.dataSource().getConnection()) {
      late.setAutoCommit(false);
      store.append(late, List.of(record("k", "first"), record("k", "second")));
      append(IntStream.range(0, 8).mapToObj(i -> record("other" + i, "o" + i)).toList());
      entries.addAll(relay.fetch(3));
      late.commit();
    }
    entries.addAll(relay.fetch(100));
    assertThat(entries).extracting(LogRelaysTest::label).endsWith("first", "second").hasSize(10);
    relay.settle(
        entries.stream()
            .filter(entry -> !List.of("o1", "first").contains(label(entry)))
            .map(LogRelaysTest::outcome)
            .toArray(Settled[]::new));

    RelayTurns next = relay.anew();
    var order = new ArrayList<String>();
    for (int i = 0; i < 6; i++) {
      next.fetch(1).forEach(entry -> order.add(label(entry)));
    }

    assertThat(order).containsExactly("o1", "first", "second");
  }

  /**
   * A turn looks at 50,000 rows for the beginning, and renews its lease before it does. The first
   * transaction has more than that, and the row with the lowest seq belongs to the last one.
   */
  @Test
  void theBeginningOfALongBacklogIsFoundTurnByTurn() {
    append(List.of(record("k", "sent before")));
    var executed = new ExecutedStatements(database.dataSource());
    try (var looking = JdbcOutboxStore.builder(executed.dataSource()).build()) {
      var relay = new RelayTurns(looking);
      assertThat(relay.drain()).hasSize(1);
      long lowest = database.count("SELECT nextval(pg_get_serial_sequence('{outbox}', 'seq'))");
      insert("", "", "burst", 60_000);
      insert("", "", "next", 30_000);
      insert("", "", "last", 30_000);
      insert("seq, ", lowest + ", ", "late", 1);

      assertThat(relay.fetch(2)).as("the first turn finds no beginning").isEmpty();
      executed.take();
      assertThat(relay.fetchAndRenew(2)).as("nor does the second one").isEmpty();
      assertThat(executed.take())
          .extracting(LogRelaysTest::isLookForTheBeginning)
          .as("a turn, then one look")
          .startsWith(false)
          .containsOnlyOnce(true);
      assertThat(relay.fetch(2)).as("nor the third one").isEmpty();
      assertThat(relay.fetch(3))
          .extracting(LogRelaysTest::label)
          .containsExactly("late", "burst", "burst");
    }
  }

  /**
   * As after a conversion or a rebase: what was sent has an xid that every cursor knows, and the
   * rest one only, here of more rows than are looked at in one statement.
   */
  @Test
  void theBeginningOfAHugeTransactionIsFoundTurnByTurn() {
    append(List.of(record("k", "sent before")));
    var relay = new RelayTurns(store);
    relay.drain();
    insert("xid, ", "'2', ", "sent before", 60_000);
    insert("", "", "burst", 1_000_001);

    assertThat(relay.fetch(2)).as("the transaction is met").isEmpty();
    assertThat(relay.fetch(2)).as("and 50,000 rows of the log that are none of its").isEmpty();
    assertThat(relay.fetch(2)).extracting(LogRelaysTest::label).containsExactly("burst", "burst");
    database.execute("TRUNCATE {outbox}");
  }

  /**
   * Two rows are left of a window, and behind them is more than a turn looks through. Each turn
   * writes how far it came, so its successor need not begin anew.
   */
  @Test
  void theEndOfAWindowIsFoundTurnByTurn() {
    append(Stream.of("a", "b", "c", "d", "e").map(label -> record("k", label)).toList());
    var relay = new RelayTurns(store);
    var entries = new ArrayList<>(relay.fetch(3));
    insert("", "", "behind", 120_000);

    entries.addAll(relay.fetch(3));
    assertThat(entries).extracting(LogRelaysTest::label).containsExactly("a", "b", "c", "d", "e");
    relay.settle(entries.stream().map(LogRelaysTest::outcome).toArray(Settled[]::new));
    assertThat(relay.fetch(3)).as("50,000 more").isEmpty();
    relay.settle();
    RelayTurns next = relay.anew();
    assertThat(next.fetch(3)).as("the rest, and the beginning of a look for a beginning").isEmpty();
    assertThat(next.fetch(3))
        .extracting(LogRelaysTest::label)
        .containsExactly("behind", "behind", "behind");
  }

  /**
   * It was open at the last look, so its rows lie on both sides of what that has shown, and has
   * more of them than are looked up for each page. Another one is still open.
   */
  @Test
  void aLargeTransactionIsPagedLikeABacklog() throws Exception {
    var relay = new RelayTurns(store);
    try (Connection open = database.dataSource().getConnection();
        Connection large = database.dataSource().getConnection()) {
      open.setAutoCommit(false);
      store.append(open, List.of(record("k", "open")));
      large.setAutoCommit(false);
      insert(large, 5_001);
      append(List.of(record("k", "between")));
      assertThat(relay.drain()).containsExactly("between");
      insert(large, 5_000);
      large.commit();
      append(List.of(record("k", "last")));

      var entries = new ArrayList<>(relay.fetch(4));
      entries.addAll(relay.fetch(20_000));
      assertThat(database.count("SELECT low_seq FROM {relay_cursor} ORDER BY n DESC LIMIT 1"))
          .isEqualTo(database.count("SELECT min(seq) FROM {outbox} WHERE type = 'large'"));
      assertThat(entries).extracting(Entry::position).isSorted().doesNotHaveDuplicates();
      assertThat(entries).extracting(LogRelaysTest::label).hasSize(10_002).endsWith("last");
      assertThat(relay.fetch(10)).isEmpty();
      open.commit();
      assertThat(relay.fetch(10)).extracting(LogRelaysTest::label).containsExactly("open");
    }
  }

  /** So large a window is looked through for its beginning, but has been read as a small one. */
  @Test
  void aTransactionOfOneRowMoreThanTheLargestPageIsReadOnce() throws Exception {
    int page = 10_000;
    var relay = new RelayTurns(store);
    try (Connection large = database.dataSource().getConnection()) {
      large.setAutoCommit(false);
      insert(large, page + 1);
      append(List.of(record("k", "between")));
      assertThat(relay.drain()).containsExactly("between");
      large.commit();
    }
    var entries = new ArrayList<Entry>();
    for (int turn = 0; turn < 5; turn++) {
      entries.addAll(relay.fetch(page));
    }
    assertThat(entries)
        .extracting(Entry::position)
        .hasSize(page + 1)
        .isSorted()
        .doesNotHaveDuplicates();
  }

  private static void insert(Connection connection, int rows) throws SQLException {
    try (var statement = connection.createStatement()) {
      statement.execute(
          Tables.of(Dialect.POSTGRESQL)
              .fill(
                  """
                  INSERT INTO {outbox} (id, bucket, topic, type, content_type, payload)
                  SELECT gen_random_uuid(), 0, 'orders', 'large', 'text/plain', 'p'
                    FROM generate_series(1, %d)"""
                      .formatted(rows)));
    }
  }

  private static boolean isLookForTheBeginning(String sql) {
    return sql.equals(LOG.get(Query.LOW_SEQ));
  }

  private void insert(String column, String value, String type, int rows) {
    database.execute(
        """
        INSERT INTO {outbox} (%sid, bucket, topic, type, content_type, payload)
        OVERRIDING SYSTEM VALUE
        SELECT %sgen_random_uuid(), 0, 'orders', '%s', 'text/plain', 'p'
          FROM generate_series(1, %d)"""
            .formatted(column, value, type, rows));
  }

  /**
   * The first cursor, which is put back, stands for all that were deleted, and that a held snapshot
   * keeps in the index: only the next lease looks there again.
   */
  @Test
  void aLeaseDeletesOldCursorsBehindThoseItHasDeleted() {
    var relay = new RelayTurns(store);
    turns(relay);
    database.execute(
        """
        INSERT INTO {relay_cursor} (relay, shard, n, consumed, last_seq, low_seq, settled)
        VALUES ('relay', 0, 0, '3:3:', 0, 0, '{}')""");
    turns(relay);
    assertThat(database.query("SELECT array_agg(n ORDER BY n)::text FROM {relay_cursor}"))
        .isEqualTo("{0,128,129,130}");
    turns(relay.anew());
    assertThat(database.query("SELECT array_agg(n ORDER BY n)::text FROM {relay_cursor}"))
        .isEqualTo("{192,193,194,195}");
  }

  private static void turns(RelayTurns relay) {
    for (int i = 0; i < 65; i++) {
      relay.settle();
    }
  }

  /**
   * More rows are settled out of their turn than a lease reads on behind, all but the first one,
   * and the last one of them is parked. What was read before may be read again, and no more.
   */
  @Test
  void aSuccessorOfOneThatWasHeldUpReadsOn() {
    append(IntStream.range(0, 12_001).mapToObj(i -> record(null, "n" + i)).toList());
    var relay = new RelayTurns(store);
    relay.settle(settledButTheFirst(relay.fetch(6_001), 6_000));
    relay.settle(settledButTheFirst(relay.fetch(6_000), 5_999));
    append(IntStream.range(0, 3_000).mapToObj(i -> record(null, "behind")).toList());

    RelayTurns next = relay.anew();
    assertThat(next.fetch(2_000)).extracting(LogRelaysTest::label).containsExactly("n0");
    assertThat(next.fetch(2_000)).as("is held up as well").isEmpty();
    assertThat(settledOutOfTurn()).isEqualTo(12_000);

    RelayTurns last = next.anew();
    List<String> sent = last.drain();
    sent.addAll(last.drain());
    assertThat(sent).hasSize(3_002).startsWith("n0").contains("n12000");
    assertThat(settledOutOfTurn()).isZero();
  }

  /** The last ones of a list, and the very last is to be tried again. */
  private static Settled[] settledButTheFirst(List<Entry> entries, int sent) {
    int from = entries.size() - 6_000;
    return IntStream.range(from, entries.size())
        .mapToObj(
            i ->
                new Settled(
                    entries.get(i),
                    i - from < sent
                        ? new Settlement.Sent()
                        : new Settlement.Retry(Duration.ZERO, "refused")))
        .toArray(Settled[]::new);
  }

  private long settledOutOfTurn() {
    return database.count(
        "SELECT cardinality(settled) FROM {relay_cursor} ORDER BY n DESC LIMIT 1");
  }

  private static Settled outcome(Entry entry) {
    return new Settled(
        entry,
        label(entry).equals("second")
            ? new Settlement.Retry(Duration.ZERO, "refused")
            : new Settlement.Sent());
  }
}
