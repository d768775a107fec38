package io.rowpost.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** However many ids are remembered, a purge looks at a part of them. */
class OncePurgeTest {
  @Test
  void aRunGoesOnWhereTheLastOneEndedAndBeginsAnewBehindTheLastId() throws SQLException {
    Databases database = Databases.kept(Dialect.POSTGRESQL);
    database.clear(List.of("outbox_once"));
    remember(database, 3 * OncePurge.PAGE - 1);
    var purge = new OncePurge(1);
    var statements = new Statements(Tables.of(Dialect.POSTGRESQL));
    try (Session session = Session.open(database.dataSource(), statements)) {
      purge.run(session, new Pace(), Instant.EPOCH);
      assertThat(remembered(database)).isEqualTo(3 * OncePurge.PAGE - 1);
      Instant now = Instant.now().plusSeconds(60);
      purge.run(session, new Pace(), now);
      assertThat(remembered(database)).isEqualTo(2 * OncePurge.PAGE - 1);
      purge.run(session, new Pace(), now);
      assertThat(remembered(database)).as("the first page was young").isEqualTo(OncePurge.PAGE);
      purge.run(session, new Pace(), now);
      assertThat(remembered(database)).isZero();
      purge.run(session, new Pace(), now);
      remember(database, 1);
      purge.run(session, new Pace(), now);
      assertThat(remembered(database)).isZero();
    }
  }

  private static void remember(Databases database, int ids) {
    database.execute(
        "INSERT INTO {outbox_once} (id) SELECT gen_random_uuid() FROM generate_series(1, %d)"
            .formatted(ids));
  }

  private static long remembered(Databases database) {
    return database.count("SELECT count(*) FROM {outbox_once}");
  }
}
