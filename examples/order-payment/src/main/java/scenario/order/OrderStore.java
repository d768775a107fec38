package scenario.order;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;

/** The orders table of the order service's own database. */
final class OrderStore {
  static final String TABLE =
      """
      CREATE TABLE orders (
        id       BIGINT PRIMARY KEY,
        customer VARCHAR(100) NOT NULL,
        amount   NUMERIC(12, 2) NOT NULL
      )
      """;

  private static final String INSERT =
      """
      INSERT INTO orders (id, customer, amount) VALUES (?, ?, ?)
      """;

  /** Saves an order in the given transaction. */
  void save(Connection tx, Order order) throws SQLException {
    try (PreparedStatement insert = tx.prepareStatement(INSERT)) {
      insert.setLong(1, order.id());
      insert.setString(2, order.customer());
      insert.setBigDecimal(3, order.amount());
      insert.executeUpdate();
    }
  }
}
