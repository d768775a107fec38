package io.rowpost.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What an operator asks an inbox of many messages. */
class InboxPlansTest {
  @Test
  void whatHasFailedIsFoundAmongAllThatIsKept() throws SQLException {
    Databases database = Databases.kept(Dialect.POSTGRESQL);
    database.clear(List.of("inbox"));
    database.execute(
        """
        INSERT INTO {inbox} (consumer, message_id, status, message_time, completed_at)
        SELECT 'consumer', 'm' || n, 'COMPLETED', now(), now() FROM generate_series(1, 10000) AS n""");
    database.execute(
        "INSERT INTO {inbox} (consumer, message_id, status) VALUES ('consumer', 'z', 'FAILED')");
    database.execute("VACUUM ANALYZE {inbox}");
    var statements = new Statements(Tables.of(Dialect.POSTGRESQL));
    try (Session session = Session.open(database.dataSource(), statements)) {
      // As for a statement that was asked often: a plan for no status in particular.
      session.prepare("SET plan_cache_mode = force_generic_plan").execute();
      String plan =
          Plans.plan(
              session,
              Query.INBOX_FAILED_OF,
              (statement, index) -> {
                statement.setString(index, "consumer");
                statement.setString(index + 1, "");
                statement.setInt(index + 2, 100);
                return index + 3;
              });
      session.rollback();
      assertThat(Plans.rowsRead(plan)).as(plan).isLessThan(100);
    }
  }
}
