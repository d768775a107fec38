package scenario.recipes;

import static scenario.recipes.Sql.execute;

import io.rowpost.core.InboxProcessor;
import io.rowpost.core.Message;
import io.rowpost.core.MessageBroker;
import io.rowpost.core.OutboxRelay;
import io.rowpost.core.TransactionalOutbox;
import io.rowpost.jdbc.JdbcInboxStore;
import io.rowpost.jdbc.JdbcOutboxStore;
import io.rowpost.jdbc.JdbcTransactor;
import io.rowpost.kafka.KafkaBroker;
import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;

/** Plain JDBC: your connection, your transaction, your commit. */
final class PlainJdbc {
  private final DataSource database;

  PlainJdbc(DataSource database) {
    this.database = database;
  }

  // [write]
  private final TransactionalOutbox<Connection> outbox =
      TransactionalOutbox.builder(JdbcOutboxStore.appendOnly().build()).build();

  void place(Order order) throws SQLException {
    try (Connection connection = database.getConnection()) {
      connection.setAutoCommit(false);
      try {
        save(connection, order);
        outbox.append(connection, OrderCreated.event(order));
        takeFromCredit(connection, order);
        connection.commit();
      } catch (Throwable e) {
        connection.rollback();
        throw e;
      }
    }
  }

  // [write]

  // [publish]
  static MessageBroker connect(String kafka) {
    return KafkaBroker.builder(kafka).build();
  }

  OutboxRelay startRelay(MessageBroker broker) {
    var store = JdbcOutboxStore.builder(database).build();
    return OutboxRelay.builder(store, broker).build().start();
  }

  // [publish]

  // [consume]
  MessageBroker.Subscription subscribe(MessageBroker broker) {
    var store = JdbcInboxStore.builder(database).build();
    var inbox = InboxProcessor.builder(store, new JdbcTransactor(database), "payments").build();
    return inbox.subscribe(broker, "orders.events", PlainJdbc::pay);
  }

  static void pay(Connection tx, Message message) throws SQLException {
    OrderCreated event = OrderCreated.of(message);
    String sql = "INSERT INTO payments (order_id, amount) VALUES (?, ?)";
    execute(tx, sql, event.orderId(), event.amount());
  }

  // [consume]

  private static void save(Connection tx, Order order) throws SQLException {
    String sql = "INSERT INTO orders (id, customer, amount) VALUES (?, ?, ?)";
    execute(tx, sql, order.id(), order.customer(), order.amount());
  }

  private static void takeFromCredit(Connection tx, Order order) throws SQLException {
    String sql = "UPDATE credit SET remaining = remaining - ? WHERE customer = ?";
    execute(tx, sql, order.amount(), order.customer());
  }
}
