package io.rowpost.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rowpost.core.InMemoryMessageBroker;
import io.rowpost.core.InboxAdmin;
import io.rowpost.core.InboxProcessor;
import io.rowpost.core.InboxResult;
import io.rowpost.core.Message;
import io.rowpost.core.OutboxAdmin;
import io.rowpost.core.OutboxRecord;
import io.rowpost.core.OutboxRelay;
import io.rowpost.core.StoreException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The roles that are shipped may do what they have to, and nothing else. */
class RolesTest {
  private static final OutboxAdmin.Act ACT = new OutboxAdmin.Act("alice", "a test");

  /** Every right there is: role, table, verb, columns. Whatever is not here must be refused. */
  private static final String RIGHTS =
      """
      app outbox insert id bucket topic message_key type source content_type headers traceparent \
        payload available_at
      app outbox_once insert id

      relay outbox select *
      relay outbox delete
      relay outbox_once select *
      relay outbox_once delete
      relay outbox_parked select *
      relay outbox_parked insert *
      relay outbox_parked update place status attempts next_attempt_at blocking in_flight version \
        last_error
      relay outbox_parked delete
      relay relay select *
      relay relay insert relay shard token renewals paused changes
      relay relay update owner token lease_until renewals paused changes
      relay audit insert actor act subject ids affected reason
      relay schema_version select *

      inbox inbox select *
      inbox inbox insert consumer message_id status message_time completed_at
      inbox inbox update status attempts last_error completed_at
      inbox inbox_parked select *
      inbox inbox_parked insert consumer message_id original_id topic message_key type source \
        content_type headers traceparent message_time payload reason
      inbox inbox_parked delete

      read * select *

      operator * select *
      operator outbox insert id bucket topic message_key type source content_type headers \
        traceparent payload created_at available_at
      operator outbox delete
      operator outbox_once delete
      operator outbox_parked update status attempts next_attempt_at blocking version discarded_at \
        discarded_by discard_reason
      operator outbox_parked delete
      operator relay update paused changes
      operator inbox update attempts
      operator inbox delete
      operator inbox_parked update retry_at version discarded_at discarded_by discard_reason
      operator inbox_parked delete
      operator audit insert actor act subject ids affected reason
      """;

  private static final String IN_LOG =
      """
      relay relay update cluster
      relay relay_cursor select *
      relay relay_cursor insert relay shard n consumed reading last_seq low_seq settled
      relay relay_cursor delete
      """;

  private static final String IN_ROWS =
      """
      relay outbox insert *
      relay outbox update status sent_at
      relay relay update low_seq
      """;

  /** A lock takes the right to update some column. */
  private static final String IN_ROWS_ON_POSTGRES = "operator outbox update sent_at\n";

  /** An INSERT that updates takes the right to update what it inserts. */
  private static final String ON_MYSQL = "inbox inbox update consumer message_id message_time\n";

  @ParameterizedTest
  @CsvSource({"POSTGRESQL, LOG", "POSTGRESQL, ROW", "MARIADB, ROW", "MYSQL, ROW"})
  void everyRightThatARoleHasNotIsRefused(Dialect dialect, Layout layout) throws SQLException {
    Blueprint blueprint = Blueprint.of(Tables.of(dialect), layout);
    Set<String> rights = rights(dialect, layout);
    try (var roles = new DatabaseRoles(dialect, layout)) {
      for (String role : List.of("app", "relay", "inbox", "read", "operator")) {
        try (Connection connection = roles.as(role).getConnection()) {
          connection.setAutoCommit(false);
          var granted = new HashSet<String>();
          var expected = new HashSet<String>();
          for (Blueprint.Part part : blueprint.parts()) {
            for (Attempt attempt : attempts(part)) {
              if (!isRefused(connection, attempt.sql)) {
                granted.add(attempt.right);
              }
              if (rights.stream().anyMatch((role + " " + attempt.right)::matches)) {
                expected.add(attempt.right);
              }
            }
          }
          assertThat(granted).as(role).containsExactlyInAnyOrderElementsOf(expected);
        }
      }
    }
  }

  /**
   * One statement.
   *
   * @param right table, verb and column
   */
  private record Attempt(String right, String sql) {}

