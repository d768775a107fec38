package io.rowpost.jdbc;

import io.rowpost.core.InboxStore;
import io.rowpost.core.Transactor;
import io.rowpost.testkit.InboxFixture;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;

/** An inbox in the cleared tables of a kept database, with a table of effects beside it. */
final class JdbcInboxFixture implements InboxFixture<Connection> {
  private static final List<String> TABLES = List.of("inbox", "inbox_parked", "audit", "effects");

  final Databases database;
  private final JdbcInboxStore store;
  private final JdbcTransactor transactor;
  private volatile boolean leftHanging;

  JdbcInboxFixture(Databases database) {
    this.database = database;
    database.clear(TABLES);
    this.store = JdbcInboxStore.builder(database.dataSource()).build();
    this.transactor = new JdbcTransactor(database.dataSource());
  }

  @Override
  public InboxStore<Connection> store() {
    return store;
  }

  @Override
  public Transactor<Connection> transactor() {
    return transactor;
  }

  @Override
  public Map<String, Transactor<Connection>> isolationLevels() {
    var levels = new LinkedHashMap<String, Transactor<Connection>>();
    levels.put("READ COMMITTED", transactor);
    levels.put("REPEATABLE READ", at(Connection.TRANSACTION_REPEATABLE_READ));
    levels.put("SERIALIZABLE", at(Connection.TRANSACTION_SERIALIZABLE));
    return levels;
  }

  /** Transactions of a level that the transactor itself would not choose. */
  private Transactor<Connection> at(int isolation) {
    return new Transactor<>() {
      @Override
      public <R, X extends Exception> R inTransaction(Work<Connection, R, X> work) throws X {
        return transactor.<R, X>inTransaction(
            tx -> {
              try {
                tx.setTransactionIsolation(isolation);
              } catch (SQLException e) {
                throw new IllegalStateException(e);
              }
              return work.run(tx);
            });
      }
    };
  }

  @Override
  public Transactor<Connection> transactor(Duration timeLimit) {
    return transactor.timeout(timeLimit);
  }

  /** A statement of H2 runs in this thread, where nothing stops it: there the thread waits. */
  @Override
  public void hang(Connection tx) throws Exception {
    leftHanging = true;
    if (database.dialect() == Dialect.H2) {
      new CountDownLatch(1).await();
      return;
    }
    String sleep =
        database.dialect() == Dialect.POSTGRESQL ? "SELECT pg_sleep(60)" : "SELECT SLEEP(60)";
    try (Statement statement = tx.createStatement()) {
      statement.execute(sleep);
    }
  }

  @Override
  public void writeEffect(Connection tx, String text) {
    String sql = Tables.of(database.dialect()).fill("INSERT INTO {effects} (text) VALUES (?)");
    try (PreparedStatement statement = tx.prepareStatement(sql)) {
      statement.setString(1, text);
      statement.executeUpdate();
    } catch (SQLException e) {
      throw new EffectException(e);
    }
  }

  /** As a framework would wrap it. */
  static final class EffectException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    EffectException(SQLException cause) {
      super("the effect was not written", cause);
    }
  }

  @Override
  public List<String> effects() {
    return texts("SELECT text FROM {effects}");
  }

  @Override
  public List<String> audit() {
    return texts(
        switch (database.dialect()) {
          case H2, POSTGRESQL ->
              """
              SELECT actor || ' ' || act || ' ' || subject || ' ' || ids || ' ' || reason
                FROM {audit} ORDER BY seq""";
          case MYSQL, MARIADB ->
              "SELECT concat_ws(' ', actor, act, subject, ids, reason) FROM {audit} ORDER BY seq";
        });
  }

  private List<String> texts(String sql) {
    try (Connection connection = database.dataSource().getConnection();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(Tables.of(database.dialect()).fill(sql))) {
      var texts = new ArrayList<String>();
      while (row.next()) {
        texts.add(row.getString(1));
      }
      return texts;
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    if (leftHanging) {
      database.discard();
    }
  }
}
