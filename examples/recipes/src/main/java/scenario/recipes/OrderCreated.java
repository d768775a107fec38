package scenario.recipes;

import io.rowpost.core.Message;
import io.rowpost.core.OutboxRecord;
import java.math.BigDecimal;
import tools.jackson.databind.json.JsonMapper;

/** What other services are told about a new order. */
record OrderCreated(long orderId, BigDecimal amount) {
  private static final JsonMapper JSON = JsonMapper.shared();

  static OutboxRecord event(Order order) {
    var event = new OrderCreated(order.id(), order.amount());
    return OutboxRecord.to("orders.events")
        .key(order.id())
        .type("OrderCreated")
        .payload(JSON.writeValueAsBytes(event))
        .build();
  }

  static OrderCreated of(Message message) {
    return JSON.readValue(message.payload(), OrderCreated.class);
  }
}
