package scenario.order;

import io.rowpost.core.InboxProcessor;
import io.rowpost.core.InboxResult;
import io.rowpost.core.Message;
import io.rowpost.core.MessageListener;
import java.sql.Connection;
import java.sql.SQLException;

/** Charges orders, each once however often its event arrives. */
final class PaymentService {
  /** Whose inbox it is; also the name of the broker's consumer group. */
  static final String CONSUMER = "payments";

  private final InboxProcessor<Connection> inbox;
  private final PaymentStore payments;

  PaymentService(InboxProcessor<Connection> inbox, PaymentStore payments) {
    this.inbox = inbox;
    this.payments = payments;
  }

  /** One message: the payment and the memory of the message are saved by one COMMIT. */
  InboxResult on(Message message) throws SQLException {
    return inbox.process(message, this::charge);
  }

  /** The same for all messages of one poll in one transaction; this is what to subscribe. */
  MessageListener listener() {
    return inbox.listener(this::charge);
  }

  private void charge(Connection tx, Message message) throws SQLException {
    var event = OrderCreatedEvent.fromPayload(message.payload());
    payments.save(tx, Payment.of(event));
  }
}
