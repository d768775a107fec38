package scenario.order;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;

/**
 * The payments table of the payment service's own database.
 *
 * <p>On purpose without a unique order_id, which would hide what the demo is to show. Most effects
 * have no natural key to guard them: a counter, a stock level, a balance.
 */
class PaymentStore {
  static final String TABLE =
      """
      CREATE TABLE payments (
        id       BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        order_id BIGINT NOT NULL,
        amount   NUMERIC(12, 2) NOT NULL
      )
      """;

  private static final String INSERT =
      """
      INSERT INTO payments (order_id, amount) VALUES (?, ?)
      """;

  /** Saves a payment in the given transaction. */
  void save(Connection tx, Payment payment) throws SQLException {
    try (PreparedStatement insert = tx.prepareStatement(INSERT)) {
      insert.setLong(1, payment.orderId());
      insert.setBigDecimal(2, payment.amount());
      insert.executeUpdate();
    }
  }
}
