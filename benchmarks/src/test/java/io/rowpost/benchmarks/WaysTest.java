package io.rowpost.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowpost.testservers.PostgresServer;
import io.rowpost.testservers.TestDatabase;
import java.sql.Connection;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every way does the same work, and all of it. */
class WaysTest {
  private static final int EVENTS = 2_500; // two pages and a half

  @ParameterizedTest
  @ValueSource(strings = {"raw-cursor", "raw-delete", "raw-update", "row", "row-keep", "log"})
  void allEventsComeOnceAndInOrder(String name) throws Exception {
    try (TestDatabase database = PostgresServer.require().createDatabase();
        Way way = OwnWay.create(new Place(database.jdbcUrl(), database.user()), name)) {
      way.fill(0, EVENTS);
      Sink sink = Sink.nowhere(0, EVENTS, Arrivals.NOWHERE, () -> {});
      AutoCloseable relay = way.relay(sink);
      try {
        assertThat(sink.awaitAll(Duration.ofSeconds(60))).isTrue();
      } finally {
        relay.close();
      }
      assertThat(sink.audit().figures())
          .isEqualTo(Map.of(Run.LOST, 0.0, Run.DUPLICATES, 0.0, Run.DISORDER, 0.0));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "no-outbox, 0",
    "raw-delete, 1",
    "raw-cursor, 1",
    "row, 1",
    "row-execute, 1",
    "log, 1"
  })
  void aTransactionIsAnOrderWithItsEvent(String name, int events) throws Exception {
    try (TestDatabase database = PostgresServer.require().createDatabase();
        Way way = OwnWay.create(new Place(database.jdbcUrl(), database.user()), name)) {
      way.transact(7);

      try (Connection connection = database.connect()) {
        assertThat(Sql.number(connection, "SELECT count(*) FROM orders")).isEqualTo(1);
        assertThat(Sql.number(connection, "SELECT count(*) FROM rowpost_outbox")).isEqualTo(events);
      }
    }
  }
}
