package io.rowpost.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A look at the log leads through no history, though the statistics know of none. */
class PostgresLogPlansTest {
  private static final OffsetDateTime LONG_AGO = Instant.EPOCH.atOffset(ZoneOffset.UTC);
  private static final int HISTORY = 10_000;
  private static final UUID OWNER = UUID.randomUUID();

  private final Databases database = Databases.kept(Dialect.POSTGRESQL);
  private final Statements statements = new Statements(Tables.of(Dialect.POSTGRESQL), Layout.LOG);

  /** What everything before the last three rows shows; the first of them is a straggler. */
  private String consumed = "";

  private String reading = "";

  @BeforeEach
  void fillAnEmptyTable() {
    database.clear(List.of("outbox_parked", "relay", "relay_cursor"));
    database.execute("TRUNCATE {outbox}");
    database.execute("VACUUM ANALYZE {outbox}");
    database.execute(
        """
        INSERT INTO {relay} (relay, shard, owner, token, lease_until, renewals, paused, changes)
        VALUES ('relay', 0, '%s', 1, now() + interval '1 hour', 0, FALSE, 0)"""
            .formatted(OWNER));
    append(HISTORY);
    consumed = snapshot();
    append(1);
    append(2);
    reading = snapshot();
    append(HISTORY);
  }

  private void append(int rows) {
    database.execute(rows(rows));
  }

  private static String rows(int rows) {
    return """
        INSERT INTO {outbox} (id, bucket, topic, type, content_type, payload)
        SELECT gen_random_uuid(), 0, 't', 'T', 'text/plain', 'p' FROM generate_series(1, %d)"""
        .formatted(rows);
  }

  private String snapshot() {
    return String.valueOf(database.query("SELECT pg_current_snapshot()::text"));
  }

  @Test
  void aLookReadsWhatIsNew() throws SQLException {
    assertThat(rowsRead(Query.OPEN_WINDOW, LogReading.openWindow(snapshot(), 1000, 1000)))
        .isLessThan(10);
  }

  /** Of more rows than any page has, as many as tell that, and no whole rows. */
  @Test
  void aLookAtALargeWindowReadsNoMoreThanTheLargestPage() throws SQLException {
    int limit = 10_001;
    assertThat(rowsRead(Query.OPEN_WINDOW, LogReading.openWindow("3:3:", limit, 1000)))
        .isEqualTo(limit + 1);
  }

  @Test
  void aPageReadsFromWhereTheLastOneEnded() throws SQLException {
    assertThat(rowsRead(Query.READ_WINDOW, LogReading.readWindow(window(), 3, 1000, HISTORY)))
        .isLessThan(10);
  }

  /** Three rows are left of the window, and as many as ever may have come since. */
  @Test
  void theLastPageReadsOneStepOfWhatCameSince() throws SQLException {
    assertThat(rowsRead(Query.READ_WINDOW, LogReading.readWindow(window(), 100, 1000, 50)))
        .isEqualTo(50);
  }

  /** The history is one, too. */
  @Test
  void aLookForTheBeginningOfALargeTransactionEnds() throws SQLException {
    String xid = String.valueOf(database.query("SELECT min(xid::text::bigint) FROM {outbox}"));
    assertThat(rowsRead(Query.LOW_SEQ_OF_ONE, LogReading.lowOfOne(xid, 50))).isEqualTo(50);
  }

