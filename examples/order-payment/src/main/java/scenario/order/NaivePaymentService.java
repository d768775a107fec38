package scenario.order;

import io.rowpost.core.Message;
import io.rowpost.core.MessageListener;
import io.rowpost.core.Transactor;
import java.sql.Connection;
import java.util.List;

/** Charges whatever arrives: right until the day on which something arrives twice. */
final class NaivePaymentService {
  private final Transactor<Connection> transactor;
  private final PaymentStore payments;

  NaivePaymentService(Transactor<Connection> transactor, PaymentStore payments) {
    this.transactor = transactor;
    this.payments = payments;
  }

  MessageListener listener() {
    return messages -> {
      for (Message message : messages) {
        var event = OrderCreatedEvent.fromPayload(message.payload());
        transactor.inTransaction(
            tx -> {
              payments.save(tx, Payment.of(event));
              return event;
            });
      }
      return List.of();
    };
  }
}
