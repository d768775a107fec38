package scenario.order;

import java.math.BigDecimal;

/**
 * Money taken for an order.
 *
 * @param orderId the order that was paid
 * @param amount how much
 */
record Payment(long orderId, BigDecimal amount) {
  static Payment of(OrderCreatedEvent event) {
    return new Payment(event.orderId(), event.amount());
  }
}
