package io.rowpost.benchmarks;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;

/** The business that every transaction does: one INSERT. */
public final class Orders {
  public static final String TABLE =
      "CREATE TABLE IF NOT EXISTS orders"
          + " (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, note text)";
  public static final String INSERT = "INSERT INTO orders (note) VALUES (?)";

  private Orders() {}

  static int insert(Connection connection, int number) throws SQLException {
    try (PreparedStatement insert = connection.prepareStatement(INSERT)) {
      insert.setString(1, note(number));
      return insert.executeUpdate();
    }
  }

  /** What is written down of an order. */
  public static String note(int number) {
    return "order " + number;
  }
}
