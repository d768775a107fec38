package io.rowpost.benchmarks;

import io.rowpost.jdbc.Layout;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;

/** Selects pages and writes to each row of them that it was sent, or deletes it. */
final class RawSettling extends RawWay {
  private static final String SELECT =
      """
      SELECT seq, id, topic, message_key, type, source, content_type, headers, traceparent,
             payload, created_at, available_at
      FROM "rowpost_outbox"
      WHERE seq > ? AND status = 'PENDING'
      ORDER BY seq
      LIMIT ?
      """;
  static final String DELETE =
      """
      DELETE FROM "rowpost_outbox" WHERE seq = ANY (?)
      """;
  static final String MARK =
      """
      UPDATE "rowpost_outbox" SET status = 'SENT', sent_at = clock_timestamp()
      WHERE seq = ANY (?)
      """;

  private final String settlement;

  RawSettling(Place place, String settlement) throws SQLException {
    super(place, Layout.ROW);
    this.settlement = settlement;
  }

  @Override
  void relay(Connection connection, Sink sink) throws SQLException {
    connection.setAutoCommit(false);
    try (PreparedStatement select = connection.prepareStatement(SELECT);
        PreparedStatement settle = connection.prepareStatement(settlement)) {
      drain(
          0,
          (seq, limit) -> {
            select.setLong(1, seq);
            select.setInt(2, limit);
            return select.executeQuery();
          },
          page -> {
            settle.setArray(1, connection.createArrayOf("bigint", page.seqs().toArray()));
            settle.executeUpdate();
            connection.commit();
          },
          sink);
    }
  }
}
