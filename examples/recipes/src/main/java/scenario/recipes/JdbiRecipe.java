package scenario.recipes;

import io.rowpost.core.InboxProcessor;
import io.rowpost.core.InboxResult;
import io.rowpost.core.Message;
import io.rowpost.core.TransactionalOutbox;
import java.sql.Connection;
import org.jdbi.v3.core.Jdbi;

/** JDBI: the connection of the handle. */
final class JdbiRecipe {
  private final Jdbi jdbi;
  private final TransactionalOutbox<Connection> outbox;
  private final InboxProcessor<Connection> inbox;

  JdbiRecipe(Jdbi jdbi, TransactionalOutbox<Connection> outbox, InboxProcessor<Connection> inbox) {
    this.jdbi = jdbi;
    this.outbox = outbox;
    this.inbox = inbox;
  }

  void place(Order order) {
    jdbi.useTransaction(
        handle -> {
          handle.execute(
              "INSERT INTO orders (id, customer, amount) VALUES (?, ?, ?)",
              order.id(),
              order.customer(),
              order.amount());
          outbox.append(handle.getConnection(), OrderCreated.event(order));
          handle.execute(
              "UPDATE credit SET remaining = remaining - ? WHERE customer = ?",
              order.amount(),
              order.customer());
        });
  }

  /** {@link Jdbi#create(Connection)} leaves the connection open, unlike {@link Jdbi#open}. */
  InboxResult pay(Message message) {
    return inbox.process(
        message,
        (tx, received) -> {
          OrderCreated event = OrderCreated.of(received);
          Jdbi.create(tx)
              .useHandle(
                  handle ->
                      handle.execute(
                          "INSERT INTO payments (order_id, amount) VALUES (?, ?)",
                          event.orderId(),
                          event.amount()));
        });
  }
}
