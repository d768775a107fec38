package io.rowpost.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rowpost.core.InboxProcessor;
import io.rowpost.core.InboxRecord;
import io.rowpost.core.InboxResult;
import io.rowpost.core.Message;
import io.rowpost.core.OutboxRecord;
import io.rowpost.core.StoreException;
import io.rowpost.core.TransactionalOutbox;
import io.rowpost.testservers.Await;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLNonTransientConnectionException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Whose fault a failed run is: the database's own costs a message no attempt. */
@Tag("once")
class InboxFaultsTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** What a handler must not do. */
  private enum End {
    COMMIT,
    ROLLBACK,
    CLOSE,
    AUTO_COMMIT;

    void of(Connection tx) throws SQLException {
      switch (this) {
        case COMMIT -> tx.commit();
        case ROLLBACK -> tx.rollback();
        case CLOSE -> tx.close();
        case AUTO_COMMIT -> tx.setAutoCommit(true);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Dialect.class)
  void aHandlerThatEndsItsTransactionIsRefusedAndAtLastParked(Dialect dialect) throws Exception {
    try (Databases database = installed(dialect)) {
      InboxProcessor<Connection> inbox = inbox(database, 2);
      for (End end : End.values()) {
        Message message = message();
        assertThatThrownBy(() -> inbox.process(message, (tx, m) -> endBetween(tx, end)))
            .as("%s", end)
            .isInstanceOf(StoreException.class)
            .hasMessageStartingWith("ROWPOST-405 Nothing was committed");
        assertThat(attempts(database, message)).as("%s", end).isEqualTo(1);
        assertThat(inbox.process(message, (tx, m) -> endBetween(tx, end)))
            .as("%s", end)
            .isEqualTo(InboxResult.FAILED);
      }
      assertThat(database.count("SELECT count(*) FROM t")).isZero();
    }
  }

  /** As after a deadlock, which a handler has met by running its statement again. */
  @ParameterizedTest
  @EnumSource(value = Dialect.class, mode = EnumSource.Mode.EXCLUDE, names = "POSTGRESQL")
  void aCopysClaimIsNotTakenForOnesOwn(Dialect dialect) throws Exception {
    try (Databases database = installed(dialect)) {
      InboxProcessor<Connection> inbox = inbox(database, 2);
      Message message = message();
      InboxResult result =
          inbox.process(
              message,
              (tx, m) -> {
                execute(tx, "ROLLBACK");
                inbox(database, 2).process(message, (copy, same) -> insert(copy, 1));
                insert(tx, 2);
              });
      assertThat(result).isEqualTo(InboxResult.DUPLICATE);
      assertThat(database.count("SELECT sum(i) FROM t")).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @EnumSource(value = Dialect.class, mode = EnumSource.Mode.EXCLUDE, names = "POSTGRESQL")
  void whatCommitsInTheMiddleAndFailsIsLeftToAnOperator(Dialect dialect) throws Exception {
    try (Databases database = installed(dialect)) {
      InboxProcessor<Connection> inbox = inbox(database, 2);
      var failure = new IllegalStateException("after the commit");
      List<String> commits =
          dialect == Dialect.H2
              ? List.of("COMMIT", "CREATE TABLE in_between (i int)")
              : List.of("COMMIT", "CREATE TABLE in_between (i int)", "START TRANSACTION");
      for (String commit : commits) {
        Message message = message();
        assertThatThrownBy(
                () ->
                    inbox.process(
                        message,
                        (tx, m) -> {
                          execute(tx, commit);
                          throw failure;
                        }))
            .as(commit)
            .isSameAs(failure);
        assertThatThrownBy(() -> inbox.process(message, (tx, m) -> insert(tx, 1)))
            .as(commit)
            .hasMessageStartingWith("ROWPOST-404 The message was not processed");
      }
      assertThat(database.count("SELECT count(*) FROM t")).isZero();
    }
  }

  @Test
  void aHandlersConnectionIsItself() throws Exception {
    try (Databases database = installed(Dialect.H2)) {
      InboxProcessor<Connection> inbox = inbox(database, 2);
      var seen = new ArrayList<Connection>();
      for (int i = 0; i < 2; i++) {
        inbox.process(message(), (tx, m) -> seen.addAll(List.of(tx, tx)));
      }
      assertThat(seen.get(0)).isEqualTo(seen.get(1)).isNotEqualTo(seen.get(2));
    }
  }

  @ParameterizedTest
  @EnumSource(Dialect.class)
  void aHandlerMayRollBackToASavepointOfItsOwn(Dialect dialect) throws Exception {
    try (Databases database = installed(dialect)) {
      InboxResult result =
          inbox(database, 2)
              .process(
                  message(),
                  (tx, m) -> {
                    insert(tx, 1);
                    var savepoint = tx.setSavepoint();
                    insert(tx, 2);
                    tx.rollback(savepoint);
                    tx.setAutoCommit(false);
                  });
      assertThat(result).isEqualTo(InboxResult.PROCESSED);
      assertThat(database.count("SELECT sum(i) FROM t")).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @EnumSource(Dialect.class)
  void anAppendThatTheDatabaseAlwaysRefusesIsCounted(Dialect dialect) throws Exception {
    try (Databases database = installed(dialect)) {
      var outbox =
          TransactionalOutbox.builder(JdbcOutboxStore.appendOnly().tablePrefix("missing_").build())
              .build();
      InboxProcessor<Connection> inbox = inbox(database, 2);
      Message message = message();
      OutboxRecord record = OutboxRecord.to("t").type("T").build();
      assertThatThrownBy(() -> inbox.process(message, (tx, m) -> outbox.append(tx, record)))
          .isInstanceOf(StoreException.class);
      assertThat(attempts(database, message)).isEqualTo(1);
      assertThat(inbox.process(message, (tx, m) -> outbox.append(tx, record)))
          .isEqualTo(InboxResult.FAILED);
    }
  }

  @ParameterizedTest
  @EnumSource(value = Dialect.class, mode = EnumSource.Mode.EXCLUDE, names = "H2")
  void aConnectionLostUnderTheHandlerCostsNoAttempt(Dialect dialect) {
    String kill = dialect == Dialect.POSTGRESQL ? "SELECT pg_terminate_backend(%d)" : "KILL %d";
    try (Databases database = installed(dialect)) {
      Message message = message();
      assertThatThrownBy(
              () ->
                  inbox(database, 1)
                      .process(
                          message,
                          (tx, m) -> {
                            database.execute(kill.formatted(backend(tx)));
                            insert(tx, 1);
                          }))
          .isInstanceOf(SQLException.class);
      assertThat(attempts(database, message)).isZero();
    }
  }

  @Test
  void aConnectionLostToSomethingElseIsCounted() {
    try (Databases database = installed(Dialect.H2)) {
      Message message = message();
      var elsewhere = new SQLNonTransientConnectionException("another database", "08001");
      assertThatThrownBy(
              () ->
                  inbox(database, 2)
                      .process(
                          message,
                          (tx, m) -> {
                            throw elsewhere;
                          }))
          .isSameAs(elsewhere);
      assertThat(attempts(database, message)).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @EnumSource(Dialect.class)
  void aLockThatTheHandlerWaitedForInVainCostsNoAttempt(Dialect dialect) throws Exception {
    String impatient =
        switch (dialect) {
          case H2 -> "SET LOCK_TIMEOUT 50";
          case POSTGRESQL -> "SET LOCAL lock_timeout = '50ms'";
          case MYSQL, MARIADB -> "SET SESSION innodb_lock_wait_timeout = 1";
        };
    try (Databases database = installed(dialect);
        Connection blocker = database.dataSource().getConnection()) {
      database.execute("INSERT INTO t VALUES (1)");
      blocker.setAutoCommit(false);
      execute(blocker, "UPDATE t SET i = 2");
      Message message = message();
      assertThatThrownBy(
              () ->
                  inbox(database, 1)
                      .process(
                          message,
                          (tx, m) -> {
                            execute(tx, impatient);
                            execute(tx, "UPDATE t SET i = 3");
                          }))
          .isInstanceOf(SQLException.class);
      blocker.rollback();
      assertThat(attempts(database, message)).isZero();
    }
  }

  /** As of a host that lost its power: its server hears nothing of it. */
  @Test
  void theServerEndsAClaimOfWhichNobodyHears() throws Exception {
    try (Databases database = installed(Dialect.POSTGRESQL)) {
      Message message = message();
      var store =
          JdbcInboxStore.builder(database.dataSource()).idleLimit(Duration.ofSeconds(1)).build();
      InboxProcessor<Connection> silent =
          InboxProcessor.builder(store, new JdbcTransactor(database.dataSource()), "c").build();
      InboxResult late =
          silent.process(
              message,
              (tx, m) -> {
                insert(tx, 1);
                var heir = CompletableFuture.supplyAsync(() -> take(database, m));
                assertThat(heir.get(PATIENCE.toSeconds(), TimeUnit.SECONDS))
                    .isEqualTo(InboxResult.PROCESSED);
                insert(tx, 3);
              });
      assertThat(late).isEqualTo(InboxResult.DUPLICATE);
      assertThat(database.count("SELECT sum(i) FROM t")).isEqualTo(2);
    }
  }

  private static InboxResult take(Databases database, Message message) {
    try {
      return inbox(database, 1).process(message, (tx, m) -> insert(tx, 2));
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Else one that always does nothing for too long would be delivered for ever. */
  @Test
  void aHandlerThatDoesNothingForTooLongIsCounted() {
    try (Databases database = installed(Dialect.POSTGRESQL)) {
      var store =
          JdbcInboxStore.builder(database.dataSource()).idleLimit(Duration.ofSeconds(1)).build();
      InboxProcessor<Connection> inbox =
          InboxProcessor.builder(store, new JdbcTransactor(database.dataSource()), "c").build();
      Message message = message();
      assertThatThrownBy(
              () ->
                  inbox.process(
                      message,
                      (tx, m) -> {
                        long backend = backend(tx);
                        String alive =
                            "SELECT count(*) FROM pg_stat_activity WHERE pid = " + backend;
                        assertThat(Await.until(PATIENCE, () -> database.count(alive) == 0))
                            .isTrue();
                        insert(tx, 1);
                      }))
          .isInstanceOf(SQLException.class);
      assertThat(attempts(database, message)).isEqualTo(1);
    }
  }

  @Test
  void theIdleLimitOfAClaimIsTheStoresUnlessThereIsOne() throws Exception {
    try (Databases database = installed(Dialect.POSTGRESQL)) {
      assertThat(idleLimit(database, inbox(database, 1))).isEqualTo("30s");
      var none = JdbcInboxStore.builder(database.dataSource()).idleLimit(Duration.ZERO).build();
      var transactor = new JdbcTransactor(database.dataSource());
      assertThat(idleLimit(database, InboxProcessor.builder(none, transactor, "c").build()))
          .isEqualTo("0");
      var store = JdbcInboxStore.builder(database.dataSource()).build();
      var limited = transactor.timeout(Duration.ofMinutes(5));
      assertThat(idleLimit(database, InboxProcessor.builder(store, limited, "c").build()))
          .isEqualTo("5min");
      assertThat(database.query("SHOW idle_in_transaction_session_timeout")).isEqualTo("0");
    }
  }

  private static String idleLimit(Databases database, InboxProcessor<Connection> inbox)
      throws Exception {
    database.execute("CREATE TABLE IF NOT EXISTS seen (setting varchar(100))");
    database.execute("DELETE FROM seen");
    inbox.process(
        message(),
        (tx, m) ->
            execute(
                tx,
                "INSERT INTO seen SELECT"
                    + " current_setting('idle_in_transaction_session_timeout')"));
    return String.valueOf(database.query("SELECT setting FROM seen"));
  }

  private static void endBetween(Connection tx, End end) throws SQLException {
    insert(tx, 1);
    end.of(tx);
    insert(tx, 2);
  }

  private static Databases installed(Dialect dialect) {
    Databases database = Databases.create(dialect);
    Schema.install(database.dataSource());
    database.execute("CREATE TABLE t (i int)");
    return database;
  }

  private static InboxProcessor<Connection> inbox(Databases database, int maxAttempts) {
    return InboxProcessor.builder(
            JdbcInboxStore.builder(database.dataSource()).build(),
            new JdbcTransactor(database.dataSource()),
            "c")
        .maxAttempts(maxAttempts)
        .build();
  }

  private static int attempts(Databases database, Message message) {
    Optional<InboxRecord> row =
        JdbcInboxStore.builder(database.dataSource()).build().admin().get("c", message.id());
    return row.map(InboxRecord::attempts).orElse(0);
  }

  private static void insert(Connection tx, int value) throws SQLException {
    execute(tx, "INSERT INTO t VALUES (" + value + ")");
  }

  private static void execute(Connection tx, String sql) throws SQLException {
    try (var statement = tx.createStatement()) {
      statement.execute(sql);
    }
  }

  private static long backend(Connection tx) throws SQLException {
    boolean postgres = Dialect.of(tx) == Dialect.POSTGRESQL;
    try (var statement = tx.createStatement();
        var row =
            statement.executeQuery(
                postgres ? "SELECT pg_backend_pid()" : "SELECT CONNECTION_ID()")) {
      row.next();
      return row.getLong(1);
    }
  }

  private static Message message() {
    return new Message(
        UUID.randomUUID().toString(), "t", null, "T", "/s", "c", Map.of(), null, null, new byte[0]);
  }
}
