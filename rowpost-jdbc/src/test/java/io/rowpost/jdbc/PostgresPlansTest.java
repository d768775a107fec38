package io.rowpost.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a relay does in every cycle reads no queue, though the statistics know of none. */
@Tag("once")
class PostgresPlansTest {
  private static final int WAITING = 10_000;
  private static final UUID OWNER = UUID.randomUUID();

  private final Databases database = Databases.keptPostgresRows();
  private final Statements statements = new Statements(Tables.of(Dialect.POSTGRESQL), Layout.ROW);

  /** A queue behind one record that failed for good, right after the table was seen empty. */
  @BeforeEach
  void fillAnEmptyTable() {
    database.clear(List.of("outbox", "outbox_parked", "relay"));
    database.execute("TRUNCATE {outbox_parked}");
    database.execute("VACUUM ANALYZE {outbox_parked}");
    database.execute(
        """
        INSERT INTO {relay} (relay, shard, owner, token, lease_until, renewals, paused, changes)
        VALUES ('relay', 0, '%s', 1, now() + interval '1 hour', 0, FALSE, 0)"""
            .formatted(OWNER));
    database.execute(
        """
        INSERT INTO {outbox_parked}
          (relay, seq, id, bucket, topic, message_key, type, content_type, payload, created_at,
           order_key, place, status, attempts, blocking, in_flight, version)
        SELECT 'relay', n, gen_random_uuid(), 0, 't', 'k', 'T', 'text/plain', 'p', now(), 7,
               n * 1024, CASE n WHEN 1 THEN 'FAILED' ELSE 'PENDING' END, 0, TRUE, FALSE, 1
          FROM generate_series(1, %d) AS n"""
            .formatted(WAITING));
  }

  @ParameterizedTest
  @ValueSource(strings = {"FENCE", "PROBE", "DUE", "HEADS", "LAST_PLACES"})
  void readsTheFirstOfAnIndex(String name) throws SQLException {
    try (Session session = Session.open(database.dataSource(), statements)) {
      session.planForRelay();
      String plan = plan(session, Query.valueOf(name));
      assertThat(Plans.rowsRead(plan)).as(plan).isLessThan(100);
    }
  }

  /** What it does with records by their seqs reads and writes no others. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "PARKED_STATES",
        "PARKED_ROWS",
        "MARK",
        "LAND",
        "LAND_ALL",
        "SETTLE_PARKED",
        "SET_DUE",
        "REOPEN",
        "KEEP_PARKED",
        "DELETE_PARKED"
      })
  void readsNoOthersThanThoseAskedFor(String name) throws SQLException {
    try (Session session = Session.open(database.dataSource(), statements)) {
      session.planForRelay();
      String plan = plan(session, Query.valueOf(name));
      assertThat(Plans.rowsRead(plan)).as(plan).isLessThan(10);
      session.rollback();
    }
  }

  /** What is kept is passed by every purge until it is old. */
  @ParameterizedTest
  @ValueSource(strings = {"PURGE_LOOK", "PURGE_PAGE"})
  void aPurgeReadsItsPage(String name) throws SQLException {
    database.execute(
        """
        INSERT INTO {outbox}
          (id, bucket, topic, type, content_type, payload, status, sent_at)
        SELECT gen_random_uuid(), 0, 't', 'T', 'text/plain', 'p', 'SENT', now()
          FROM generate_series(1, %d)"""
            .formatted(WAITING));
    try (Session session = Session.open(database.dataSource(), statements)) {
      String plan = plan(session, Query.valueOf(name));
      assertThat(Plans.rowsRead(plan)).as(plan).isLessThan(100);
      session.rollback();
    }
  }

  private static String plan(Session session, Query query) throws SQLException {
    Values values = session.values();
    return Plans.plan(
        session,
        query,
        (statement, index) -> {
          bind(values, query, statement);
          return index;
        });
  }

  private static void bind(Values values, Query query, PreparedStatement statement)
      throws SQLException {
    switch (query) {
      case FENCE -> setLease(values, statement, 1);
      case PROBE -> {
        int next = values.setRanges(statement, 1, new SeqGaps(0));
        statement.setLong(next, WAITING);
        setLease(values, statement, next + 1);
      }
      case DUE -> {
        statement.setString(1, "relay");
        values.setTime(statement, 2, Instant.now());
        statement.setLong(3, WAITING);
        statement.setInt(4, 100);
      }
      case HEADS -> {
        statement.setString(1, "relay");
        values.setKeys(statement, 2, List.of(7L));
        statement.setString(3, "relay");
      }
      case LAST_PLACES -> {
        statement.setString(1, "relay");
        values.setKeys(statement, 2, List.of(7L));
      }
      case LAND_ALL -> statement.setString(1, "relay");
      case PURGE_LOOK -> {
        values.setTime(statement, 1, Instant.EPOCH);
        statement.setLong(2, 0);
        statement.setInt(3, 10);
      }
      case PURGE_PAGE -> {
        statement.setLong(1, 0);
        statement.setLong(2, 10);
        values.setTime(statement, 3, Instant.EPOCH);
      }
      case SETTLE_PARKED -> {
        statement.setLong(1, 2 * 1024);
        statement.setString(2, "PENDING");
        statement.setInt(3, 1);
        values.setTime(statement, 4, Instant.now());
        statement.setBoolean(5, true);
        statement.setString(6, "");
        statement.setString(7, "relay");
        statement.setLong(8, 2);
      }
      case SET_DUE -> {
        values.setTime(statement, 1, Instant.now());
        statement.setString(2, "relay");
        statement.setLong(3, 2);
      }
      default -> {
        values.setKeys(statement, 1, List.of(2L, 3L));
        statement.setString(2, "relay");
      }
    }
  }

  private static void setLease(Values values, PreparedStatement statement, int index)
      throws SQLException {
    statement.setString(index, "relay");
    values.setUuid(statement, index + 1, OWNER);
    statement.setLong(index + 2, 1);
  }
}
