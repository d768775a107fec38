package io.rowpost.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowpost.core.InMemoryInboxStore;
import io.rowpost.core.InMemoryTransactor;
import io.rowpost.core.InboxProcessor;
import io.rowpost.core.InboxProcessor.BatchResult;
import io.rowpost.core.Message;
import io.rowpost.core.OutboxRecord;
import io.rowpost.testservers.Await;
import io.rowpost.testservers.OwnDatabaseServer;
import io.rowpost.testservers.PostgresServer;
import io.rowpost.testservers.TestDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** An asynchronous standby takes over, and the primary's last commits are lost with it. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class FailoverTest {
  /** PostgreSQL writes its sequences down 32 numbers ahead. */
  private static final int MORE_THAN_A_SEQUENCE_IS_AHEAD = 100;

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /**
   * A producer and a receiver in the database that fails, and a receiver elsewhere, which keeps all
   * that it had.
   */
  @Test
  void receiversTakeWhatIsNewAndWhatTheyHaveLost() throws Exception {
    try (OwnDatabaseServer primary =
            PostgresServer.startOwn(PostgresServer.require().majorVersion());
        OwnDatabaseServer standby = primary.startStandby();
        TestDatabase database = primary.createDatabase()) {
      DataSource before = database.dataSource();
      DataSource after = database.dataSourceAt(standby);
      Schema.install(before);
      execute(before, "CREATE TABLE effects (id text NOT NULL)");
      var elsewhere =
          InboxProcessor.builder(new InMemoryInboxStore(), new InMemoryTransactor(), "elsewhere")
              .build();

      List<Message> kept = appended(before, 1);
      assertThat(received(before, kept)).isEqualTo(processed(1));
      assertThat(Await.until(PATIENCE, () -> effects(after) == 1)).isTrue();
      standby.stop();
      List<Message> lost = appended(before, MORE_THAN_A_SEQUENCE_IS_AHEAD);
      assertThat(received(before, lost)).isEqualTo(processed(lost.size()));
      List<Message> all = Stream.concat(kept.stream(), lost.stream()).toList();
      assertThat(elsewhere.processAll(all, (tx, m) -> {})).isEqualTo(processed(all.size()));
      Set<Long> drawn = seqs(before);
      primary.kill();
      standby.restart();
      standby.promote();

      List<Message> fresh = appended(after, MORE_THAN_A_SEQUENCE_IS_AHEAD);
      drawn.retainAll(seqs(after));
      assertThat(drawn).as("numbers that were drawn once more").hasSizeGreaterThan(1);
      assertThat(elsewhere.processAll(fresh, (tx, m) -> {})).isEqualTo(processed(fresh.size()));

      // Its group is rewound to before the loss.
      assertThat(received(after, all)).isEqualTo(new BatchResult(lost.size(), 1, 0, 0, List.of()));
      assertThat(received(after, fresh)).isEqualTo(processed(fresh.size()));
      assertThat(effects(after)).isEqualTo(1 + lost.size() + fresh.size());
    }
  }

  private static BatchResult processed(int messages) {
    return new BatchResult(messages, 0, 0, 0, List.of());
  }

  /** Messages of as many records, which have been appended. */
  private static List<Message> appended(DataSource database, int count) {
    var records = new ArrayList<OutboxRecord>();
    for (int i = 0; i < count; i++) {
      records.add(OutboxRecord.to("orders").type("T").payload("" + i).build());
    }
    var store = JdbcOutboxStore.appendOnly().build();
    new JdbcTransactor(database)
        .inTransaction(
            tx -> {
              store.append(tx, records);
              return true;
            });
    return records.stream().map(Message::of).toList();
  }

  private static BatchResult received(DataSource database, List<Message> messages) {
    return InboxProcessor.builder(
            JdbcInboxStore.builder(database).build(), new JdbcTransactor(database), "ledger")
        .build()
        .<SQLException>processAll(
            messages,
            (tx, message) -> {
              try (PreparedStatement insert =
                  tx.prepareStatement("INSERT INTO effects VALUES (?)")) {
                insert.setString(1, message.id());
                insert.executeUpdate();
              }
            });
  }

  private static void execute(DataSource database, String sql) throws SQLException {
    try (Connection connection = database.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  /** -1 while the table cannot be read. */
  private static long effects(DataSource database) {
    try {
      return numbers(database, "SELECT count(*) FROM effects").iterator().next();
    } catch (SQLException notYet) {
      return -1;
    }
  }

  private static Set<Long> seqs(DataSource database) throws SQLException {
    return numbers(database, "SELECT seq FROM rowpost_outbox");
  }

  private static Set<Long> numbers(DataSource database, String query) throws SQLException {
    var numbers = new HashSet<Long>();
    try (Connection connection = database.getConnection();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(query)) {
      while (rows.next()) {
        numbers.add(rows.getLong(1));
      }
    }
    return numbers;
  }
}
