package io.rowpost.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.rowpost.core.OutboxStore.Turn;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

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
      var reading = new Reading(session, "relay", true);
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
