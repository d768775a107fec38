package io.rowpost.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowpost.core.OutboxAdmin;
import io.rowpost.core.OutboxAdmin.Act;
import io.rowpost.core.OutboxAdmin.Filter;
import io.rowpost.core.OutboxBatch.Entry;
import io.rowpost.core.OutboxBatch.Settled;
import io.rowpost.core.OutboxRecord;
import io.rowpost.core.OutboxStatus;
import io.rowpost.core.Settlement;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Operators and relays take turns at a relay's row, and hold it no longer than they must. */
class OperatorLocksTest {
  private static final Act ACT = new Act("alice", "mended");
  private static final Statements LOG = new Statements(Tables.of(Dialect.POSTGRESQL), Layout.LOG);

  private static void append(JdbcOutboxFixture fixture, int records) {
    fixture.append(
        IntStream.range(0, records)
            .mapToObj(i -> OutboxRecord.to("t").type("T").payload("p").build())
            .toList());
  }

  private static Settled failed(Entry entry) {
    return new Settled(entry, new Settlement.Failed("refused", false));
  }

  private static Settled sent(Entry entry) {
    return new Settled(entry, new Settlement.Sent());
  }

  @Test
  void everyPageOfARetryLocksItsRelay() {
    Databases database = Databases.kept(Dialect.POSTGRESQL);
    var executed = new ExecutedStatements(database.dataSource());
    try (var fixture = new JdbcOutboxFixture(database, false);
        var store = JdbcOutboxStore.builder(executed.dataSource()).build()) {
      append(fixture, 700);
      for (String name : List.of("first", "second")) {
        var relay = new RelayTurns(store, name);
        relay.settle(
            relay.fetch(1000).stream().map(OperatorLocksTest::failed).toArray(Settled[]::new));
        relay.release();
      }
      executed.take();

      assertThat(store.admin().retryAll(Filter.ALL, ACT)).isEqualTo(1400);
      String lock = LOG.get(Query.LOCK_RELAYS);
      String reopen = LOG.get(Query.REOPEN);
      assertThat(executed.take(List.of(lock, reopen, "commit")))
          .containsSubsequence(
              lock, reopen, "commit", lock, reopen, "commit", lock, reopen, "commit", lock, reopen)
          .filteredOn(reopen::equals)
          .hasSize(4);
    }
  }

  @Test
  void aReplayLooksForItsRecordsBeforeItLocks() {
    Databases database = Databases.kept(Dialect.POSTGRESQL);
    var executed = new ExecutedStatements(database.dataSource());
    try (var fixture = new JdbcOutboxFixture(database, false);
        var store = JdbcOutboxStore.builder(executed.dataSource()).build()) {
      append(fixture, 700);
      var relay = new RelayTurns(store);
      relay.settle(relay.fetch(1000).stream().map(OperatorLocksTest::sent).toArray(Settled[]::new));
      relay.release();
      executed.take();

      assertThat(store.admin().replay(Filter.ALL, ACT)).isEqualTo(700);
      String look = LOG.get(Query.SENT_PAGE);
      String lock = LOG.get(Query.LOCK_RELAYS);
      String replay = LOG.get(Query.REPLAY);
      assertThat(executed.take(List.of(look, lock, replay)))
          .containsExactly(look, lock, replay, look, lock, replay);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"H2", "POSTGRESQL", "MARIADB"})
  void whatHasNothingToDoWaitsForNoTurn(Dialect dialect) throws SQLException {
    hasNothingToDo(Databases.kept(dialect));
  }

  @Test
  void whatHasNothingToDoInTheRowLayoutWaitsForNoTurn() throws SQLException {
    hasNothingToDo(Databases.keptPostgresRows());
  }

  /** One record is pending and one is failed; neither is to be purged or replayed. */
  private static void hasNothingToDo(Databases database) throws SQLException {
    try (var fixture = new JdbcOutboxFixture(database, false);
        var store = JdbcOutboxStore.builder(database.dataSource()).build();
        Connection turn = database.dataSource().getConnection()) {
      append(fixture, 2);
      var relay = new RelayTurns(store);
      relay.settle(failed(relay.fetch(1).get(0)));
      turn.setAutoCommit(false);
      lockRelays(database, turn);

      OutboxAdmin admin = store.admin();
      assertThat(admin.purge(Duration.ZERO)).isZero();
      assertThat(admin.replay(Filter.of(OutboxStatus.SENT), ACT)).isZero();
      turn.rollback();
      assertThat(fixture.audit()).hasSize(1);
    }
  }

  /** As a turn does. */
  private static void lockRelays(Databases database, Connection turn) throws SQLException {
    String strength = database.dialect() == Dialect.POSTGRESQL ? "NO KEY UPDATE" : "UPDATE";
    String sql = "SELECT relay FROM {relay} FOR " + strength;
    try (var statement = turn.createStatement()) {
      statement.execute(Tables.of(database.dialect()).fill(sql));
    }
  }
}
