package scenario.order;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.Set;
import javax.sql.DataSource;

/**
 * What the two databases say when they are laid side by side.
 *
 * @param orders rows of orders
 * @param payments rows of payments
 * @param lost orders that nobody was charged for
 * @param ghosts orders that were charged and never existed
 * @param duplicateEffects payments of one order beyond its first
 */
record Reconciliation(long orders, long payments, long lost, long ghosts, long duplicateEffects) {
  private static final String ORDERS = "SELECT id FROM orders";

  private static final String PAYMENTS =
      """
      SELECT order_id, count(*) FROM payments GROUP BY order_id
      """;

  static Reconciliation of(DataSource orderDatabase, DataSource paymentDatabase)
      throws SQLException {
    Set<Long> unpaid = new HashSet<>();
    try (Connection connection = orderDatabase.getConnection();
        PreparedStatement select = connection.prepareStatement(ORDERS);
        ResultSet row = select.executeQuery()) {
      while (row.next()) {
        unpaid.add(row.getLong(1));
      }
    }
    long orders = unpaid.size();
    long payments = 0;
    long ghosts = 0;
    long duplicates = 0;
    try (Connection connection = paymentDatabase.getConnection();
        PreparedStatement select = connection.prepareStatement(PAYMENTS);
        ResultSet row = select.executeQuery()) {
      while (row.next()) {
        boolean known = unpaid.remove(row.getLong(1));
        long count = row.getLong(2);
        payments += count;
        ghosts += known ? 0 : 1;
        duplicates += count - 1;
      }
    }
    return new Reconciliation(orders, payments, unpaid.size(), ghosts, duplicates);
  }

  /** Whether every order was charged once, and nothing else was. */
  boolean holds() {
    return lost == 0 && ghosts == 0 && duplicateEffects == 0 && orders == payments;
  }

  @Override
  public String toString() {
    return "orders=%d payments=%d lost=%d duplicate effects=%d"
        .formatted(orders, payments, lost, duplicateEffects);
  }
}
