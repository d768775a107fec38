package io.rowpost.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.rowpost.core.Lease;
import io.rowpost.core.OutboxBatch;
import io.rowpost.core.OutboxBatch.Settled;
import io.rowpost.core.OutboxRecord;
import io.rowpost.core.OutboxStore;
import io.rowpost.core.OutboxStore.Turn;
import io.rowpost.core.Settlement;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** How the stream of the row layout is read. */
class ReadingTest {
  private static final int BACKLOG = 500;

  /**
   * Sent rows that are kept are a gap to a new owner. As long as it is one, every fetch reads them
   * again: 10 million of them made a drain crawl.
   */
  @Test
  void aGapIsGivenUpWhileTheBacklogLasts() throws SQLException {
    Databases database = Databases.keptPostgresRows();
    var fixture = new JdbcOutboxFixture(database, true);
    insert(database, 100, "'SENT', now()");
    insert(database, BACKLOG, "'PENDING', NULL");
    var statements = new Statements(Tables.of(Dialect.POSTGRESQL), Layout.ROW);
    try (Session session = Session.open(database.dataSource(), statements)) {
      var reading = new Reading(session, "relay", true, 0, System::nanoTime);
      fetchOne(session, reading);
      assertThat(reading.gaps().isEmpty()).as("the sent rows are a gap").isFalse();
      await()
          .atMost(Duration.ofSeconds(30))
          .until(
              () -> {
                fetchOne(session, reading);
                return reading.gaps().isEmpty();
              });
      assertThat(reading.readUpTo()).as("not at the end").isLessThan(Long.MAX_VALUE);
    }
    fixture.close();
  }

  /** Of ten million sent rows, a new owner would look at each for seconds before its first send. */
  @Test
  void aNewOwnerDoesNotReadWhatItsPredecessorHasSent() throws SQLException {
    Databases database = Databases.keptPostgresRows();
    var fixture = new JdbcOutboxFixture(database, true);
    insert(database, 20, "'PENDING', NULL");
    long first = database.count("SELECT min(seq) FROM {outbox}");
    OutboxStore<Connection> store = fixture.store();
    store.release(lease(store));
    database.execute("UPDATE {relay} SET low_seq = " + (first - 1));
    Lease lease = lease(store);
    List<OutboxBatch.Entry> entries = store.settleAndFetch(lease, Turn.fetch(10)).entries();
    List<Settled> settled =
        entries.stream().map(entry -> new Settled(entry, new Settlement.Sent())).toList();

    settleAndRenew(store, lease, settled.subList(0, 3));
    assertThat(lowSeq(database)).as("seven are in flight").isEqualTo(first + 2);
    settleAndRenew(store, lease, settled.subList(4, 10));
    assertThat(lowSeq(database)).as("the fourth is in flight").isEqualTo(first + 2);
    store.settleAndFetch(lease, Turn.settle(settled.subList(3, 4)));
    assertThat(lowSeq(database)).as("no renewal").isEqualTo(first + 2);
    store.release(lease);
    assertThat(lowSeq(database)).isEqualTo(first + 9);

    var statements = new Statements(Tables.of(Dialect.POSTGRESQL), Layout.ROW);
    try (Session session = Session.open(database.dataSource(), statements)) {
      var reading = new Reading(session, "relay", true, lowSeq(database), System::nanoTime);
      fetchOne(session, reading);
      assertThat(reading.gaps().isEmpty()).as("no gap to read again").isTrue();
      assertThat(reading.readUpTo()).isEqualTo(first + 10);
    }
    fixture.close();
  }

  /** As TRUNCATE does on MySQL, and RESTART IDENTITY on PostgreSQL. */
  @ParameterizedTest
  @EnumSource(Dialect.class)
  void aTableThatCountsAnewIsReadFromItsBeginning(Dialect dialect) {
    try (Databases database = Databases.create(dialect).with(Layout.ROW)) {
      database.install();
      JdbcOutboxStore store = JdbcOutboxStore.builder(database.dataSource()).build();
      store.release(lease(store));
      database.execute("UPDATE {relay} SET low_seq = 1000");
      new JdbcTransactor(database.dataSource())
          .<Boolean, RuntimeException>inTransaction(
              tx -> {
                store.append(tx, List.of(OutboxRecord.to("t").type("T").payload("p").build()));
                return true;
              });

      assertThat(store.settleAndFetch(lease(store), Turn.fetch(10)).entries()).hasSize(1);
    }
  }

  private static Lease lease(OutboxStore<Connection> store) {
    var request = new Lease.Request("relay", UUID.randomUUID(), Duration.ofHours(1), null, null);
    return ((Lease.Attempt.Granted) store.lease(request)).lease();
  }

  private static void settleAndRenew(
      OutboxStore<Connection> store, Lease lease, List<Settled> settled) {
    store.settleAndFetch(lease, new Turn(settled, 0, 0, 1, Long.MAX_VALUE, Duration.ofHours(1)));
  }

  private static long lowSeq(Databases database) {
    return database.count("SELECT low_seq FROM {relay}");
  }

  private static void fetchOne(Session session, Reading reading) throws SQLException {
    reading.fetch(new Page(Turn.fetch(1)), Instant.now());
    session.commit();
  }

  private static void insert(Databases database, int rows, String state) {
    database.execute(
        """
        INSERT INTO {outbox} (id, bucket, topic, type, content_type, payload, status, sent_at)
        SELECT gen_random_uuid(), 0, 't', 'T', 'text/plain', 'p', %s
          FROM generate_series(1, %d)"""
            .formatted(state, rows));
  }
}
