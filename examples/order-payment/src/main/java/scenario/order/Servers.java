package scenario.order;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.pool.HikariPool.PoolInitializationException;
import io.rowpost.core.InMemoryMessageBroker;
import io.rowpost.core.MessageBroker;
import io.rowpost.core.RowpostException;
import io.rowpost.kafka.KafkaBroker;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.KafkaFuture;
import org.jspecify.annotations.Nullable;

/**
 * Where the demo finds its databases and its broker: in memory, or on real servers.
 *
 * <p>Each shop gets two databases and a topic of its own. On PostgreSQL a database is a schema,
 * used as if there were nothing else: no statement sees both. What was made is removed on close.
 */
final class Servers implements AutoCloseable {
  private static final Duration SEND_TIMEOUT = Duration.ofMillis(400);
  private static final Duration KAFKA_SEND_TIMEOUT = Duration.ofMillis(1600);
  private static final Duration KAFKA_PATIENCE = Duration.ofSeconds(10);
  private static final Duration FIRST_REDELIVERY = Duration.ofMillis(10);
  private static final Duration LAST_REDELIVERY = Duration.ofMillis(100);
  private static final int CONNECTIONS = 8;
  private static final int PARTITIONS = 3;

  private final String prefix =
      "rowpost_demo_" + Integer.toString(ThreadLocalRandom.current().nextInt(1 << 30), 36);
  private final Deque<Removal> removals = new ArrayDeque<>();
  private @Nullable HikariDataSource orderServer;
  private @Nullable HikariDataSource paymentServer;
  private @Nullable String kafka;
  private @Nullable Admin kafkaAdmin;
  private int shops;

  /**
   * Connects to the real servers among those that are wanted; null means in memory.
   *
   * @throws RowpostException ROWPOST-211 or ROWPOST-323 if one does not answer
   */
  void open(
      @Nullable String postgresOrders, @Nullable String postgresPayments, @Nullable String kafka) {
    if (postgresOrders != null) {
      orderServer = connect("--postgres", postgresOrders);
      paymentServer =
          postgresPayments == null ? orderServer : connect("--postgres-payments", postgresPayments);
    }
    if (kafka != null) {
      this.kafka = kafka;
      kafkaAdmin = connectToKafka(kafka);
    }
  }

  private HikariDataSource connect(String flag, String url) {
    try {
      return pool(url);
    } catch (PoolInitializationException e) {
      throw absent(
          "ROWPOST-211", "the database of %s lets nobody in: %s".formatted(flag, reason(e)), e);
    } catch (RuntimeException e) {
      throw Flags.refused(
          flag + " is no URL that a driver knows",
          "write it as jdbc:postgresql://HOST:PORT/DATABASE?user=NAME.");
    }
  }

  private Admin connectToKafka(String address) {
    int patience = (int) KAFKA_PATIENCE.toMillis();
    Map<String, Object> settings =
        Map.of(
            "bootstrap.servers", address,
            "default.api.timeout.ms", patience,
            "request.timeout.ms", patience / 2);
    try {
      Admin admin = Admin.create(settings);
      removals.push(() -> admin.close(Duration.ZERO));
      join(admin.describeCluster().nodes());
      return admin;
    } catch (RuntimeException e) {
      throw absent(
          "ROWPOST-323", "no Kafka answers at --kafka=%s: %s".formatted(address, reason(e)), e);
    }
  }

  private static RowpostException absent(String code, String what, Exception cause) {
    return new RowpostException(
        code,
        "The demo was not started: %s.".formatted(what),
        "start the server or correct the flag; without the flag the demo needs no server at all.",
        cause);
  }

  /** The innermost message: what the server or the network said. */
  private static String reason(Throwable e) {
    Throwable cause = e;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return String.valueOf(cause.getMessage()).strip();
  }

  /** What runs where, for people. */
  String description() {
    return "order-db and payment-db in %s, %s in between"
        .formatted(
            orderServer == null ? "H2 (memory)" : "PostgreSQL",
            kafka == null ? "a broker in memory" : "Kafka");
  }

  /** Makes what one shop needs: two empty databases and an empty topic. */
  Premises createPremises() throws SQLException {
    String name = prefix + "_" + ++shops;
    return new Premises(
        createDatabase(name + "_order_db", orderServer),
        createDatabase(name + "_payment_db", paymentServer),
        createBroker(name + "."),
        kafka,
        name + ".");
  }

  private HikariDataSource createDatabase(String name, @Nullable HikariDataSource server)
      throws SQLException {
    if (server == null) {
      return pool("jdbc:h2:mem:%s;DB_CLOSE_DELAY=-1".formatted(name));
    }
    execute(server, "CREATE SCHEMA " + name);
    removals.push(() -> execute(server, "DROP SCHEMA %s CASCADE".formatted(name)));
    String url = server.getJdbcUrl();
    return pool(url + (url.contains("?") ? "&" : "?") + "currentSchema=" + name);
  }

  private HikariDataSource pool(String url) {
    var config = new HikariConfig();
    config.setJdbcUrl(url);
    config.setMaximumPoolSize(CONNECTIONS);
    config.setMinimumIdle(0);
    var pool = new HikariDataSource(config);
    removals.push(pool::close);
    return pool;
  }

  private static void execute(HikariDataSource database, String sql) throws SQLException {
    try (Connection connection = database.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private MessageBroker createBroker(String topicPrefix) {
    if (kafka == null || kafkaAdmin == null) {
      return InMemoryMessageBroker.builder()
          .sendTimeout(SEND_TIMEOUT)
          .redeliveryDelay(FIRST_REDELIVERY, LAST_REDELIVERY)
          .build();
    }
    createTopic(kafkaAdmin, topicPrefix + OrderCreatedEvent.TOPIC);
    return KafkaBroker.builder(kafka)
        .topicPrefix(topicPrefix)
        .sendTimeout(KAFKA_SEND_TIMEOUT)
        .redeliveryDelay(FIRST_REDELIVERY, LAST_REDELIVERY)
        .build();
  }

  private void createTopic(Admin admin, String topic) {
    var wanted = new NewTopic(topic, Optional.of(PARTITIONS), Optional.empty());
    join(admin.createTopics(List.of(wanted)).all());
    removals.push(() -> join(admin.deleteTopics(List.of(topic)).all()));
  }

  private static <T> T join(KafkaFuture<T> answer) {
    return answer.toCompletionStage().toCompletableFuture().join();
  }

  @Override
  public void close() throws SQLException {
    while (!removals.isEmpty()) {
      removals.pop().remove();
    }
  }

  /** Takes one thing back that was made. */
  @FunctionalInterface
  private interface Removal {
    void remove() throws SQLException;
  }

  /**
   * Where one shop is open.
   *
   * @param orderDatabase the order service's, empty
   * @param paymentDatabase the payment service's, empty
   * @param broker what lies between them
   * @param kafka the broker's address, or null for one in memory
   * @param topicPrefix what stands before the topic's name in Kafka
   */
  record Premises(
      HikariDataSource orderDatabase,
      HikariDataSource paymentDatabase,
      MessageBroker broker,
      @Nullable String kafka,
      String topicPrefix) {
    /** Whether both ends can be reached from another process. */
    boolean servesProcesses() {
      return kafka != null && orderDatabase.getJdbcUrl().startsWith("jdbc:postgresql:");
    }
  }
}
