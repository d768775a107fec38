package io.rowpost.verification;

import io.rowpost.core.InboxProcessor;
import io.rowpost.core.Message;
import io.rowpost.core.MessageBroker;
import io.rowpost.core.MessageListener;
import io.rowpost.core.OutboxRecord;
import io.rowpost.core.TransactionalOutbox;
import io.rowpost.jdbc.JdbcInboxStore;
import io.rowpost.jdbc.JdbcOutboxStore;
import io.rowpost.jdbc.JdbcTransactor;
import io.rowpost.jdbc.Schema;
import io.rowpost.kafka.KafkaBroker;
import io.rowpost.testservers.Await;
import io.rowpost.testservers.DatabaseServer;
import io.rowpost.testservers.KafkaServer;
import io.rowpost.testservers.TestDatabase;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
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
import java.util.concurrent.atomic.AtomicLong;
import javax.sql.DataSource;

/**
 * Kills relays between the broker's acknowledgement and the settlement, and counts what is left.
 *
 * <p>An application appends numbered messages, one transaction each; two relays run in processes of
 * their own, one standing by; a consumer writes each effect in its own database. At each kill one
 * acknowledgement is held back from the owner, which is then killed; the standby takes over, and a
 * new one is started.
 */
final class KillRun implements AutoCloseable {
  static final Duration LEASE = Duration.ofSeconds(4);
  static final Duration POLL = Duration.ofMillis(100);

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** Without a new effect for so long, what is missing is taken for lost. */
  private static final Duration QUIET = Duration.ofSeconds(8);

  private static final int KEYS = 5;
  private static final int BURST = 20;

  private final KafkaServer kafka;
  private final String topic;
  private final TestDatabase orders;
  private final TestDatabase payments;
  private final boolean settleFirst;
  private final Path log;
  private final TransactionalOutbox<Connection> outbox;
  private final JdbcTransactor transactor;
  private final KafkaBroker broker;
  private final MessageBroker.Subscription consumer;
  private final AtomicLong duplicates = new AtomicLong();
  private final long[] numbers = new long[KEYS];
  private final List<String> held = new ArrayList<>();
  private final List<Duration> takeOvers = new ArrayList<>();
  private long effective;
  private Child owner;
  private Child standby;

  /** What a run found. */
  record Findings(
      int kills,
      long appended,
      long lost,
      long duplicateEffects,
      long publishInversions,
      long effectInversions,
      long altered,
      long repeats,
      int killsWithRepeat,
      long absorbed,
      List<Duration> takeOvers) {
    Duration longestTakeOver() {
      return takeOvers.stream().max(Duration::compareTo).orElse(Duration.ZERO);
    }
  }

  KillRun(DatabaseServer server, KafkaServer kafka, Path log, boolean inboxOn, boolean settleFirst)
      throws SQLException, InterruptedException {
    this.kafka = kafka;
    this.topic = kafka.createRandomTopic("kills", 3);
    this.log = log;
    this.settleFirst = settleFirst;
    this.orders = server.createDatabase();
    this.payments = server.createDatabase();
    Schema.install(orders.dataSource());
    Schema.install(payments.dataSource());
    execute(orders, "CREATE TABLE orders (id varchar(36) PRIMARY KEY)");
    execute(
        payments,
        "CREATE TABLE effects (place integer, id varchar(36), order_key varchar(9), number bigint)");
    this.outbox =
        TransactionalOutbox.builder(JdbcOutboxStore.builder(orders.dataSource()).build()).build();
    this.transactor = new JdbcTransactor(orders.dataSource());
    this.broker = KafkaBroker.builder(kafka.bootstrapServers()).build();
    this.consumer = subscribe(inboxOn);
    this.owner = relay();
    owner.await("STATE RUNNING"::equals, PATIENCE);
    this.standby = relay();
    standby.await("STARTED"::equals, PATIENCE);
  }

  private Child relay() {
    return new Child(
        RelayChild.class,
        log,
        List.of(
            orders.jdbcUrl(),
            orders.user(),
            orders.password(),
            kafka.bootstrapServers(),
            settleFirst ? "settle-first" : "sound"));
  }

