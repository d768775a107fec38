package scenario.order;

import io.rowpost.core.TransactionalOutbox;
import java.sql.Connection;
import java.sql.SQLException;

/** Takes orders. The order and its event are saved by one COMMIT, or neither is. */
final class OrderService implements OrderTaking {
  private final TransactionalOutbox<Connection> outbox;
  private final OrderStore orders;

  OrderService(TransactionalOutbox<Connection> outbox, OrderStore orders) {
    this.outbox = outbox;
    this.orders = orders;
  }

  @Override
  public void place(Order order) throws SQLException {
    outbox.executeWithOutbox(
        OrderCreatedEvent.of(order).toRecord(),
        tx -> {
          orders.save(tx, order);
          return order;
        });
  }
}