  private static List<Attempt> attempts(Blueprint.Part part) {
    String table = part.table().substring(Tables.DEFAULT_PREFIX.length());
    String name = part.name();
    return switch (part.kind()) {
      case COLUMN ->
          List.of(
              new Attempt(table + " select " + name, "SELECT %s FROM {%s}".formatted(name, table)),
              new Attempt(
                  table + " insert " + name,
                  "INSERT INTO {%s} (%s) VALUES (DEFAULT)".formatted(table, name)),
              new Attempt(
                  table + " update " + name,
                  "UPDATE {%s} SET %s = DEFAULT".formatted(table, name)));
      case TABLE ->
          List.of(
              new Attempt(table + " delete", "DELETE FROM {%s}".formatted(table)),
              new Attempt(table + " truncate", "TRUNCATE TABLE {%s}".formatted(table)),
              new Attempt(
                  table + " alter", "ALTER TABLE {%s} ADD COLUMN x integer".formatted(table)),
              new Attempt(table + " drop", "DROP TABLE {%s}".formatted(table)));
      case VIEW ->
          List.of(new Attempt(table + " select seq", "SELECT seq FROM {%s}".formatted(table)));
      case PRIMARY_KEY, CHECK, INDEX -> List.of();
    };
  }

  /** As patterns: one of several columns, or any. */
  private static Set<String> rights(Dialect dialect, Layout layout) {
    String more =
        layout == Layout.LOG
            ? IN_LOG
            : IN_ROWS + (dialect == Dialect.POSTGRESQL ? IN_ROWS_ON_POSTGRES : ON_MYSQL);
    return (RIGHTS + more)
        .lines()
        .filter(line -> !line.isBlank())
        .map(line -> line.strip().split(" +", 4))
        .map(
            word ->
                "%s %s %s"
                    .formatted(word[0], word[1].replace("*", "\\w+"), word[2])
                    .concat(
                        word.length == 3
                            ? ""
                            : " (" + word[3].replace("*", "\\w+").replaceAll(" +", "|") + ")"))
        .collect(Collectors.toSet());
  }

  private static boolean isRefused(Connection connection, String sql) throws SQLException {
    Dialect dialect = Dialect.of(connection);
    try (var statement = connection.createStatement()) {
      statement.execute(Tables.of(dialect).fill(sql));
      return false;
    } catch (SQLException e) {
      return dialect == Dialect.POSTGRESQL
          ? "42501".equals(e.getSQLState())
          : e.getErrorCode() == 1142 || e.getErrorCode() == 1143;
    } finally {
      connection.rollback();
    }
  }

  @ParameterizedTest
  @EnumSource(value = Dialect.class, mode = EnumSource.Mode.EXCLUDE, names = "H2")
  void eachRoleDoesItsPartOfAnOutbox(Dialect dialect) {
    try (var roles = new DatabaseRoles(dialect)) {
      var app = new JdbcTransactor(roles.as("app"));
      var appender = JdbcOutboxStore.appendOnly().build();
      OutboxRecord one = record(0);
      app.inTransaction(
          tx -> {
            appender.append(tx, List.of(record(1)));
            appender.append(tx, IntStream.range(2, 100).mapToObj(RolesTest::record).toList());
            assertThat(appender.appendIfAbsent(tx, one)).isTrue();
            assertThat(appender.appendIfAbsent(tx, one)).isFalse();
            return null;
          });

      try (var store = JdbcOutboxStore.builder(roles.as("relay")).keepSent(true).build();
          var broker = new InMemoryMessageBroker();
          var relay = OutboxRelay.builder(store, broker).build()) {
        assertThat(relay.pollAndPublish().sent()).isEqualTo(100);
        relay.pause();
        relay.resume();
      }

      OutboxAdmin reader = JdbcOutboxStore.builder(roles.as("read")).build().admin();
      assertThat(reader.counts().sent()).isEqualTo(100);
      assertThat(reader.find(OutboxAdmin.Filter.ALL, 0, 1000)).hasSize(100);
      assertThat(reader.get(one.id())).isPresent();
      assertThat(reader.oldestPendingAge()).isEmpty();
      assertThatThrownBy(() -> reader.replay(OutboxAdmin.Filter.ALL, ACT))
          .isInstanceOf(StoreException.class)
          .hasMessageContaining("ROWPOST-208 Not all records were replayed");
      assertThatThrownBy(() -> reader.purge(Duration.ZERO))
          .hasMessageContaining("ROWPOST-208 Not all old records were purged");

      OutboxAdmin operator = JdbcOutboxStore.builder(roles.as("operator")).build().admin();
      assertThat(operator.replay(OutboxAdmin.Filter.ALL, ACT)).isEqualTo(100);
      assertThat(operator.pause("default", ACT)).isTrue();
      assertThat(operator.resume("default", ACT)).isTrue();
      assertThat(operator.purge(Duration.ZERO)).isEqualTo(100);
    }
  }

