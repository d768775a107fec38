package io.rowpost.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rowpost.core.Lease;
import io.rowpost.core.OutboxStore.Turn;
import io.rowpost.core.StoreException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

/** No peer that has died is waited for without an end, whatever a connection is opened for. */
class SessionLimitsTest {
  private final Databases database = Databases.kept(Dialect.POSTGRESQL);
  private final ExecutedStatements executed = new ExecutedStatements(database.dataSource());

  @Test
  void everySessionIsLimitedBeforeItsFirstStatementAndSetBackAtItsEnd() throws SQLException {
    try (var fixture = new JdbcOutboxFixture(database, false);
        JdbcOutboxStore store = store();
        JdbcOutboxStore another = store()) {
      Lease lease = ((Lease.Attempt.Granted) store.lease(request())).lease();
      assertLimited(executed.take());
      assertThat(fixture.store().lease(request())).isInstanceOf(Lease.Attempt.Held.class);
      assertThat(another.lease(request())).isInstanceOf(Lease.Attempt.Held.class);
      assertLimited(executed.take());
      assertThat(another.lease(request())).isInstanceOf(Lease.Attempt.Held.class);
      assertLimited(executed.take());
      store.blockedKeys(lease, 10);
      assertLimited(executed.take());
      store.admin().counts();
      assertLimited(executed.take());
      assertThatThrownBy(() -> another.settleAndFetch(lease, Turn.fetch(1)))
          .isInstanceOf(StoreException.class)
          .hasMessageContaining("ROWPOST-211");
      assertLimited(executed.take());
      store.release(lease);
      assertThat(executed.take()).endsWith(setBack(), "close");
    }
  }

  /** A pool may have set them for its users, who are not to find others after a relay. */
  @Test
  void whatAnotherHasSetIsFoundAgain() throws SQLException {
    try (Databases mariaDb = Databases.create(Dialect.MARIADB)) {
      mariaDb.install();
      var pool = new OneConnection(mariaDb.dataSource());
      String limits =
          "SELECT @@SESSION.innodb_lock_wait_timeout + @@SESSION.max_statement_time"
              + " + @@SESSION.idle_transaction_timeout";
      try (Connection connection = pool.connection();
          Statement statement = connection.createStatement()) {
        statement.execute(
            "SET SESSION innodb_lock_wait_timeout = 700, SESSION max_statement_time = 70,"
                + " SESSION idle_transaction_timeout = 7");
        JdbcOutboxStore.builder(pool).dialect(Dialect.MARIADB).build().admin().counts();
        try (ResultSet row = statement.executeQuery(limits)) {
          row.next();
          assertThat(row.getInt(1)).isEqualTo(777);
        }
      }
    }
  }

  private JdbcOutboxStore store() {
    return JdbcOutboxStore.builder(executed.dataSource()).dialect(Dialect.POSTGRESQL).build();
  }

  private static Lease.Request request() {
    return new Lease.Request("relay", UUID.randomUUID(), Duration.ofHours(1), null, null);
  }

  private String setBack() throws SQLException {
    try (Connection connection = database.dataSource().getConnection()) {
      return "setNetworkTimeout " + connection.getNetworkTimeout();
    }
  }

  /** Of several sessions each one ends before the next one begins. */
  private void assertLimited(List<String> notes) throws SQLException {
    Predicate<String> isLimit = note -> note.startsWith("setNetworkTimeout");
    String setBack = setBack();
    boolean limited = false;
    for (String note : notes) {
      if (isLimit.test(note)) {
        limited = !note.equals(setBack);
      } else {
        assertThat(limited).as(note).isEqualTo(!note.equals("close"));
      }
    }
    assertThat(notes).anyMatch(isLimit);
  }
}
