package io.rowpost.jdbc;

import io.rowpost.core.OutboxRecord;
import io.rowpost.core.OutboxStore;
import io.rowpost.core.Transactor;
import io.rowpost.testkit.OutboxFixture;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** An outbox in the cleared tables of a kept database. */
final class JdbcOutboxFixture implements OutboxFixture<Connection> {
  private static final List<String> TABLES =
      List.of("outbox", "outbox_once", "outbox_parked", "relay", "audit");

  private static final List<String> LOG_TABLES = List.of("relay_cursor");

  private static final Map<String, List<String>> TIMES =
      Map.of(
          "outbox", List.of("created_at", "available_at"),
          "outbox_once", List.of("created_at"),
          "outbox_parked", List.of("created_at", "available_at", "next_attempt_at", "discarded_at"),
          "relay", List.of("lease_until"));

  private final Databases database;
  private final JdbcOutboxStore store;
  private final JdbcTransactor transactor;

  JdbcOutboxFixture(Databases database, boolean keepSent) {
    this.database = database;
    database.clear(TABLES);
    if (database.layout() == Layout.LOG) {
      database.clear(LOG_TABLES);
    }
    this.store = JdbcOutboxStore.builder(database.dataSource()).keepSent(keepSent).build();
    this.transactor = new JdbcTransactor(database.dataSource());
  }

  @Override
  public OutboxStore<Connection> store() {
    return store;
  }

  @Override
  public Transactor<Connection> transactor() {
    return transactor;
  }

  void append(List<OutboxRecord> records) {
    transactor.inTransaction(
        tx -> {
          store.append(tx, records);
          return true;
        });
  }

  @Override
  public void elapse(Duration time) {
    TIMES.forEach((table, columns) -> elapse(time, table, columns));
    if (database.layout() == Layout.ROW) {
      elapse(time, "outbox", List.of("sent_at"));
    }
  }

  private void elapse(Duration time, String table, List<String> columns) {
    String micros = time.toNanos() / 1000 + "";
    String earlier =
        switch (database.dialect()) {
          case H2 -> "%s = DATEADD('MICROSECOND', -" + micros + ", %s)";
          case POSTGRESQL -> "%s = %s - " + micros + " * interval '1 microsecond'";
          case MYSQL, MARIADB -> "%s = %s - INTERVAL " + micros + " MICROSECOND";
        };
    database.execute(
        "UPDATE {%s} SET %s"
            .formatted(
                table,
                String.join(
                    ", ",
                    columns.stream().map(column -> earlier.formatted(column, column)).toList())));
  }

  @Override
  public boolean alwaysKeepsSent() {
    return database.layout() == Layout.LOG;
  }

  @Override
  public List<String> audit() {
    var acts = new ArrayList<String>();
    String sql = "SELECT actor, act, subject, ids, affected, reason FROM {audit} ORDER BY seq";
    try (var connection = database.dataSource().getConnection();
        var statement = connection.createStatement();
        var row = statement.executeQuery(Tables.of(database.dialect()).fill(sql))) {
      while (row.next()) {
        acts.add(
            "%s: %s %s %s (%d): %s"
                .formatted(
                    row.getString(1),
                    row.getString(2),
                    row.getString(3),
                    row.getString(4),
                    row.getLong(5),
                    row.getString(6)));
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
    return acts;
  }

  @Override
  public int size(int full) {
    return Math.max(1, full / 10);
  }

  @Override
  public void close() {
    store.close();
  }
}
