package io.rowpost.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.rowpost.core.OutboxRecord;
import io.rowpost.core.OutboxStore.Turn;
import io.rowpost.testservers.OwnDatabaseServer;
import io.rowpost.testservers.PostgresServer;
import io.rowpost.testservers.TestDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Who may still fill a gap, as the servers tell it. */
@Tag("once")
class LateCommitTest {
  private static final String TRANSACTIONS = "SELECT trx_id FROM information_schema.innodb_trx";

  /**
   * InnoDB shows a list again as long as somebody asks for it ten times a second, so it may be
   * older than the gap; and a transaction that has only read goes by another id in it.
   */
  @Test
  void aTransactionThatHadOnlyReadIsAwaited() throws SQLException {
    try (Databases database = installed(Databases.create(Dialect.MARIADB));
        var reader = new Reader(database);
        Connection late = begin(database);
        Connection monitor = database.dataSource().getConnection()) {
      execute(late, "SELECT count(*) FROM " + Tables.of(Dialect.MARIADB).fill("{outbox}"));
      execute(monitor, TRANSACTIONS);
      append(late);
      execute(monitor, TRANSACTIONS);
      appendAndCommit(database);
      for (int i = 0; i < 20; i++) {
        execute(monitor, TRANSACTIONS);
        reader.fetch();
      }
      reader.assertGapStays();
      late.commit();
      reader.assertReadsOneMore();
    }
  }

  /** It goes on without the connection that prepared it, under another name. */
  @Test
  void aPreparedTransactionIsAwaitedOnMariaDb() throws SQLException {
    String xid = "'" + UUID.randomUUID() + "'";
    try (Databases database = installed(Databases.create(Dialect.MARIADB));
        var reader = new Reader(database)) {
      try (Connection late = ((TestDatabase) database.resource()).connect()) {
        late.setAutoCommit(false);
        execute(late, "XA START " + xid);
        append(late);
        appendAndCommit(database);
        reader.assertGapStays();
        execute(late, "XA END " + xid);
        execute(late, "XA PREPARE " + xid);
      }
      try {
        reader.assertGapStays();
      } finally { // or it would stay on the server
        database.execute("XA COMMIT " + xid);
      }
      reader.assertReadsOneMore();
    }
  }

  @Test
  void aPreparedTransactionIsAwaitedOnPostgres() throws SQLException {
    int version = PostgresServer.require().majorVersion();
    try (OwnDatabaseServer server =
            PostgresServer.startOwn(version, Map.of("max_prepared_transactions", "2"));
        Databases database =
            installed(Databases.of(Dialect.POSTGRESQL, server.createDatabase()).with(Layout.ROW));
        var reader = new Reader(database)) {
      try (Connection late = begin(database)) {
        append(late);
        appendAndCommit(database);
        reader.assertGapStays();
        execute(late, "PREPARE TRANSACTION 'late'");
      }
      reader.assertGapStays();
      database.execute("COMMIT PREPARED 'late'");
      reader.assertReadsOneMore();
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"POSTGRESQL", "MARIADB"})
  void aGapThatNobodyCanFillIsGivenUp(Dialect dialect) throws SQLException {
    try (Databases database = installed(Databases.create(dialect).with(Layout.ROW));
        var reader = new Reader(database)) {
      try (Connection rolledBack = begin(database)) {
        append(rolledBack);
        appendAndCommit(database);
        reader.assertGapStays();
        rolledBack.rollback();
      }
      await().atMost(Duration.ofSeconds(30)).until(() -> !reader.hasGap());
    }
  }

  private static Databases installed(Databases database) {
    database.install();
    return database;
  }

  private static Connection begin(Databases database) throws SQLException {
    Connection connection = database.dataSource().getConnection();
    connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
    connection.setAutoCommit(false);
    return connection;
  }

  private static void appendAndCommit(Databases database) throws SQLException {
    try (Connection connection = begin(database)) {
      append(connection);
      connection.commit();
    }
  }

  private static void append(Connection connection) {
    var message = OutboxRecord.to("t").type("T").payload("p").build();
    JdbcOutboxStore.appendOnly().build().append(connection, List.of(message));
  }

  private static void execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  /** A lease's reading, whose clock goes a minute with each fetch, so that each may look. */
  private static final class Reader implements AutoCloseable {
    /** InnoDB dates transactions to the second. */
    private static final Duration SEVERAL_LOOKS = Duration.ofSeconds(4);

    private static final Duration TWICE_AS_LONG = SEVERAL_LOOKS.multipliedBy(2);

    private final Session session;
    private final AtomicLong nanoTime = new AtomicLong();
    private final Reading reading;
    private int read;

    Reader(Databases database) throws SQLException {
      var statements = new Statements(Tables.of(database.dialect()), Layout.ROW);
      session = Session.open(database.dataSource(), statements);
      reading = new Reading(session, "relay", true, 0, nanoTime::get);
    }

    void fetch() throws SQLException {
      nanoTime.addAndGet(Duration.ofMinutes(1).toNanos());
      PreparedStatement fence = session.prepare(Query.FENCE);
      fence.setString(1, "relay");
      session.values().setUuid(fence, 2, new UUID(0, 0));
      fence.setLong(3, 1);
      fence.execute();
      var page = new Page(Turn.fetch(10));
      reading.fetch(page, Instant.now());
      session.commit();
      read += page.entries().size();
    }

    boolean hasGap() throws SQLException {
      fetch();
      return !reading.gaps().isEmpty();
    }

    void assertGapStays() {
      await().during(SEVERAL_LOOKS).atMost(TWICE_AS_LONG).until(this::hasGap);
      assertThat(read).isEqualTo(1);
    }

    void assertReadsOneMore() throws SQLException {
      fetch();
      assertThat(read).isEqualTo(2);
    }

    @Override
    public void close() {
      session.close();
    }
  }
}
