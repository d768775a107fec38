package io.rowpost.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.zaxxer.hikari.HikariDataSource;
import io.rowpost.core.OutboxRecord;
import io.rowpost.core.RowpostException;
import io.rowpost.core.StoreException;
import io.rowpost.core.TransactionalOutbox;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class JdbcTransactorTest {
  @ParameterizedTest
  @EnumSource(Dialect.class)
  void commitsWhatTheWorkDidAndRollsBackWhatThrew(Dialect dialect) throws SQLException {
    try (var database = Databases.create(dialect)) {
      database.execute("CREATE TABLE t (i int)");
      var transactor = new JdbcTransactor(database.dataSource());

      int result = transactor.<Integer, SQLException>inTransaction(tx -> insert(tx, 1));
      var thrown = new IOException("from the work");
      assertThatThrownBy(
              () ->
                  transactor.<Void, Exception>inTransaction(
                      tx -> {
                        insert(tx, 2);
                        throw thrown;
                      }))
          .isSameAs(thrown);

      assertThat(result).isEqualTo(1);
      assertThat(database.count("SELECT sum(i) FROM t")).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @EnumSource(Dialect.class)
  void runsReadCommittedAndLeavesTheConnectionAsItWas(Dialect dialect) throws SQLException {
    try (var database = Databases.create(dialect)) {
      var one = new OneConnection(database.dataSource());
      int before = one.connection().getTransactionIsolation();
      var transactor = new JdbcTransactor(one);
      int inside = transactor.inTransaction(Connection::getTransactionIsolation);

      assertThat(inside).isEqualTo(Connection.TRANSACTION_READ_COMMITTED);
      assertThat(one.connection().getTransactionIsolation()).isEqualTo(before);
      assertThat(one.connection().getAutoCommit()).isTrue();
      one.connection().close();
    }
  }

  @ParameterizedTest
  @EnumSource(Dialect.class)
  void leavesAutoCommitOffWhereItWasOff(Dialect dialect) throws SQLException {
    try (var database = Databases.create(dialect)) {
      var one = new OneConnection(database.dataSource());
      one.connection().setAutoCommit(false);
      var transactor = new JdbcTransactor(one).timeout(Duration.ofSeconds(30));
      assertThat(transactor.<Boolean, SQLException>inTransaction(Connection::getAutoCommit))
          .isFalse();
      assertThat(one.connection().getAutoCommit()).isFalse();
      one.connection().close();
    }
  }

  @Test
  void givesAConnectionBackWhoseDatabaseItDoesNotKnow() throws SQLException {
    try (var database = Databases.create(Dialect.H2)) {
      var pool = new HikariDataSource();
      pool.setMaximumPoolSize(1);
      pool.setConnectionTimeout(250);
      pool.setDataSource(namedOtherwise(database.dataSource()));
      try (pool) {
        var transactor = new JdbcTransactor(pool).timeout(Duration.ofSeconds(30));
        for (int i = 0; i < 2; i++) {
          assertThatThrownBy(() -> transactor.<Boolean, SQLException>inTransaction(tx -> true))
              .hasMessageStartingWith("ROWPOST-203");
        }
      }
    }
  }

  /** The same database under another name. */
  private static DataSource namedOtherwise(DataSource dataSource) {
    return proxy(
        DataSource.class,
        dataSource,
        "getConnection",
        connection ->
            proxy(
                Connection.class,
                connection,
                "getMetaData",
                metaData ->
                    proxy(
                        DatabaseMetaData.class,
                        metaData,
                        "getDatabaseProductName",
                        name -> "Another database")));
  }

  private static <T> T proxy(
      Class<T> type, Object target, String method, UnaryOperator<Object> change) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (self, called, arguments) -> {
              try {
                Object result = called.invoke(target, arguments);
                return called.getName().equals(method) ? change.apply(result) : result;
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            }));
  }

  @ParameterizedTest
  @EnumSource(value = Dialect.class, mode = EnumSource.Mode.EXCLUDE, names = "H2")
  void workThatHangsInTheDatabaseIsStopped(Dialect dialect) {
    try (var database = Databases.create(dialect)) {
      var transactor = new JdbcTransactor(database.dataSource()).timeout(Duration.ofMillis(300));
      String sleep = dialect == Dialect.POSTGRESQL ? "SELECT pg_sleep(60)" : "SELECT SLEEP(60)";
      var late =
          catchThrowableOfType(
              RowpostException.class,
              () ->
                  transactor.<Boolean, SQLException>inTransaction(
                      tx -> {
                        try (var statement = tx.createStatement()) {
                          return statement.execute(sleep);
                        }
                      }));

      assertThat(late.code()).isEqualTo("ROWPOST-214");
      assertThat(late.getSuppressed()).hasAtLeastOneElementOfType(SQLException.class);
      assertThat(Thread.currentThread().isInterrupted()).isFalse();
      assertThat(database.count("SELECT 1")).isEqualTo(1);
    }
  }

  /** The server's limit and ours end at about the same time; whoever is first, it is told alike. */
  @Test
  void whicheverLimitIsFirstSaysTheSame() {
    try (var database = Databases.create(Dialect.POSTGRESQL)) {
      var transactor = new JdbcTransactor(database.dataSource()).timeout(Duration.ofMillis(20));
      for (int i = 0; i < 50; i++) {
        assertThatThrownBy(
                () ->
                    transactor.<Boolean, SQLException>inTransaction(
                        tx -> {
                          try (var statement = tx.createStatement()) {
                            return statement.execute("SELECT pg_sleep(60)");
                          }
                        }))
            .isInstanceOf(RowpostException.class)
            .hasMessageContaining("ROWPOST-214");
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Dialect.class)
  void workThatHangsOutsideTheDatabaseIsStoppedAndNothingCommitted(Dialect dialect) {
    try (var database = Databases.create(dialect)) {
      database.execute("CREATE TABLE t (i int)");
      var transactor = new JdbcTransactor(database.dataSource()).timeout(Duration.ofMillis(300));
      var never = new CountDownLatch(1);
      assertThatThrownBy(
              () ->
                  transactor.<Boolean, Exception>inTransaction(
                      tx -> {
                        insert(tx, 1);
                        try {
                          return never.await(60, TimeUnit.SECONDS);
                        } catch (InterruptedException swallowed) {
                          return false;
                        }
                      }))
          .isInstanceOf(RowpostException.class)
          .hasMessageContaining("ROWPOST-214 Nothing was committed");

      assertThat(database.count("SELECT count(*) FROM t")).isZero();
    }
  }

  /** The last act of MariaDB is an INSERT before the COMMIT, and that has not begun. */
  @Test
  void aLastAppendThatHangsIsStoppedAndNothingCommitted() throws SQLException {
    try (var database = Databases.create(Dialect.MARIADB);
        var blocker = database.dataSource().getConnection();
        var lock = blocker.createStatement()) {
      Schema.install(database.dataSource());
      database.execute("CREATE TABLE t (i int)");
      lock.execute("LOCK TABLES rowpost_outbox WRITE");
      var outbox =
          TransactionalOutbox.builder(JdbcOutboxStore.appendOnly().build())
              .transactor(new JdbcTransactor(database.dataSource()).timeout(Duration.ofMillis(300)))
              .build();
      OutboxRecord record = OutboxRecord.to("t").type("T").build();
      assertThatThrownBy(() -> outbox.executeWithOutbox(record, tx -> insert(tx, 1)))
          .isInstanceOf(RowpostException.class)
          .hasMessageContaining("ROWPOST-214 Nothing was committed");

      lock.execute("UNLOCK TABLES");
      assertThat(database.count("SELECT count(*) FROM t")).isZero();
      assertThat(database.count("SELECT count(*) FROM {outbox}")).isZero();
    }
  }

  /** 0 is no limit to a server, and one of a month is refused by it. */
  @ParameterizedTest
  @ValueSource(strings = {"PT0S", "PT-1S", "PT0.0009S", "PT24H0.001S", "PT9999999999H"})
  void aTimeLimitOutOfItsBoundsIsRefusedAtOnce(Duration limit) {
    try (var database = Databases.h2()) {
      var transactor = new JdbcTransactor(database.dataSource());
      assertThatThrownBy(() -> transactor.timeout(limit))
          .isInstanceOf(RowpostException.class)
          .hasMessageContaining("ROWPOST-601 Nothing was started: timeout is " + limit);
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Dialect.class,
      names = {"POSTGRESQL", "MARIADB"})
  void theServerLimitsIdlenessTooAndTheConnectionIsLeftAsItWas(Dialect dialect)
      throws SQLException {
    try (var database = Databases.create(dialect)) {
      var one = new OneConnection(database.dataSource());
      try (var statement = one.connection().createStatement()) {
        statement.execute(
            dialect == Dialect.POSTGRESQL
                ? "SET idle_in_transaction_session_timeout = '77s'"
                : "SET SESSION idle_transaction_timeout = 77");
      }
      var transactor = new JdbcTransactor(one).timeout(Duration.ofSeconds(5));
      assertThat(transactor.<String, SQLException>inTransaction(tx -> idleLimit(dialect, tx)))
          .isIn("5s", "5");
      assertThat(idleLimit(dialect, one.connection())).isIn("77s", "77");
      one.connection().close();
    }
  }

  private static String idleLimit(Dialect dialect, Connection connection) throws SQLException {
    String sql =
        dialect == Dialect.POSTGRESQL
            ? "SHOW idle_in_transaction_session_timeout"
            : "SELECT @@SESSION.idle_transaction_timeout";
    try (var statement = connection.createStatement();
        var row = statement.executeQuery(sql)) {
      row.next();
      return row.getString(1);
    }
  }

  @Test
  void workInTimeIsNotTouched() {
    try (var database = Databases.h2()) {
      database.execute("CREATE TABLE t (i int)");
      var transactor = new JdbcTransactor(database.dataSource()).timeout(Duration.ofSeconds(30));
      for (int i = 0; i < 100; i++) {
        transactor.<Integer, RuntimeException>inTransaction(tx -> 1);
      }
      assertThat(Thread.currentThread().isInterrupted()).isFalse();
    }
  }

  @Test
  void aDatabaseThatIsAwayIsNamedWithoutItsPassword() {
    var pool = new HikariDataSource();
    pool.setJdbcUrl("jdbc:postgresql://127.0.0.1:1/nobody?password=secret-of-mine");
    pool.setConnectionTimeout(250);
    pool.setInitializationFailTimeout(-1);
    try (pool) {
      var away =
          catchThrowableOfType(
              StoreException.class, () -> new JdbcTransactor(pool).inTransaction(tx -> 1));
      assertThat(away.code()).isEqualTo("ROWPOST-211");
      assertThat(away.outcome()).isEqualTo(StoreException.Outcome.ROLLED_BACK);
      assertThat(away).hasMessageStartingWith("ROWPOST-211 No transaction was begun");
      assertThat(away.getMessage()).doesNotContain("secret");
    }
  }

  private static int insert(Connection tx, int value) throws SQLException {
    try (var statement = tx.prepareStatement("INSERT INTO t VALUES (?)")) {
      statement.setInt(1, value);
      return statement.executeUpdate();
    }
  }
}
