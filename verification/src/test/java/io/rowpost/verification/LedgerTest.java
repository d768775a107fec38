package io.rowpost.verification;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowpost.jdbc.Layout;
import io.rowpost.jdbc.Schema;
import io.rowpost.testservers.TestDatabase;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A state that is turned back by hand is noted, and one that goes on is not. */
class LedgerTest {
  private static final String INBOX =
      """
      INSERT INTO rowpost_inbox (consumer, message_id, status, completed_at)
      VALUES ('c', 'm', 'COMPLETED', CURRENT_TIMESTAMP)""";

  private static final String RELAY =
      """
      INSERT INTO rowpost_relay (relay, shard, token, renewals, paused, changes)
      VALUES ('r', 0, 5, 0, FALSE, 0)""";

  private static final String PARKED =
      """
      INSERT INTO rowpost_outbox_parked
             (relay, seq, id, bucket, topic, type, content_type, payload, created_at,
              order_key, place, status, attempts, blocking, in_flight, version)
      VALUES ('r', 1, %s, 0, 't', 't', 'c', '', CURRENT_TIMESTAMP,
              0, 1, 'PENDING', 0, FALSE, FALSE, 0)""";

  private static final String OUTBOX =
      """
      INSERT INTO rowpost_outbox (id, bucket, topic, type, content_type, payload)
      VALUES (%s, 0, 't', 't', 'c', '')""";

  private static final List<String> FORWARD =
      List.of(
          "UPDATE rowpost_inbox SET attempts = 1",
          "UPDATE rowpost_relay SET token = 6",
          "UPDATE rowpost_outbox_parked SET attempts = 1, status = 'FAILED'",
          "UPDATE rowpost_outbox_parked SET discarded_at = CURRENT_TIMESTAMP");

  @ParameterizedTest
  @EnumSource
  void notesWhatIsTurnedBack(Storage storage) throws SQLException {
    String id =
        storage.isPostgres()
            ? "'00000000-0000-0000-0000-000000000001'"
            : "x'00000000000000000000000000000001'";
    try (TestDatabase database = storage.shared().createDatabase()) {
      Schema.install(database.dataSource(), null, "rowpost_", storage.layout());
      try (Connection connection = database.connect();
          Statement statement = connection.createStatement()) {
        Ledger.install(connection, storage, 1, 1);
        for (String sql : List.of(INBOX, RELAY, PARKED.formatted(id), OUTBOX.formatted(id))) {
          statement.execute(sql);
        }
        for (String sql : FORWARD) {
          statement.execute(sql);
        }
        assertThat(regressions(statement)).isEmpty();
        statement.execute("UPDATE rowpost_outbox_parked SET discarded_at = NULL");
        assertThat(regressions(statement)).containsExactly("taken_up");
        statement.execute("UPDATE rowpost_outbox_parked SET status = 'PENDING'");
        assertThat(regressions(statement)).containsExactly("taken_up");
        statement.execute("UPDATE rowpost_outbox_parked SET status = 'FAILED'");
        assertThat(regressions(statement)).isEmpty();
        statement.execute("DELETE FROM rowpost_outbox_parked");
        assertThat(regressions(statement)).containsExactly("dropped");
        statement.execute(PARKED.formatted(id));
        for (String sql : FORWARD.subList(2, 4)) {
          statement.execute(sql);
        }
        statement.execute("DELETE FROM rowpost_outbox_parked");
        assertThat(regressions(statement)).as("discarded before").isEmpty();
        statement.execute("UPDATE rowpost_relay SET token = 5");
        assertThat(regressions(statement)).containsExactly("old_token");
        statement.execute("UPDATE rowpost_inbox SET status = 'FAILED', completed_at = NULL");
        assertThat(regressions(statement)).containsExactly("reopened");
        statement.execute("DELETE FROM rowpost_inbox");
        assertThat(regressions(statement)).isEmpty();
        statement.execute(INBOX);
        statement.execute("DELETE FROM rowpost_inbox");
        assertThat(regressions(statement)).containsExactly("forgotten");
        if (storage.layout() == Layout.ROW) {
          statement.execute(
              "UPDATE rowpost_outbox SET status = 'SENT', sent_at = CURRENT_TIMESTAMP");
          assertThat(regressions(statement)).isEmpty();
          statement.execute("UPDATE rowpost_outbox SET status = 'PENDING', sent_at = NULL");
          assertThat(regressions(statement)).containsExactly("sent_again");
        }
      }
    }
  }

  /** Those since the last look. */
  private static List<String> regressions(Statement statement) throws SQLException {
    var found = new ArrayList<String>();
    try (ResultSet row = statement.executeQuery("SELECT what FROM regressions")) {
      while (row.next()) {
        found.add(row.getString(1));
      }
    }
    statement.execute("DELETE FROM regressions");
    return found;
  }
}
