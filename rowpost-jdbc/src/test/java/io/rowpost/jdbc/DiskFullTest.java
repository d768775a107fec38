package io.rowpost.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.rowpost.core.InboxProcessor;
import io.rowpost.core.InboxResult;
import io.rowpost.core.Message;
import io.rowpost.core.MessageHandler;
import io.rowpost.core.OutboxRecord;
import io.rowpost.core.StoreException;
import io.rowpost.core.StoreException.Outcome;
import io.rowpost.core.TransactionalOutbox;
import io.rowpost.testservers.OwnDatabaseServer;
import io.rowpost.testservers.PostgresServer;
import io.rowpost.testservers.TestDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A database whose disk is full refuses in words, keeps what it has, and goes on with space. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class DiskFullTest {
  private static final int DISK_MEGABYTES = 300;
  private static final int PAYLOAD_BYTES = 100_000;

  /** More than the server has room for in files that it has made already. */
  private static final int MOST_APPENDS = 1_000;

  private static OwnDatabaseServer server;

  @BeforeAll
  static void start() {
    server =
        PostgresServer.requireOwnOnSmallDisk(
            PostgresServer.require().majorVersion(),
            Map.of("min_wal_size", "32MB", "max_wal_size", "64MB"),
            DISK_MEGABYTES);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @Test
  void anAppendIsRefusedAsAWhole() {
    try (TestDatabase database = server.createDatabase()) {
      Schema.install(database.dataSource());
      var transactor = new JdbcTransactor(database.dataSource());
      var outbox =
          TransactionalOutbox.builder(JdbcOutboxStore.appendOnly().build())
              .transactor(transactor)
              .build();
      server.fillDisk();
      int[] committed = {0};
      Throwable refusal =
          catchThrowable(
              () -> {
                while (committed[0] < MOST_APPENDS) {
                  append(transactor, outbox);
                  committed[0]++;
                }
              });

      assertThat(refusal)
          .asInstanceOf(InstanceOfAssertFactories.type(StoreException.class))
          .satisfies(e -> assertThat(e.code()).isEqualTo("ROWPOST-219"))
          .satisfies(e -> assertThat(e.outcome()).isEqualTo(Outcome.ROLLED_BACK));
      assertThat(refusal).hasMessageContaining("no space left on its disk");

      server.freeDisk();
      append(transactor, outbox);
      var admin = JdbcOutboxStore.builder(database.dataSource()).build().admin();
      assertThat(admin.counts().pending()).isEqualTo(committed[0] + 1);
    }
  }

  /** The inbox has room for one more failure, and the handler for nothing. */
  @Test
  void aHandlerWithoutRoomLosesNoAttempt() throws SQLException {
    try (TestDatabase database = server.createDatabase()) {
      Schema.install(database.dataSource());
      try (Connection connection = database.connect();
          Statement statement = connection.createStatement()) {
        statement.execute("CREATE TABLE bodies (body bytea)");
      }
      var store = JdbcInboxStore.builder(database.dataSource()).build();
      var transactor = new JdbcTransactor(database.dataSource());
      var inbox = InboxProcessor.builder(store, transactor, "archive").build();
      var broken = new IllegalStateException("broken");
      assertThatThrownBy(
              () ->
                  inbox.process(
                      message("first"),
                      (tx, m) -> {
                        throw broken;
                      }))
          .isSameAs(broken);
      server.fillDisk();
      assertThatThrownBy(() -> inbox.process(message("m"), keeping(MOST_APPENDS)))
          .isInstanceOf(SQLException.class)
          .hasMessageContaining("No space left on device")
          .hasNoSuppressedExceptions();
      assertThat(store.admin().get("archive", "/shop/m")).isEmpty();

      server.freeDisk();
      assertThat(inbox.process(message("m"), keeping(1))).isEqualTo(InboxResult.PROCESSED);
    }
  }

  private static Message message(String id) {
    return new Message(
        id, "orders", "k", "T", "/shop", "text/plain", Map.of(), null, null, new byte[0]);
  }

  private static MessageHandler<Connection, SQLException> keeping(int bodies) {
    return (tx, message) -> {
      try (PreparedStatement insert = tx.prepareStatement("INSERT INTO bodies VALUES (?)")) {
        for (int i = 0; i < bodies; i++) {
          insert.setBytes(1, payload());
          insert.executeUpdate();
        }
      }
    };
  }

  /** At random, since zeros would be stored as next to nothing. */
  private static byte[] payload() {
    byte[] payload = new byte[PAYLOAD_BYTES];
    new Random().nextBytes(payload);
    return payload;
  }

  private static void append(JdbcTransactor transactor, TransactionalOutbox<Connection> outbox) {
    transactor.inTransaction(
        tx -> {
          outbox.append(
              tx, List.of(OutboxRecord.to("orders").key("k").type("T").payload(payload()).build()));
          return null;
        });
  }
}
