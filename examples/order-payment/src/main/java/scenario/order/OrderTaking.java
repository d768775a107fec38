package scenario.order;

import java.sql.SQLException;

/** One way to save an order and to tell others about it. */
@FunctionalInterface
interface OrderTaking {
  void place(Order order) throws SQLException;
}
