package io.rowpost.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowpost.core.OutboxRecord;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What an append asks of the caller's connection. */
class AppendStatementsTest {
  /** Answered by every driver without a word to the server. */
  private static final Set<String> LOCAL =
      Set.of("getAutoCommit", "createArrayOf", "getConnection", "close");

  private final List<String> calls = new ArrayList<>();

  @ParameterizedTest
  @EnumSource(Dialect.class)
  void oneStatementWritesAnyNumberOfRecords(Dialect dialect) throws SQLException {
    try (var database = Databases.create(dialect)) {
      Schema.install(database.dataSource());
      var store = JdbcOutboxStore.appendOnly().build();
      try (Connection connection = database.dataSource().getConnection()) {
        connection.setAutoCommit(false);
        // The first append of a store asks which database this is, which drivers know.
        store.append(connection, records(1));
        Connection counted = counting(connection, Connection.class);

        store.append(counted, List.of());
        assertThat(calls).isEmpty();
        store.append(counted, records(1));
        assertThat(taken()).containsExactly("prepareStatement", "executeUpdate");
        store.append(counted, records(100));
        assertThat(taken()).containsExactly("prepareStatement", "executeUpdate");

        // Elsewhere each record has placeholders of its own, 1,000 records at a time.
        store.append(counted, records(1001));
        int statements = dialect == Dialect.POSTGRESQL ? 1 : 2;
        assertThat(taken())
            .hasSize(2 * statements)
            .filteredOn("executeUpdate"::equals)
            .hasSize(statements);

        // Two tables, and the second only if the id is new.
        OutboxRecord record = records(1).get(0);
        assertThat(store.appendIfAbsent(counted, record)).isTrue();
        assertThat(taken())
            .containsExactly(
                "prepareStatement", "executeUpdate", "prepareStatement", "executeUpdate");
        assertThat(store.appendIfAbsent(counted, record)).isFalse();
        assertThat(taken()).containsExactly("prepareStatement", "executeUpdate");
        connection.rollback();
      }
    }
  }

  /** Together they are more than a server takes as one statement. */
  @ParameterizedTest
  @EnumSource(Dialect.class)
  void manyLargeRecordsAreAppendedAsWell(Dialect dialect) {
    try (var database = Databases.create(dialect)) {
      Schema.install(database.dataSource());
      var store = JdbcOutboxStore.appendOnly().build();
      var payload = new byte[1 << 20];
      List<OutboxRecord> large =
          Stream.generate(() -> OutboxRecord.to("t").type("T").payload(payload).build())
              .limit(20)
              .toList();
      new JdbcTransactor(database.dataSource())
          .<Boolean, RuntimeException>inTransaction(
              tx -> {
                store.append(tx, large);
                return true;
              });
      assertThat(database.count("SELECT count(*) FROM {outbox}")).isEqualTo(large.size());
    }
  }

  /** PostgreSQL parses the text of a CHECK anew for every INSERT. */
  @Test
  void theLogLayoutChecksNothingAtAnInsert() {
    assertThat(
            Databases.kept(Dialect.POSTGRESQL)
                .count(
                    "SELECT count(*) FROM pg_constraint"
                        + " WHERE contype = 'c' AND conrelid = '{outbox}'::regclass"))
        .isZero();
  }

  private static List<OutboxRecord> records(int size) {
    return Stream.generate(() -> OutboxRecord.to("t").key("k").type("T").payload("{}").build())
        .limit(size)
        .toList();
  }

  private List<String> taken() {
    List<String> taken = List.copyOf(calls);
    calls.clear();
    return taken;
  }

  /** Notes every call but of setters and what is local. */
  private <C> C counting(C target, Class<C> type) {
    return type.cast(
        Proxy.newProxyInstance(
            getClass().getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> {
              if (!LOCAL.contains(method.getName()) && !method.getName().startsWith("set")) {
                calls.add(method.getName());
              }
              try {
                Object result = method.invoke(target, arguments);
                return result instanceof PreparedStatement statement
                    ? counting(statement, PreparedStatement.class)
                    : result;
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            }));
  }
}
