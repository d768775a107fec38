package scenario.recipes;

import io.rowpost.core.InboxProcessor;
import io.rowpost.core.Message;
import io.rowpost.core.MessageBroker;
import io.rowpost.core.MessageBroker.Subscription;
import io.rowpost.core.OutboxRelay;
import io.rowpost.core.OutboxStore;
import io.rowpost.core.TransactionalOutbox;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import javax.sql.DataSource;

/** Plain JDBC: your connection, your transaction, your commit. */
final class PlainJdbc {
  private PlainJdbc() {}

  // 1. Write: the order and its event, by one commit or not at all.

  static void place(Order order, DataSource orders, TransactionalOutbox<Connection> outbox)
      throws SQLException {
    try (Connection connection = orders.getConnection()) {
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

  // 2. Publish: everything committed, in order per key, however often a process dies.

  static OutboxRelay startRelay(OutboxStore<Connection> store, MessageBroker broker) {
    return OutboxRelay.builder(store, broker).build().start();
  }

  // 3. Consume once: the payment and the memory of the message, by one commit.

  static Subscription subscribe(MessageBroker broker, InboxProcessor<Connection> inbox) {
    return inbox.subscribe(broker, "orders.events", PlainJdbc::pay);
  }

  static void pay(Connection tx, Message message) throws SQLException {
    OrderCreated event = OrderCreated.of(message);
    String sql = "INSERT INTO payments (order_id, amount) VALUES (?, ?)";
    execute(tx, sql, event.orderId(), event.amount());
  }

  // The statements, as you write them anyway.

  private static void save(Connection tx, Order order) throws SQLException {
    String sql = "INSERT INTO orders (id, customer, amount) VALUES (?, ?, ?)";
    execute(tx, sql, order.id(), order.customer(), order.amount());
  }

  private static void takeFromCredit(Connection tx, Order order) throws SQLException {
    String sql = "UPDATE credit SET remaining = remaining - ? WHERE customer = ?";
    execute(tx, sql, order.amount(), order.customer());
  }

  private static void execute(Connection tx, String sql, Object... values) throws SQLException {
    try (PreparedStatement statement = tx.prepareStatement(sql)) {
      for (int i = 0; i < values.length; i++) {
        statement.setObject(i + 1, values[i]);
      }
      statement.executeUpdate();
    }
  }
}
