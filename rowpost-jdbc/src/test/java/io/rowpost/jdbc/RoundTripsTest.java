package io.rowpost.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowpost.core.InboxProcessor;
import io.rowpost.core.Message;
import io.rowpost.core.OutboxRecord;
import io.rowpost.core.TransactionalOutbox;
import io.rowpost.core.Transactor;
import io.rowpost.testservers.PostgresServer;
import io.rowpost.testservers.TcpProxy;
import io.rowpost.testservers.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** How often a transaction waits for PostgreSQL, counted on the wire. */
class RoundTripsTest {
  /** By then the driver has prepared what it repeats, and the pool has its connection. */
  private static final int WARM_UPS = 10;

  /**
   * As many as fit the driver's buffer. What is longer it sends in pieces, and the server may
   * answer the BEGIN in front before the rest has come: nobody waits for that, but it would be
   * counted.
   */
  private static final int MANY = 50;

  private static TestDatabase database;
  private static TcpProxy proxy;
  private static JdbcTransactor transactor;
  private static TransactionalOutbox<Connection> outbox;
  private static InboxProcessor<Connection> inbox;

  @BeforeAll
  static void connect() throws SQLException {
    database = PostgresServer.require().createDatabase();
    Schema.install(database.dataSource());
    try (Connection connection = database.connect();
        var statement = connection.createStatement()) {
      statement.execute("CREATE TABLE effects (text varchar(600) NOT NULL)");
    }
    proxy = TcpProxy.to(database.address());
    DataSource pool = database.pooledDataSource(proxy, 1);
    transactor = new JdbcTransactor(pool);
    outbox =
        TransactionalOutbox.builder(JdbcOutboxStore.appendOnly().build())
            .transactor(transactor)
            .build();
    inbox =
        InboxProcessor.builder(JdbcInboxStore.builder(pool).build(), transactor, "effects").build();
  }

  @AfterAll
  static void disconnect() {
    database.close();
    proxy.close();
  }

  /** Some work. */
  private interface Act {
    void run() throws Exception;
  }

  private long roundTripsOf(Act act) throws Exception {
    for (int i = 0; i < WARM_UPS; i++) {
      act.run();
    }
    long before = proxy.roundTrips();
    act.run();
    return proxy.roundTrips() - before;
  }

  @Test
  void anAppendAddsOneForAnyNumberOfRecords() throws Exception {
    long alone = roundTripsOf(() -> transactor.<Integer, SQLException>inTransaction(this::effect));
    for (int size : new int[] {1, 2, MANY}) {
      List<OutboxRecord> records = Stream.generate(this::record).limit(size).toList();
      long appending =
          roundTripsOf(
              () ->
                  transactor.<Integer, SQLException>inTransaction(
                      tx -> {
                        outbox.append(tx, records);
                        return effect(tx);
                      }));
      assertThat(appending - alone).as("%d records", size).isEqualTo(1);
    }
  }

  @Test
  void executeWithOutboxAddsNone() throws Exception {
    long alone = roundTripsOf(() -> transactor.<Integer, SQLException>inTransaction(this::effect));
    long withOutbox =
        roundTripsOf(() -> outbox.<Integer, SQLException>executeWithOutbox(record(), this::effect));
    assertThat(withOutbox).isEqualTo(alone).isEqualTo(2);
  }

  /** Such as Spring's: what else it does at its commit comes before it. */
  @Test
  void aTransactorThatCommitsItselfPaysForTheAppend() throws Exception {
    Transactor<Connection> wrapped =
        new Transactor<>() {
          @Override
          public <R, X extends Exception> R inTransaction(Work<Connection, R, X> work) throws X {
            return transactor.inTransaction(work);
          }
        };
    var ordinary =
        TransactionalOutbox.builder(JdbcOutboxStore.appendOnly().build())
            .transactor(wrapped)
            .build();
    long roundTrips =
        roundTripsOf(
            () -> ordinary.<Integer, SQLException>executeWithOutbox(record(), this::effect));
    assertThat(roundTrips).isEqualTo(3);
  }

  @Test
  void theInboxAddsOneToATransaction() throws Exception {
    long alone = roundTripsOf(() -> transactor.<Integer, SQLException>inTransaction(this::effect));
    long processed = roundTripsOf(() -> inbox.process(message(), (tx, message) -> effect(tx)));
    assertThat(processed - alone).isEqualTo(1);
  }

  @Test
  void aPollOfManyMessagesIsClaimedInOne() throws Exception {
    int size = 50;
    long poll =
        roundTripsOf(
            () ->
                inbox.processAll(
                    Stream.generate(this::message).limit(size).toList(),
                    (tx, message) -> effect(tx)));
    assertThat(poll).isEqualTo(1 + size + 1);
  }

  @Test
  void aDuplicateIsFoundInTwo() throws Exception {
    Message message = message();
    long duplicate = roundTripsOf(() -> inbox.process(message, (tx, again) -> effect(tx)));
    assertThat(duplicate).isEqualTo(2 + 1);
    List<Message> poll = Stream.generate(this::message).limit(50).toList();
    long duplicates = roundTripsOf(() -> inbox.processAll(poll, (tx, again) -> effect(tx)));
    assertThat(duplicates).isEqualTo(2 + 1);
  }

  private int effect(Connection tx) throws SQLException {
    try (var statement = tx.prepareStatement("INSERT INTO effects VALUES (?)")) {
      statement.setString(1, "effect");
      return statement.executeUpdate();
    }
  }

  private OutboxRecord record() {
    return OutboxRecord.to("t").key("k").type("T").payload("{}").build();
  }

  private Message message() {
    return new Message(
        UUID.randomUUID().toString(),
        "t",
        null,
        "T",
        "/s",
        "application/json",
        Map.of(),
        null,
        null,
        new byte[0]);
  }
}
