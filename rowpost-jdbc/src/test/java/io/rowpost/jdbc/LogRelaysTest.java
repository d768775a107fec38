package io.rowpost.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowpost.core.OutboxBatch.Entry;
import io.rowpost.core.OutboxBatch.Settled;
import io.rowpost.core.OutboxRecord;
import io.rowpost.core.Settlement;
import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What only the log layout has: several relays of one outbox, and windows left half settled. */
class LogRelaysTest {
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
   * Beyond 10,000 rows. With pages of two, a turn looks ten times at 200 rows for the beginning.
   * One transaction has more than that, and the row with the lowest seq belongs to the last one.
   */
  @Test
  void theBeginningOfALongBacklogIsFoundTurnByTurn() {
    append(List.of(record("k", "sent before")));
    var relay = new RelayTurns(store);
    assertThat(relay.drain()).hasSize(1);
    long lowest = database.count("SELECT nextval(pg_get_serial_sequence('{outbox}', 'seq'))");
    var expected = new ArrayList<>(List.of("late"));
    appendInBursts(expected, 1, 10_500);
    appendInBursts(expected, 25, 100);
    database.execute(
        """
        INSERT INTO {outbox} (seq, id, bucket, topic, type, content_type, payload)
        OVERRIDING SYSTEM VALUE
        VALUES (%d, gen_random_uuid(), 0, 'orders', 'late', 'text/plain', 'late')"""
            .formatted(lowest));

    assertThat(relay.fetch(2)).as("the first turn finds no beginning").isEmpty();
    assertThat(relay.fetch(2)).as("nor does the second one").isEmpty();
    assertThat(relay.drain()).isEqualTo(expected);
  }

  private void appendInBursts(List<String> labels, int bursts, int size) {
    for (int burst = 0; burst < bursts; burst++) {
      List<String> names =
          IntStream.range(0, size).mapToObj(i -> "n" + (labels.size() + i)).toList();
      append(names.stream().map(name -> record("k", name)).toList());
      labels.addAll(names);
    }
  }

  private static Settled outcome(Entry entry) {
    return new Settled(
        entry,
        label(entry).equals("second")
            ? new Settlement.Retry(Duration.ZERO, "refused")
            : new Settlement.Sent());
  }
}
