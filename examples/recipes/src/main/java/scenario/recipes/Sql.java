package scenario.recipes;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;

/** What plain JDBC leaves to everyone to write. */
final class Sql {
  private Sql() {}

  /** Executes a statement that changes something, in the transaction of the connection. */
  static void execute(Connection tx, String sql, Object... values) throws SQLException {
    try (PreparedStatement statement = tx.prepareStatement(sql)) {
      for (int i = 0; i < values.length; i++) {
        statement.setObject(i + 1, values[i]);
      }
      statement.executeUpdate();
    }
  }
}
