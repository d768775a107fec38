package io.rowpost.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.rowpost.core.InboxProcessor;
import io.rowpost.core.InboxStore;
import io.rowpost.core.Lease;
import io.rowpost.core.Message;
import io.rowpost.core.OutboxRecord;
import io.rowpost.core.RowpostException;
import io.rowpost.core.StoreException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a store refuses since a mistake of its user would cost data later. */
class RefusalsTest {
  private static final Duration HOUR = Duration.ofHours(1);

  @Test
  void aStoreThatCanAppendOnlyServesNoRelay() {
    JdbcOutboxStore store = JdbcOutboxStore.appendOnly().build();
    RowpostException refusal =
        catchThrowableOfType(RowpostException.class, () -> store.lease(request("relay")));
    assertThat(refusal.code()).isEqualTo("ROWPOST-204");
    assertThat(refusal).hasMessageContaining("JdbcOutboxStore.builder(dataSource)");
  }

  @Test
  void anotherKindOfDatabaseThanConfiguredIsNotTouched() throws SQLException {
    try (Databases database = Databases.create(Dialect.H2);
        Connection connection = database.dataSource().getConnection()) {
      connection.setAutoCommit(false);
      JdbcOutboxStore outbox =
          JdbcOutboxStore.builder(database.dataSource()).dialect(Dialect.MYSQL).build();
      JdbcInboxStore inbox =
          JdbcInboxStore.builder(database.dataSource()).dialect(Dialect.MYSQL).build();
      List<OutboxRecord> records = List.of(OutboxRecord.to("t").type("T").payload("{}").build());
      List<InboxStore.Entry> entries = List.of(new InboxStore.Entry("id", message()));
      for (ThrowingCallable use :
          List.<ThrowingCallable>of(
              () -> outbox.append(connection, records),
              () -> outbox.lease(request("relay")),
              () -> outbox.admin().counts(),
              () -> inbox.claim(connection, "consumer", entries, HOUR),
              () -> inbox.admin().counts("consumer"))) {
        assertThatThrownBy(use)
            .isInstanceOf(RowpostException.class)
            .hasMessageStartingWith(
                "ROWPOST-203 Dialect mysql was configured but the database says")
            .hasMessageContaining("\"H2 2.");
      }
    }
  }

  /** Rows that are deleted when they are sent can serve one reader only. */
  @ParameterizedTest
  @EnumSource(Dialect.class)
  void rowsServeRelaysOfOneName(Dialect dialect) {
    try (Databases database = Databases.create(dialect).with(Layout.ROW)) {
      database.install();
      JdbcOutboxStore store = JdbcOutboxStore.builder(database.dataSource()).build();
      assertThat(store.lease(request("one"))).isInstanceOf(Lease.Attempt.Granted.class);

      RowpostException refusal =
          catchThrowableOfType(RowpostException.class, () -> store.lease(request("another")));

      assertThat(refusal.code()).isEqualTo("ROWPOST-304");
      assertThat(refusal).hasMessageContaining("\"one\"").hasMessageContaining("\"another\"");
      assertThat(store.lease(request("one"))).isInstanceOf(Lease.Attempt.Held.class);
      assertThat(database.count("SELECT count(*) FROM {relay}")).isEqualTo(1);
    }
  }

  private static Lease.Request request(String relay) {
    return new Lease.Request(relay, UUID.randomUUID(), HOUR, null, null);
  }

  @ParameterizedTest
  @EnumSource(Dialect.class)
  void aDatabaseWithoutAnInboxIsTheWrongOne(Dialect dialect) {
    try (Databases database = Databases.create(dialect)) {
      database.execute("CREATE TABLE effects (text varchar(10) NOT NULL)");

      StoreException refusal =
          catchThrowableOfType(StoreException.class, () -> process(database, message()));

      assertThat(refusal.code()).isEqualTo("ROWPOST-401");
      assertThat(refusal.outcome()).isEqualTo(StoreException.Outcome.ROLLED_BACK);
      assertThat(refusal).hasMessageContaining("jdbc:").hasMessageNotContaining("password");
      assertThat(database.count("SELECT count(*) FROM effects")).isZero();
    }
  }

  /** No store leaves such a row; an operator's UPDATE, or another library on this table, may. */
  @ParameterizedTest
  @EnumSource(Dialect.class)
  void aMessageOfWhichNobodyKnowsWhetherItTookEffectIsNotRun(Dialect dialect) throws SQLException {
    try (Databases database = Databases.create(dialect)) {
      database.install();
      database.execute("CREATE TABLE effects (text varchar(10) NOT NULL)");
      Message message = message();
      process(database, message);
      database.execute("UPDATE {inbox} SET status = 'PROCESSING', completed_at = NULL");

      RowpostException refusal =
          catchThrowableOfType(RowpostException.class, () -> process(database, message));

      assertThat(refusal.code()).isEqualTo("ROWPOST-404");
      assertThat(refusal).hasMessageContaining(message.id());
      assertThat(database.count("SELECT count(*) FROM effects")).isEqualTo(1);
    }
  }

  private static void process(Databases database, Message message) throws SQLException {
    InboxProcessor.builder(
            JdbcInboxStore.builder(database.dataSource()).build(),
            new JdbcTransactor(database.dataSource()),
            "consumer")
        .build()
        .process(message, RefusalsTest::handle);
  }

  private static void handle(Connection tx, Message message) throws SQLException {
    try (PreparedStatement insert = tx.prepareStatement("INSERT INTO effects VALUES ('done')")) {
      insert.executeUpdate();
    }
  }

  private static Message message() {
    return Message.of(OutboxRecord.to("orders").type("Created").payload("{}").build());
  }

  @ParameterizedTest
  @EnumSource(Dialect.class)
  void anInboxThatWouldCommitBesideItsEffectsIsNotUsed(Dialect dialect) throws SQLException {
    try (Databases database = Databases.create(dialect)) {
      database.install();
      JdbcInboxStore store = JdbcInboxStore.builder(database.dataSource()).build();
      List<InboxStore.Entry> entries = List.of(new InboxStore.Entry("id", message()));
      try (Connection connection = database.dataSource().getConnection()) {
        connection.setAutoCommit(true);

        RowpostException refusal =
            catchThrowableOfType(
                RowpostException.class, () -> store.claim(connection, "consumer", entries, HOUR));

        assertThat(refusal.code()).isEqualTo("ROWPOST-407");
        assertThat(database.count("SELECT count(*) FROM {inbox}")).isZero();
      }
    }
  }
}
