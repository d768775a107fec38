package scenario.order;

import io.rowpost.core.OutboxRecord;
import java.math.BigDecimal;
import tools.jackson.databind.json.JsonMapper;

/**
 * What the order service tells the world about a new order.
 *
 * <p>Not the {@link Order} itself: the event is a contract with other services and must not change
 * whenever a column does. Readers ignore fields that they do not know, so fields may be added.
 *
 * @param orderId the order's number, also the key: events of one order stay in order
 * @param customer who ordered
 * @param amount what is to be paid
 */
record OrderCreatedEvent(long orderId, String customer, BigDecimal amount) {
  static final String TOPIC = "orders.events";
  static final String TYPE = "OrderCreated";

  private static final JsonMapper JSON = JsonMapper.shared();

  static OrderCreatedEvent of(Order order) {
    return new OrderCreatedEvent(order.id(), order.customer(), order.amount());
  }

  static OrderCreatedEvent fromPayload(byte[] payload) {
    return JSON.readValue(payload, OrderCreatedEvent.class);
  }

  byte[] toPayload() {
    return JSON.writeValueAsBytes(this);
  }

  /** The event as a record for the outbox. */
  OutboxRecord toRecord() {
    return OutboxRecord.to(TOPIC).key(orderId).type(TYPE).payload(toPayload()).build();
  }
}