  private static OutboxRecord record(int number) {
    return OutboxRecord.to("orders").key("k" + number % 7).type("T").payload("{}").build();
  }

  @ParameterizedTest
  @EnumSource(value = Dialect.class, mode = EnumSource.Mode.EXCLUDE, names = "H2")
  void eachRoleDoesItsPartOfAnInbox(Dialect dialect) throws Exception {
    try (var roles = new DatabaseRoles(dialect)) {
      roles.database.execute("CREATE TABLE effects (id varchar(40))");
      roles.grantInsert("effects", "inbox");
      var inbox =
          InboxProcessor.builder(
                  JdbcInboxStore.builder(roles.as("inbox")).build(),
                  new JdbcTransactor(roles.as("inbox")),
                  "payments")
              .maxAttempts(1)
              .build();
      List<Message> messages = new ArrayList<>();
      for (int i = 0; i < 6; i++) {
        messages.add(Message.of(record(i)));
      }
      assertThat(inbox.process(messages.get(0), RolesTest::takeEffect))
          .isEqualTo(InboxResult.PROCESSED);
      assertThat(inbox.process(messages.get(0), RolesTest::takeEffect))
          .isEqualTo(InboxResult.DUPLICATE);
      inbox.processAll(messages.subList(0, 4), RolesTest::takeEffect);
      assertThat(inbox.process(Message.of(record(6)).asRedelivered(), RolesTest::takeEffect))
          .isEqualTo(InboxResult.PROCESSED);
      for (Message message : messages.subList(4, 6)) {
        InboxResult result =
            inbox.process(
                message.asRedelivered(),
                (tx, m) -> {
                  throw new IllegalStateException("poison");
                });
        assertThat(result).isEqualTo(InboxResult.FAILED);
      }

      InboxAdmin reader = JdbcInboxStore.builder(roles.as("read")).build().admin();
      assertThat(reader.counts("payments").parked()).isEqualTo(2);
      assertThat(reader.find("payments", null, null, 100)).hasSize(7);
      String first = messages.get(4).id();
      assertThat(reader.parked("payments", first)).isPresent();
      assertThatThrownBy(() -> reader.retry("payments", first, ACT))
          .hasMessageContaining("ROWPOST-208 The message was not opened again");

      InboxAdmin operator = JdbcInboxStore.builder(roles.as("operator")).build().admin();
      assertThat(operator.retry("payments", first, ACT)).isTrue();
      assertThat(inbox.retryParked(RolesTest::takeEffect)).isEqualTo(1);
      assertThat(operator.discard("payments", messages.get(5).id(), ACT)).isTrue();
      assertThat(operator.forget("payments", first, ACT)).isTrue();
      assertThat(operator.purge(Duration.ofDays(1))).isZero();
      assertThat(roles.database.count("SELECT count(*) FROM effects")).isEqualTo(6);
    }
  }

  private static void takeEffect(Connection tx, Message message) throws SQLException {
    try (var statement = tx.prepareStatement("INSERT INTO effects (id) VALUES (?)")) {
      statement.setString(1, message.id());
      statement.executeUpdate();
    }
  }

  @ParameterizedTest
  @EnumSource(value = Dialect.class, mode = EnumSource.Mode.EXCLUDE, names = "H2")
  void theMigratorChangesTheTables(Dialect dialect) throws SQLException {
    try (var roles = new DatabaseRoles(dialect);
        Connection connection = roles.as("migrator").getConnection();
        var statement = connection.createStatement()) {
      Tables tables = Tables.of(dialect);
      statement.execute(tables.fill("ALTER TABLE {inbox} ADD COLUMN x integer"));
      statement.execute(tables.fill("CREATE TABLE {next} (x integer)"));
      statement.execute(tables.fill("UPDATE {schema_version} SET version = 2"));
      assertThat(roles.database.count("SELECT version FROM {schema_version}")).isEqualTo(2);
    }
  }

  @Test
  void namesOfRolesAreTheirOwn() {
    for (Dialect dialect : List.of(Dialect.POSTGRESQL, Dialect.MYSQL, Dialect.MARIADB)) {
      String script = Schema.rolesSql(dialect, "shop_", "acme_");
      assertThat(script)
          .doesNotContain("rowpost_")
          .contains("ON " + dialect.quote("shop_relay") + " TO acme_relay;");
    }
    assertThatThrownBy(() -> Schema.rolesSql(Dialect.MARIADB, "shop_", "a; DROP"))
        .hasMessageContaining("ROWPOST-602");
    assertThatThrownBy(() -> Schema.rolesSql(Dialect.H2, "shop_", "acme_"))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