  private MessageBroker.Subscription subscribe(boolean inboxOn) {
    DataSource dataSource = payments.pooledDataSource(4);
    var effects = new JdbcTransactor(dataSource);
    var place = new AtomicLong();
    MessageListener listener;
    if (inboxOn) {
      var inbox =
          InboxProcessor.builder(JdbcInboxStore.builder(dataSource).build(), effects, "payments")
              .build();
      listener =
          messages -> {
            InboxProcessor.BatchResult result =
                inbox.processAll(
                    messages, (tx, message) -> effect(tx, place.incrementAndGet(), message));
            duplicates.addAndGet(result.duplicates());
            return result.redeliver();
          };
    } else {
      listener =
          messages -> {
            for (Message message : messages) {
              effects.<Boolean, SQLException>inTransaction(
                  tx -> {
                    effect(tx, place.incrementAndGet(), message);
                    return true;
                  });
            }
            return List.of();
          };
    }
    return broker.subscribe(topic, "payments", listener);
  }

  private static void effect(Connection tx, long place, Message message) throws SQLException {
    try (PreparedStatement insert =
        tx.prepareStatement(
            "INSERT INTO effects (place, id, order_key, number) VALUES (?, ?, ?, ?)")) {
      insert.setLong(1, place);
      insert.setString(2, message.id());
      insert.setString(3, message.key());
      insert.setLong(4, Long.parseLong(new String(message.payload(), StandardCharsets.UTF_8)));
      insert.executeUpdate();
    }
  }

  /** Kills so many times, lets everything drain, and counts. */
  Findings run(int kills) throws SQLException, InterruptedException {
    for (int i = 0; i < kills; i++) {
      append(BURST);
      owner.say("arm");
      append(BURST);
      String line = owner.await(text -> text.startsWith("HELD "), PATIENCE).text();
      held.add(line.substring("HELD ".length()));
      long killed = System.nanoTime();
      owner.kill();
      append(BURST);
      Child.Line sent = standby.await(text -> text.startsWith("SENT "), PATIENCE);
      takeOvers.add(Duration.ofNanos(sent.nanos() - killed));
      owner = standby;
      standby = relay();
      standby.await("STARTED"::equals, PATIENCE);
    }
    append(BURST);
    return findings(kills);
  }

  /** Appends messages with the next numbers of their keys, one business transaction each. */
  private void append(int count) throws SQLException {
    for (int i = 0; i < count; i++) {
      int key = i % KEYS;
      OutboxRecord record =
          OutboxRecord.to(topic)
              .key("k" + key)
              .type("Numbered")
              .payload(Long.toString(++numbers[key]))
              .build();
      transactor.<Boolean, SQLException>inTransaction(
          tx -> {
            try (PreparedStatement insert =
                tx.prepareStatement("INSERT INTO orders (id) VALUES (?)")) {
              insert.setString(1, record.id().toString());
              insert.executeUpdate();
            }
            outbox.append(tx, record);
            return true;
          });
    }
  }

  private boolean hasNewEffect() {
    long before = effective;
    effective = count(payments, "SELECT count(DISTINCT id) FROM effects");
    return effective > before;
  }

  private Findings findings(int kills) throws SQLException, InterruptedException {
    Set<String> appended = strings(orders, "SELECT id FROM orders");
    // The last burst stands behind all repeats, so nothing comes after its effects.
    while (effective < appended.size() && Await.until(QUIET, this::hasNewEffect)) {}
    Publishes publishes = Publishes.read(kafka.bootstrapServers(), topic);
    Set<String> withEffect = strings(payments, "SELECT id FROM effects");
    long effects = count(payments, "SELECT count(*) FROM effects");
    long effectInversions = 0;
    for (int key = 0; key < KEYS; key++) {
      effectInversions +=
          Publishes.inversions(
              numbers(
                  "SELECT number FROM effects WHERE order_key = 'k%d' ORDER BY place"
                      .formatted(key)));
    }
    long lost = appended.stream().filter(id -> !withEffect.contains(id)).count();
    return new Findings(
        kills,
        appended.size(),
        lost,
        effects - withEffect.size(),
        publishes.inversions(),
        effectInversions,
        publishes.altered(),
        publishes.repeats(),
        (int) held.stream().filter(id -> publishes.times(id) > 1).count(),
        duplicates.get(),
        List.copyOf(takeOvers));
  }

  private static void execute(TestDatabase database, String sql) throws SQLException {
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static long count(TestDatabase database, String sql) {
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      rows.next();
      return rows.getLong(1);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Set<String> strings(TestDatabase database, String sql) throws SQLException {
    var result = new HashSet<String>();
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      while (rows.next()) {
        result.add(rows.getString(1));
      }
    }
    return result;
  }

  private List<Long> numbers(String sql) throws SQLException {
    var result = new ArrayList<Long>();
    try (Connection connection = payments.connect();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      while (rows.next()) {
        result.add(rows.getLong(1));
      }
    }
    return result;
  }

  @Override
  public void close() {
    owner.close();
    standby.close();
    consumer.close();
    broker.close();
    orders.close();
    payments.close();
  }
}
