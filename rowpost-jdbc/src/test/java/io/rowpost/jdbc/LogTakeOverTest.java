package io.rowpost.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowpost.core.Lease;
import io.rowpost.core.OutboxBatch.Entry;
import io.rowpost.core.OutboxBatch.Settled;
import io.rowpost.core.OutboxRecord;
import io.rowpost.core.OutboxStore.Turn;
import io.rowpost.core.Settlement;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A lease that goes on in a window which its predecessor had left half settled. */
class LogTakeOverTest {
  private final JdbcOutboxFixture fixture =
      new JdbcOutboxFixture(Databases.kept(Dialect.POSTGRESQL), false);

  private @Nullable Lease lease;

  private static OutboxRecord record(String key, String label) {
    return OutboxRecord.to("orders").key(key).type("Test").payload(label).build();
  }

  private static String label(Entry entry) {
    return new String(entry.record().payload(), StandardCharsets.UTF_8);
  }

  private Lease takeOver() {
    var request = new Lease.Request("relay", UUID.randomUUID(), Duration.ofHours(1), lease, null);
    Lease next = ((Lease.Attempt.Granted) fixture.store().lease(request)).lease();
    lease = next;
    return next;
  }

  private List<Entry> turn(List<Settled> settled, int limit) {
    var turn = new Turn(settled, limit, limit, 100, Long.MAX_VALUE, Duration.ZERO);
    return fixture.store().settleAndFetch(lease == null ? takeOver() : lease, turn).entries();
  }

  /**
   * The key's second record was parked out of its turn, and its first one was never settled. Both
   * have lower seqs than what the new owner reads first, but belong to a later window.
   */
  @Test
  void whatWasParkedOutOfItsTurnWaitsForItsPredecessor() throws Exception {
    try (fixture;
        Connection late = Databases.kept(Dialect.POSTGRESQL).dataSource().getConnection()) {
      late.setAutoCommit(false);
      fixture.store().append(late, List.of(record("k", "first"), record("k", "second")));
      append(IntStream.range(0, 8).mapToObj(i -> record("other" + i, "o" + i)).toList());
      var entries = new ArrayList<Entry>(turn(List.of(), 3));
      late.commit();
      entries.addAll(turn(List.of(), 100));
      assertThat(entries)
          .extracting(LogTakeOverTest::label)
          .endsWith("first", "second")
          .hasSize(10);
      turn(
          entries.stream()
              .filter(entry -> !List.of("o1", "first").contains(label(entry)))
              .map(LogTakeOverTest::outcome)
              .toList(),
          0);

      takeOver();
      var order = new ArrayList<String>();
      for (int i = 0; i < 6; i++) {
        turn(List.of(), 1).forEach(entry -> order.add(label(entry)));
      }

      assertThat(order).containsExactly("o1", "first", "second");
    }
  }

  private static Settled outcome(Entry entry) {
    return new Settled(
        entry,
        label(entry).equals("second")
            ? new Settlement.Retry(Duration.ZERO, "refused")
            : new Settlement.Sent());
  }

  private void append(List<OutboxRecord> records) {
    fixture
        .transactor()
        .inTransaction(
            tx -> {
              fixture.store().append(tx, records);
              return null;
            });
  }
}
