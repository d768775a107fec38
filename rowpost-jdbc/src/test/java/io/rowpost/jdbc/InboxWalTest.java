package io.rowpost.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowpost.core.InboxProcessor;
import io.rowpost.core.InboxProcessor.BatchResult;
import io.rowpost.core.InboxResult;
import io.rowpost.core.Message;
import io.rowpost.testservers.OwnDatabaseServer;
import io.rowpost.testservers.PostgresServer;
import io.rowpost.testservers.TestDatabase;
import java.sql.Connection;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What the inbox writes to PostgreSQL's log, on a server that nobody else writes to. */
class InboxWalTest {
  /** The server itself may write in the middle of one measurement, but not of each. */
  private static final int MEASUREMENTS = 5;

  private static OwnDatabaseServer server;
  private static Databases database;
  private static InboxProcessor<Connection> inbox;

  @BeforeAll
  static void start() {
    server = PostgresServer.startOwn(15, Map.of("autovacuum", "off"));
    TestDatabase created = server.createDatabase();
    database = Databases.of(Dialect.POSTGRESQL, created);
    Schema.install(database.dataSource());
    inbox =
        InboxProcessor.builder(
                JdbcInboxStore.builder(database.dataSource()).build(),
                new JdbcTransactor(database.dataSource()),
                "consumer")
            .build();
  }

  @AfterAll
  static void stop() {
    database.close();
    server.close();
  }

  private static long written(Runnable work) {
    long least = Long.MAX_VALUE;
    for (int i = 0; i < MEASUREMENTS; i++) {
      long before = log();
      work.run();
      least = Math.min(least, log() - before);
    }
    return least;
  }

  private static long log() {
    return database.count("SELECT pg_current_wal_insert_lsn() - '0/0'");
  }

  private static Message message() {
    return new Message(
        UUID.randomUUID().toString(),
        "t",
        null,
        "T",
        "/s",
        "application/json",
        Map.of(),
        null,
        null,
        new byte[0]);
  }

  @Test
  void aDuplicateWritesNothing() {
    Message message = message();
    assertThat(inbox.process(message, (tx, first) -> {})).isEqualTo(InboxResult.PROCESSED);

    assertThat(
            written(
                () ->
                    assertThat(inbox.process(message, (tx, again) -> {}))
                        .isEqualTo(InboxResult.DUPLICATE)))
        .isZero();
    // So the measure can tell.
    assertThat(written(() -> inbox.process(message(), (tx, first) -> {}))).isPositive();
  }

  @Test
  void aPollOfDuplicatesWritesNothing() {
    List<Message> poll = Stream.generate(InboxWalTest::message).limit(500).toList();
    assertThat(inbox.processAll(poll, (tx, first) -> {}).processed()).isEqualTo(500);

    assertThat(
            written(
                () ->
                    assertThat(inbox.processAll(poll, (tx, again) -> {}))
                        .isEqualTo(new BatchResult(0, 500, 0, 0, List.of()))))
        .isZero();
  }
}
