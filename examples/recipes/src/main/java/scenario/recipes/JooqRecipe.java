package scenario.recipes;

import static org.jooq.impl.DSL.field;
import static org.jooq.impl.DSL.table;

import io.rowpost.core.InboxProcessor;
import io.rowpost.core.InboxResult;
import io.rowpost.core.Message;
import io.rowpost.core.TransactionalOutbox;
import java.math.BigDecimal;
import java.sql.Connection;
import org.jooq.DSLContext;
import org.jooq.impl.DSL;

/** jOOQ: the connection of the transaction that jOOQ has begun. */
final class JooqRecipe {
  private final DSLContext jooq;
  private final TransactionalOutbox<Connection> outbox;
  private final InboxProcessor<Connection> inbox;

  JooqRecipe(
      DSLContext jooq, TransactionalOutbox<Connection> outbox, InboxProcessor<Connection> inbox) {
    this.jooq = jooq;
    this.outbox = outbox;
    this.inbox = inbox;
  }

  void place(Order order) {
    jooq.transaction(
        configuration -> {
          DSLContext tx = configuration.dsl();
          tx.insertInto(table("orders"), field("id"), field("customer"), field("amount"))
              .values(order.id(), order.customer(), order.amount())
              .execute();
          tx.connection(connection -> outbox.append(connection, OrderCreated.event(order)));
          var remaining = field("remaining", BigDecimal.class);
          tx.update(table("credit"))
              .set(remaining, remaining.minus(order.amount()))
              .where(field("customer", String.class).eq(order.customer()))
              .execute();
        });
  }

  InboxResult pay(Message message) {
    return inbox.process(
        message,
        (tx, received) -> {
          OrderCreated event = OrderCreated.of(received);
          DSL.using(tx, jooq.dialect())
              .insertInto(table("payments"), field("order_id"), field("amount"))
              .values(event.orderId(), event.amount())
              .execute();
        });
  }
}
