package io.rowpost.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rowpost.core.InboxAdmin;
import io.rowpost.core.InboxProcessor;
import io.rowpost.core.InboxRecord;
import io.rowpost.core.InboxStore.Entry;
import io.rowpost.core.Message;
import io.rowpost.core.OutboxAdmin;
import io.rowpost.core.StoreException;
import io.rowpost.testservers.Await;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** An operator beside purges and handlers, in moments that a test has to make. */
class JdbcInboxAdminTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final OutboxAdmin.Act ACT = new OutboxAdmin.Act("ann", "no use");

  private Databases database;
  private JdbcInboxStore store;
  private InboxAdmin admin;

  @BeforeEach
  void open() {
    database = Databases.create(Dialect.POSTGRESQL);
    Schema.install(database.dataSource());
    store = JdbcInboxStore.builder(database.dataSource()).build();
    admin = store.admin();
  }

  @AfterEach
  void close() {
    database.close();
  }

  @Test
  void aPurgeNeverDeletesWhatWasParkedAnewSinceItLooked() throws Exception {
    Message old = message(Instant.parse("2020-01-01T00:00:00Z"));
    park(old);
    assertThat(admin.discard("c", old.id(), ACT)).isTrue();
    try (Connection other = database.dataSource().getConnection()) {
      other.setAutoCommit(false);
      execute(other, "SELECT 1 FROM rowpost_inbox FOR UPDATE");
      var purge = CompletableFuture.supplyAsync(() -> admin.purge(Duration.ofDays(7)));
      awaitLockWait();
      execute(other, "DELETE FROM rowpost_inbox_parked");
      execute(other, "DELETE FROM rowpost_inbox");
      store.park(other, "c", new Entry(old.id(), old), "TOO_OLD");
      other.commit();
      assertThat(purge.get(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isZero();
    }
    assertThat(admin.get("c", old.id())).map(InboxRecord::parked).contains(true);
    assertThat(admin.parked("c", old.id())).isPresent();
  }

  @Test
  void anActBehindAHandlerThatHangsEndsByItself() throws Exception {
    Message message = message(Instant.now());
    park(message);
    try (Connection hanging = database.dataSource().getConnection()) {
      hanging.setAutoCommit(false);
      execute(hanging, "SELECT 1 FROM rowpost_inbox FOR UPDATE");
      assertThatThrownBy(() -> admin.retry("c", message.id(), ACT))
          .isInstanceOf(StoreException.class)
          .hasMessageStartingWith("ROWPOST-212 The message was not opened again");
      hanging.rollback();
    }
    assertThat(admin.retry("c", message.id(), ACT)).isTrue();
    var inbox =
        InboxProcessor.builder(store, new JdbcTransactor(database.dataSource()), "c").build();
    assertThat(inbox.retryParked((tx, m) -> {})).isOne();
  }

  private void park(Message message) {
    new JdbcTransactor(database.dataSource())
        .<Boolean, RuntimeException>inTransaction(
            tx -> {
              store.park(tx, "c", new Entry(message.id(), message), "TOO_OLD");
              return true;
            });
  }

  private void awaitLockWait() {
    String waiting =
        "SELECT count(*) FROM pg_stat_activity"
            + " WHERE datname = current_database() AND wait_event_type = 'Lock'";
    assertThat(Await.until(PATIENCE, () -> database.count(waiting) > 0)).isTrue();
  }

  private static void execute(Connection tx, String sql) throws SQLException {
    try (var statement = tx.createStatement()) {
      statement.execute(sql);
    }
  }

  private static Message message(Instant time) {
    return new Message(
        UUID.randomUUID().toString(), "t", null, "T", "/s", "c", Map.of(), null, time, new byte[1]);
  }
}
