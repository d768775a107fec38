package io.rowpost.benchmarks;

import com.zaxxer.hikari.HikariDataSource;
import io.rowpost.core.InboxProcessor;
import io.rowpost.core.Message;
import io.rowpost.core.MessageBroker;
import io.rowpost.jdbc.JdbcInboxStore;
import io.rowpost.jdbc.JdbcTransactor;
import io.rowpost.jdbc.Layout;
import io.rowpost.kafka.KafkaBroker;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;

/** The receiving side: each message takes effect once, and an effect is one INSERT. */
final class InboxWay implements Way {
  /** How messages come. */
  enum Delivery {
    /** One by one, deduplicated by one INSERT written by hand. */
    BY_HAND,
    /** One by one. */
    ONE,
    /** One by one, and each is known already. */
    DUPLICATE,
    /** As many as a poll brings by default. */
    BATCH
  }

  static final int BATCH = 500;

  private static final String CONSUMER = "bench";
  private static final String EFFECTS =
      """
      CREATE TABLE IF NOT EXISTS effects (
        id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        key    text NOT NULL,
        number integer NOT NULL,
        at     timestamptz NOT NULL DEFAULT clock_timestamp()
      )
      """;
  private static final String EFFECT = "INSERT INTO effects (key, number) VALUES (?, ?)";
  private static final String CLAIM =
      """
      INSERT INTO "rowpost_inbox" (consumer, message_id, status, message_time, completed_at)
      VALUES (?, ?, 'COMPLETED', ?, clock_timestamp())
      ON CONFLICT (consumer, message_id) DO NOTHING
      """;

  private final HikariDataSource pool;
  private final Delivery delivery;
  private final JdbcTransactor transactor;
  private final InboxProcessor<Connection> inbox;
  private final Message known = message(0);

  InboxWay(Place place, Delivery delivery) throws SQLException {
    this.delivery = delivery;
    pool = place.pool();
    Tables.install(pool, Layout.LOG);
    Sql.execute(pool, EFFECTS);
    transactor = new JdbcTransactor(pool);
    inbox =
        InboxProcessor.builder(JdbcInboxStore.builder(pool).build(), transactor, CONSUMER).build();
  }

  private static Message message(int number) {
    return Events.message(UUID.randomUUID().toString(), Events.key(number), Events.payload(number));
  }

  @Override
  public String settings() {
    return delivery == Delivery.BATCH ? "polls of %d".formatted(BATCH) : "one by one";
  }

  @Override
  public void clear() throws SQLException {
    Sql.execute(pool, "TRUNCATE effects, \"rowpost_inbox\" RESTART IDENTITY");
    if (delivery == Delivery.DUPLICATE) {
      inbox.<SQLException>process(known, InboxWay::takeEffect);
    }
  }

  @Override
  public void fill(int from, int to) {
    throw new UnsupportedOperationException("messages come from a broker");
  }

  /** Receives a message, or a poll of them. */
  @Override
  public void transact(int number) throws SQLException {
    switch (delivery) {
      case BY_HAND -> byHand(message(number));
      case ONE -> inbox.<SQLException>process(message(number), InboxWay::takeEffect);
      case DUPLICATE -> inbox.<SQLException>process(known, InboxWay::takeEffect);
      case BATCH -> {
        int first = number * BATCH;
        List<Message> poll =
            IntStream.range(first, first + BATCH).mapToObj(InboxWay::message).toList();
        if (inbox.<SQLException>processAll(poll, InboxWay::takeEffect).processed() != BATCH) {
          throw new IllegalStateException("not all of a poll took effect");
        }
      }
    }
  }

  private void byHand(Message message) throws SQLException {
    transactor.<Boolean, SQLException>inTransaction(
        tx -> {
          try (PreparedStatement claim = tx.prepareStatement(CLAIM)) {
            claim.setString(1, CONSUMER);
            claim.setString(2, message.id());
            claim.setObject(3, null);
            if (claim.executeUpdate() == 1) {
              takeEffect(tx, message);
            }
          }
          return true;
        });
  }

  private static void takeEffect(Connection connection, Message message) throws SQLException {
    try (PreparedStatement effect = connection.prepareStatement(EFFECT)) {
      effect.setString(1, message.key());
      effect.setInt(2, Events.number(message.payload()));
      effect.executeUpdate();
    }
  }

  /** Subscribes to the topic with a prefix, until what is returned is closed. */
  AutoCloseable consume(String servers, String prefix) {
    KafkaBroker broker = KafkaBroker.builder(servers).topicPrefix(prefix).build();
    MessageBroker.Subscription subscription =
        inbox.<SQLException>subscribe(broker, Events.TOPIC, InboxWay::takeEffect);
    return () -> {
      subscription.close();
      broker.close();
    };
  }

  @Override
  public AutoCloseable relay(Sink sink) {
    throw new UnsupportedOperationException("there is no outbox");
  }

  @Override
  public long purge() {
    throw new UnsupportedOperationException("not measured");
  }

  @Override
  public void close() {
    pool.close();
  }
}
