package io.rowpost.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowpost.core.InMemoryMessageBroker;
import io.rowpost.core.Message;
import io.rowpost.core.OutboxAdmin.Act;
import io.rowpost.core.OutboxAdmin.Filter;
import io.rowpost.core.OutboxRecord;
import io.rowpost.core.OutboxRelay;
import io.rowpost.core.OutboxStatus;
import io.rowpost.core.TransactionalOutbox;
import io.rowpost.testservers.PgBouncer;
import io.rowpost.testservers.PostgresServer;
import io.rowpost.testservers.TestDatabase;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Everything through a pooler in transaction mode, where no session belongs to a client. */
@Tag("once")
class PoolerTest {
  private static final int RECORDS = 2_500;

  /** More than the pooler has connections, so that each is looked at. */
  private static final int LOOKS = 12;

  private final TestDatabase database = PostgresServer.require().createDatabase();
  private final Set<Integer> backends = new HashSet<>();
  private PgBouncer pooler;
  private DataSource dataSource;

  @BeforeEach
  void start() {
    pooler = PgBouncer.require(database);
    dataSource = pooler.dataSource();
  }

  @AfterEach
  void stop() {
    if (pooler != null) {
      pooler.close();
    }
    database.close();
  }

  @ParameterizedTest
  @EnumSource(Layout.class)
  void aRelayPublishesInOrderAndLeavesNothingSetForOthers(Layout layout) throws SQLException {
    Schema.install(dataSource, null, Tables.DEFAULT_PREFIX, layout);
    JdbcOutboxStore store = JdbcOutboxStore.builder(dataSource).build();
    var outbox =
        TransactionalOutbox.builder(store).transactor(new JdbcTransactor(dataSource)).build();
    try (var broker = new InMemoryMessageBroker();
        var relay = OutboxRelay.builder(store, broker).batchSize(100).build()) {
      for (int from = 0; from < RECORDS; from += RECORDS / 5) {
        append(outbox, from, from + RECORDS / 5);
        relay.pollAndPublish();
        assertThat(settings()).as("what a stranger's session has set").isEmpty();
      }
      while (relay.pollAndPublish().settled() > 0) {}

      assertThat(broker.messages("t")).extracting(PoolerTest::number).isEqualTo(numbers());
      long replayed =
          store.admin().replay(Filter.of(OutboxStatus.SENT), new Act("operator", "again"));
      assertThat(replayed).isEqualTo(layout == Layout.LOG ? RECORDS : 0);
    }
    store.close();
    assertThat(settings()).as("what a stranger's session has set").isEmpty();
    assertThat(backends).as("connections of the server").hasSizeGreaterThan(1);
  }

  private static void append(TransactionalOutbox<Connection> outbox, int from, int to)
      throws SQLException {
    for (int i = from; i < to; i += 2) {
      OutboxRecord one = record(i);
      OutboxRecord two = record(i + 1);
      outbox.executeWithOutbox(
          two,
          tx -> {
            outbox.append(tx, one);
            return true;
          });
    }
  }

  private static OutboxRecord record(int number) {
    return OutboxRecord.to("t").key("k").type("T").payload("" + number).build();
  }

  private static int number(Message message) {
    return Integer.parseInt(new String(message.payload(), StandardCharsets.UTF_8));
  }

  private static List<Integer> numbers() {
    return IntStream.range(0, RECORDS).boxed().toList();
  }

  /**
   * What is not as the server has it, in any of the pooler's connections, but for what it keeps.
   */
  private Set<String> settings() throws SQLException {
    var found = new TreeSet<String>();
    for (int i = 0; i < LOOKS; i++) {
      try (Connection connection = dataSource.getConnection();
          Statement statement = connection.createStatement();
          ResultSet rows =
              statement.executeQuery(
                  "SELECT pg_backend_pid(),"
                      + " (SELECT string_agg(name || '=' || setting, ', ') FROM pg_settings"
                      + " WHERE source = 'session'"
                      + " AND name NOT IN ('application_name', 'DateStyle', 'TimeZone'))")) {
        while (rows.next()) {
          backends.add(rows.getInt(1));
          String set = rows.getString(2);
          if (set != null) {
            found.add(set);
          }
        }
      }
    }
    return found;
  }
}
