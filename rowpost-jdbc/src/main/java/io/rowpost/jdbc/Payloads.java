package io.rowpost.jdbc;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Payloads that a fetch left out because a full page of such would not fit the memory. */
final class Payloads {
  private Payloads() {}

  /** How many bytes a payload may have to be read with its row. */
  static int inline(Page page, int rows) {
    return (int) Math.min(page.roomForBytes() / Math.max(rows, 1), Integer.MAX_VALUE);
  }

  /**
   * Reads those of the first rows that fit. One that is no record takes no room, as in the page.
   *
   * @param rows in the order in which the page takes them
   * @return by seq
   */
  static Map<Long, byte[]> of(Session session, List<Row> rows, Page page) throws SQLException {
    var wanted = new ArrayList<Long>();
    long room = page.roomForBytes();
    for (Row row : rows) {
      if (room <= 0) {
        break;
      }
      if (row.unreadable() != null) {
        continue;
      }
      room -= row.size();
      if (row.lacksPayload()) {
        wanted.add(row.seq());
      }
    }
    if (wanted.isEmpty()) {
      return Map.of();
    }
    PreparedStatement statement = session.prepare(Query.ROW_PAYLOADS);
    session.values().setKeys(statement, 1, wanted);
    var payloads = new HashMap<Long, byte[]>();
    try (ResultSet result = statement.executeQuery()) {
      while (result.next()) {
        payloads.put(result.getLong(1), result.getBytes(2));
      }
    }
    return payloads;
  }
}