  /** As numbers they go, and not as text, which begins anew with each digit more. */
  @Test
  void behindATransactionComesTheOneWithTheNextHigherNumber() throws SQLException {
    database.execute("TRUNCATE {outbox}");
    database.execute(
        """
        INSERT INTO {outbox} (xid, id, bucket, topic, type, content_type, payload)
        SELECT xid::xid8, gen_random_uuid(), 0, 't', 'T', 'text/plain', 'p'
          FROM unnest('{98, 99, 100}'::text[]) AS xid""");
    try (Session session = Session.open(database.dataSource(), statements)) {
      PreparedStatement statement = session.prepare(Query.LOW_SEQ_OF_ONE);
      LogReading.lowOfOne("98", 50).bind(statement, 1);
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        assertThat(row.getString(2)).isEqualTo("99");
      }
    }
  }

  private Cursor window() {
    long low = database.count("SELECT min(seq) FROM {outbox}") + HISTORY;
    return new Cursor(consumed, reading, 0, low);
  }

  @Test
  void aProbeReadsWhatIsNew() throws SQLException {
    assertThat(rowsRead(Query.PROBE_LOG, probe(snapshot()))).isLessThan(10);
  }

  private static Group.Binder probe(String consumed) {
    return (statement, index) -> {
      statement.setBoolean(1, false);
      Cursor.set(statement, 2, consumed);
      Cursor.set(statement, 3, consumed);
      statement.setString(4, "relay");
      statement.setObject(5, OWNER);
      statement.setLong(6, 1);
      return 7;
    };
  }

  /** One that the last look has met open: nobody reads its rows before it ends, or all at once. */
  @Test
  void aLargeTransactionIsReadWhenItHasEndedAndPageByPage() throws SQLException {
    try (Connection large = database.dataSource().getConnection()) {
      large.setAutoCommit(false);
      large.createStatement().execute(Tables.of(Dialect.POSTGRESQL).fill(rows(HISTORY)));
      append(1);
      String open = snapshot();
      assertThat(pagesRead(Query.PROBE_LOG, probe(open))).isLessThan(50);
      append(2);
      var stillOpen = new Cursor(open, snapshot(), 0, Long.MAX_VALUE);
      assertThat(pagesRead(Query.OPEN_WINDOW, LogReading.openWindow(open, 1000, 1000)))
          .isLessThan(50);
      assertThat(pagesRead(Query.READ_WINDOW, LogReading.readWindow(stillOpen, 3, 1000, 50)))
          .isLessThan(50);
      large.commit();

      long low = database.count("SELECT max(seq) FROM {outbox}") - HISTORY - 2;
      var ended = new Cursor(open, snapshot(), low - 1, low);
      assertThat(rowsRead(Query.READ_WINDOW, LogReading.readWindow(ended, 3, 1000, 50)))
          .isEqualTo(3);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"COUNTS", "OLDEST"})
  void anOperatorPassesByWhatWasSent(String query) throws SQLException {
    database.execute(
        """
        INSERT INTO {relay_cursor}
          (relay, shard, n, consumed, reading, last_seq, low_seq, settled)
        SELECT 'relay', 0, 1, '%s', NULL, 0, 0, '{}'"""
            .formatted(snapshot()));
    append(3);
    try (Session session = Session.open(database.dataSource(), statements)) {
      session.planForRelay();
      String plan = Plans.plan(session, Query.valueOf(query), (statement, index) -> index);
      assertThat(Plans.rowsRemoved(plan)).as(plan).isLessThan(10);
    }
  }

  /** Nothing of it is old, so only the page is read, once to find its end and once to delete. */
  @Test
  void aPurgeReadsItsPage() throws SQLException {
    assertThat(
            rowsRead(
                Query.PURGE_LOG,
                (statement, index) -> {
                  statement.setObject(1, LONG_AGO);
                  statement.setLong(2, 0);
                  statement.setInt(3, 10);
                  statement.setLong(4, 0);
                  statement.setObject(5, LONG_AGO);
                  return 6;
                }))
        .isLessThan(40);
  }

  /** FENCE_OR_FAIL is asked in every turn. */
  @Test
  void aFenceReadsNoQueue() throws SQLException {
    database.execute("VACUUM ANALYZE {outbox_parked}");
    database.execute(
        """
        INSERT INTO {relay_cursor} (relay, shard, n, consumed, last_seq, low_seq, settled)
        SELECT 'relay', 0, n, '3:3:', 0, 0, '{}' FROM generate_series(0, 10) AS n""");
    database.execute(
        """
        INSERT INTO {outbox_parked}
          (relay, seq, id, bucket, topic, message_key, type, content_type, payload, created_at,
           order_key, place, status, attempts, next_attempt_at, blocking, in_flight, version)
        SELECT 'relay', n, gen_random_uuid(), 0, 't', 'k', 'T', 'text/plain', 'p', now(), 7,
               n * 1024, 'PENDING', 1, now() + n * interval '1 second', TRUE, FALSE, 1
          FROM generate_series(1, %d) AS n"""
            .formatted(HISTORY));
    assertThat(
            rowsRead(
                Query.FENCE_OR_FAIL,
                (statement, index) -> {
                  statement.setString(1, "relay");
                  statement.setObject(2, OWNER);
                  statement.setLong(3, 1);
                  statement.setLong(4, 10);
                  return 5;
                }))
        .isLessThan(10);
  }

  /** CLEAR_CURSORS passes none that were deleted before, though somebody holds a snapshot. */
  @Test
  void deletedCursorsAreNotPassedAgain() throws SQLException {
    try (Connection holder = database.dataSource().getConnection()) {
      holder.setAutoCommit(false);
      holder.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
      holder.createStatement().execute("SELECT 1");
      database.execute(
          """
          INSERT INTO {relay_cursor} (relay, shard, n, consumed, last_seq, low_seq, settled)
          SELECT 'relay', 0, n, '3:3:', 0, 0, '{}' FROM generate_series(0, %d) AS n"""
              .formatted(HISTORY + 64));
      database.execute("DELETE FROM {relay_cursor} WHERE n < " + HISTORY);
      var clearing = LogReading.clearCursors("relay", HISTORY, HISTORY + 64);
      // Each row that is deleted is one page.
      assertThat(pagesRead(Query.CLEAR_CURSORS, clearing)).isLessThan(90);
    }
  }

  private long rowsRead(Query query, Group.Binder binder) throws SQLException {
    return Plans.rowsRead(plan(query, binder));
  }

  private long pagesRead(Query query, Group.Binder binder) throws SQLException {
    return Plans.pagesRead(plan(query, binder));
  }

  private String plan(Query query, Group.Binder binder) throws SQLException {
    try (Session session = Session.open(database.dataSource(), statements)) {
      session.planForRelay();
      return Plans.plan(session, query, binder);
    }
  }
}
