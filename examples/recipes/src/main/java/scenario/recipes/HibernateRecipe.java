package scenario.recipes;

import io.rowpost.core.InboxProcessor;
import io.rowpost.core.InboxResult;
import io.rowpost.core.Message;
import io.rowpost.core.TransactionalOutbox;
import java.sql.Connection;
import org.hibernate.SessionFactory;
import org.hibernate.StatelessSession;

/** Hibernate: the connection of the session. */
final class HibernateRecipe {
  private final SessionFactory sessions;
  private final TransactionalOutbox<Connection> outbox;
  private final InboxProcessor<Connection> inbox;

  HibernateRecipe(
      SessionFactory sessions,
      TransactionalOutbox<Connection> outbox,
      InboxProcessor<Connection> inbox) {
    this.sessions = sessions;
    this.outbox = outbox;
    this.inbox = inbox;
  }

  void place(Order order) {
    sessions.inTransaction(
        session -> {
          session.persist(new OrderEntity(order));
          session.doWork(connection -> outbox.append(connection, OrderCreated.event(order)));
          session.find(CreditEntity.class, order.customer()).take(order.amount());
        });
  }

  /**
   * Uses a stateless session over the inbox's connection, because it writes at once and never
   * commits; a full session would begin and commit a transaction of its own on it.
   */
  InboxResult pay(Message message) {
    return inbox.process(
        message,
        (tx, received) -> {
          try (StatelessSession session = sessions.openStatelessSession(tx)) {
            session.insert(new PaymentEntity(OrderCreated.of(received)));
          }
        });
  }
}
