package io.rowpost.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import io.rowpost.core.OutboxRecord;
import io.rowpost.core.RowpostException;
import io.rowpost.core.StoreException;
import io.rowpost.core.StoreException.Outcome;
import io.rowpost.core.TransactionalOutbox;
import io.rowpost.core.Transactor;
import io.rowpost.testservers.PostgresServer;
import io.rowpost.testservers.TcpProxy;
import io.rowpost.testservers.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of a transaction whose INSERT into the outbox and COMMIT are sent together. */
@Tag("once")
class LastAppendTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private static TestDatabase server;
  private static Databases database;

  @BeforeAll
  static void create() {
    server = PostgresServer.require().createDatabase();
    database = Databases.of(Dialect.POSTGRESQL, server);
    Schema.install(database.dataSource());
    database.execute("CREATE TABLE orders (id int PRIMARY KEY)");
    database.execute(
        "CREATE TABLE lines (order_id int REFERENCES orders DEFERRABLE INITIALLY DEFERRED)");
    // Work of the COMMIT that takes as long as the test wants.
    database.execute("CREATE TABLE slow (seconds float NOT NULL)");
    database.execute(
        "CREATE FUNCTION be_slow() RETURNS trigger LANGUAGE plpgsql"
            + " AS 'BEGIN PERFORM pg_sleep(NEW.seconds); RETURN NULL; END'");
    database.execute(
        "CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON slow DEFERRABLE INITIALLY DEFERRED"
            + " FOR EACH ROW EXECUTE FUNCTION be_slow()");
  }

  @AfterAll
  static void drop() {
    server.close();
  }

  @BeforeEach
  void clear() {
    database.execute("TRUNCATE orders, lines, slow, {outbox}");
  }

  private static StoreException failure(
      Transactor<Connection> transactor, Transactor.Work<Connection, Integer, SQLException> work) {
    return catchThrowableOfType(StoreException.class, () -> execute(transactor, work));
  }

  private static void execute(
      Transactor<Connection> transactor, Transactor.Work<Connection, Integer, SQLException> work)
      throws SQLException {
    TransactionalOutbox.builder(JdbcOutboxStore.appendOnly().build())
        .transactor(transactor)
        .build()
        .executeWithOutbox(OutboxRecord.to("t").key("k").type("T").payload("{}").build(), work);
  }

  private static int update(Connection tx, String sql) throws SQLException {
    try (var statement = tx.createStatement()) {
      return statement.executeUpdate(sql);
    }
  }

  /** Orders and records there are. */
  private static void assertSaved(int each) {
    assertThat(database.count("SELECT count(*) FROM orders")).isEqualTo(each);
    assertThat(database.count("SELECT count(*) FROM {outbox}")).isEqualTo(each);
  }

  private static JdbcTransactor transactor() {
    return new JdbcTransactor(database.dataSource());
  }

  private static HikariDataSource pool(String setting) {
    var pool = new HikariDataSource();
    String separator = server.jdbcUrl().contains("?") ? "&" : "?";
    pool.setJdbcUrl(server.jdbcUrl() + separator + setting);
    pool.setUsername(server.user());
    pool.setPassword(server.password());
    pool.setMaximumPoolSize(2);
    return pool;
  }

  /** The driver's ways of sending statements, and of keeping a transaction alive after an error. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "preferQueryMode=extended",
        "preferQueryMode=extendedForPrepared",
        "preferQueryMode=simple",
        "prepareThreshold=1",
        "prepareThreshold=0",
        "autosave=always",
        "autosave=conservative&cleanupSavepoints=true",
        "reWriteBatchedInserts=true"
      })
  void everySettingOfTheDriverCommits(String setting) throws SQLException {
    try (HikariDataSource pool = pool(setting)) {
      for (int i = 0; i < 10; i++) {
        int id = i;
        execute(
            new JdbcTransactor(pool), tx -> update(tx, "INSERT INTO orders VALUES (" + id + ")"));
      }
      assertSaved(10);

      StoreException refused =
          failure(
              new JdbcTransactor(pool),
              tx ->
                  update(tx, "INSERT INTO orders VALUES (100)")
                      + update(tx, "INSERT INTO lines VALUES (1000)"));
      assertThat(refused.outcome()).isEqualTo(Outcome.ROLLED_BACK);
      assertSaved(10);
    }
  }

  @Test
  void theConnectionComesBackAsItWas() throws SQLException {
    var one = new OneConnection(database.dataSource());
    execute(new JdbcTransactor(one), tx -> update(tx, "INSERT INTO orders VALUES (1)"));

    assertThat(one.connection().getAutoCommit()).isTrue();
    assertThat(update(one.connection(), "UPDATE orders SET id = 2")).isEqualTo(1);
    one.connection().close();
    assertSaved(1);
  }

  @Test
  void aDeferredConstraintThatFailsAtTheCommitRollsAllBack() {
    StoreException failure =
        failure(
            transactor(),
            tx ->
                update(tx, "INSERT INTO orders VALUES (1)")
                    + update(tx, "INSERT INTO lines VALUES (2)"));

    assertThat(failure.outcome()).isEqualTo(Outcome.ROLLED_BACK);
    assertThat(failure.code()).isEqualTo("ROWPOST-210");
    assertThat(failure).hasMessageContaining("was not committed").hasMessageContaining("23503");
    assertSaved(0);
  }

  @Test
  void anErrorThatTheWorkSwallowedRollsAllBack() {
    StoreException failure =
        failure(
            transactor(),
            tx -> {
              update(tx, "INSERT INTO orders VALUES (1)");
              try {
                return update(tx, "INSERT INTO orders VALUES (1)");
              } catch (SQLException swallowed) {
                return 0;
              }
            });

    assertThat(failure.outcome()).isEqualTo(Outcome.ROLLED_BACK);
    assertSaved(0);
  }

  @Test
  void anAppendThatIsRefusedRollsAllBack() {
    database.execute("ALTER TABLE {outbox} RENAME TO away");
    try {
      StoreException failure =
          failure(transactor(), tx -> update(tx, "INSERT INTO orders VALUES (1)"));

      assertThat(failure.outcome()).isEqualTo(Outcome.ROLLED_BACK);
      assertThat(failure.code()).isEqualTo("ROWPOST-201");
    } finally {
      database.execute("ALTER TABLE away RENAME TO \"rowpost_outbox\"");
    }
    assertSaved(0);
  }

  @Test
  void aSerializationFailureAtTheCommitRollsAllBack() throws SQLException {
    database.execute("INSERT INTO orders VALUES (1), (2)");
    try (var pool = pool("options=-c%20default_transaction_isolation=serializable")) {
      var transactor = new JdbcTransactor(pool);
      StoreException failure =
          failure(
              transactor,
              tx -> {
                // Each reads what the other one writes; the first to commit wins.
                read(tx);
                int written = update(tx, "UPDATE orders SET id = 4 WHERE id = 2");
                transactor.<Integer, SQLException>inTransaction(
                    other -> read(other) + update(other, "UPDATE orders SET id = 3 WHERE id = 1"));
                return written;
              });

      assertThat(failure.outcome()).isEqualTo(Outcome.ROLLED_BACK);
      assertThat(failure.code()).isEqualTo("ROWPOST-212");
    }
    assertThat(database.count("SELECT sum(id) FROM orders")).isEqualTo(2 + 3);
    assertThat(database.count("SELECT count(*) FROM {outbox}")).isZero();
  }

  private static int read(Connection tx) throws SQLException {
    try (var statement = tx.createStatement();
        var rows = statement.executeQuery("SELECT sum(id) FROM orders")) {
      rows.next();
      return rows.getInt(1);
    }
  }

  @Test
  void aCommitWithoutAnAnswerIsUnknown() throws Exception {
    try (TcpProxy proxy = TcpProxy.to(server.address())) {
      DataSource dataSource = server.dataSource(proxy);
      Thread cutting =
          new Thread(
              () -> {
                await("the COMMIT is under way").atMost(PATIENCE).until(database::isAsleep);
                proxy.down();
              });
      cutting.start();
      StoreException failure =
          failure(
              new JdbcTransactor(dataSource),
              tx ->
                  update(tx, "INSERT INTO orders VALUES (1)")
                      + update(tx, "INSERT INTO slow VALUES (1.5)"));
      cutting.join();

      assertThat(failure.outcome()).isEqualTo(Outcome.UNKNOWN);
      assertThat(failure.code()).isEqualTo("ROWPOST-213");
      // As it may be: the server did what it was told, and nobody heard of it.
      await("it is committed")
          .atMost(PATIENCE)
          .until(() -> database.count("SELECT count(*) FROM orders") == 1);
      assertSaved(1);
    }
  }

  @Test
  void aTimeLimitThatCutsTheCommitOffLeavesItUnknown() {
    StoreException failure =
        failure(
            transactor().timeout(Duration.ofMillis(500)),
            tx ->
                update(tx, "INSERT INTO orders VALUES (1)")
                    + update(tx, "INSERT INTO slow VALUES (2)"));

    assertThat(failure.outcome()).isEqualTo(Outcome.UNKNOWN);
    assertThat(Thread.currentThread().isInterrupted()).isFalse();
  }

  @Test
  void aTimeLimitCoversTheWorkBeforeIt() {
    var late =
        catchThrowableOfType(
            RowpostException.class,
            () ->
                execute(
                    transactor().timeout(Duration.ofMillis(300)),
                    tx ->
                        update(tx, "INSERT INTO orders VALUES (1)")
                            + update(tx, "DO 'BEGIN PERFORM pg_sleep(60); END'")));

    assertThat(late.code()).isEqualTo("ROWPOST-214");
    assertSaved(0);
  }

  @Test
  void aTimeLimitThatIsNotOverChangesNothing() throws SQLException {
    execute(
        transactor().timeout(Duration.ofSeconds(30)),
        tx -> update(tx, "INSERT INTO orders VALUES (1)"));

    assertSaved(1);
  }
}
