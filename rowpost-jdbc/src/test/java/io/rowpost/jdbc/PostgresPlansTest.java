package io.rowpost.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a relay asks in every cycle reads no queue, though the statistics know of none. */
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
      assertThat(rowsRead(plan)).as(plan).isLessThan(100);
    }
  }

  private static String plan(Session session, Query query) throws SQLException {
    PreparedStatement explain =
        session.prepare("EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) " + session.statements().get(query));
    Values values = session.values();
    switch (query) {
      case FENCE -> setLease(values, explain, 1);
      case PROBE -> {
        int next = values.setRanges(explain, 1, new SeqGaps());
        explain.setLong(next, WAITING);
        setLease(values, explain, next + 1);
      }
      case DUE -> {
        explain.setString(1, "relay");
        values.setTime(explain, 2, Instant.now());
        explain.setLong(3, WAITING);
        explain.setInt(4, 100);
      }
      case HEADS -> {
        explain.setString(1, "relay");
        values.setKeys(explain, 2, List.of(7L));
        explain.setString(3, "relay");
      }
      case LAST_PLACES -> {
        explain.setString(1, "relay");
        values.setKeys(explain, 2, List.of(7L));
      }
      default -> throw new IllegalArgumentException(query.name());
    }
    try (ResultSet row = explain.executeQuery()) {
      var lines = new StringBuilder();
      while (row.next()) {
        lines.append(row.getString(1)).append('\n');
      }
      return lines.toString();
    }
  }

  private static void setLease(Values values, PreparedStatement statement, int index)
      throws SQLException {
    statement.setString(index, "relay");
    values.setUuid(statement, index + 1, OWNER);
    statement.setLong(index + 2, 1);
  }

  /** The most that any step of a plan has read or thrown away. */
  static long rowsRead(String plan) {
    return Pattern.compile("(?:actual .*rows=|Rows Removed by \\w+(?: \\w+)*: )(\\d+)")
        .matcher(plan)
        .results()
        .map(found -> Long.valueOf(found.group(1)))
        .collect(Collectors.summarizingLong(Long::longValue))
        .getMax();
  }
}
