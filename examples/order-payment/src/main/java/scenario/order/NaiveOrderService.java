package scenario.order;

import io.rowpost.core.Message;
import io.rowpost.core.MessagePublisher;
import io.rowpost.core.Transactor;
import java.sql.Connection;
import java.sql.SQLException;

/**
 * The two ways that come to mind first. Both are right until something fails in between: a database
 * and a broker have no common COMMIT.
 */
final class NaiveOrderService {
  private final Transactor<Connection> transactor;
  private final OrderStore orders;
  private final MessagePublisher publisher;

  NaiveOrderService(
      Transactor<Connection> transactor, OrderStore orders, MessagePublisher publisher) {
    this.transactor = transactor;
    this.orders = orders;
    this.publisher = publisher;
  }

  /** COMMIT, then publish. A crash in between loses the event, and nobody will ever know. */
  void publishAfterCommit(Order order) throws SQLException {
    transactor.inTransaction(
        tx -> {
          orders.save(tx, order);
          return order;
        });
    publish(order);
  }

  /** Publish, then COMMIT. A rollback in between leaves an event of an order that never was. */
  void publishInsideTransaction(Order order) throws SQLException {
    transactor.inTransaction(
        tx -> {
          orders.save(tx, order);
          publish(order);
          return order;
        });
  }

  private void publish(Order order) {
    Message message = Message.of(OrderCreatedEvent.of(order).toRecord());
    publisher.publish(message).toCompletableFuture().join();
  }
}
