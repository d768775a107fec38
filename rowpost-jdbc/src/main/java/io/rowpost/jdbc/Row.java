package io.rowpost.jdbc;

import io.rowpost.core.OutboxRecord;
import io.rowpost.core.OutboxStatus;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A row of the stream or of the parked ones, as {@link Query#FETCH} and {@link Query#PARKED_ROWS}
 * give it: the same columns in the same order.
 *
 * @param record without its payload if that was left out
 * @param size of the payload in bytes
 * @param unreadable why the row is no record, or null
 */
record Row(long seq, OutboxRecord record, int size, @Nullable String unreadable) {
  private static final byte[] NOTHING = {};
  private static final UUID NO_ID = new UUID(0, 0);

  static Row fresh(ResultSet row, Values values) throws SQLException {
    return read(row, values, 0, null);
  }

  static Row parked(ResultSet row, Values values) throws SQLException {
    return read(row, values, row.getInt(14), row.getString(15));
  }

  private static Row read(ResultSet row, Values values, int attempts, @Nullable String lastError)
      throws SQLException {
    String unreadable = null;
    Map<String, String> headers = Map.of();
    try {
      headers = HeaderLines.decode(row.getString(8));
    } catch (UnreadableRowException e) {
      unreadable = e.getMessage();
    }
    byte[] payload = row.getBytes(13);
    UUID id = values.getUuid(row, 2);
    OutboxRecord record =
        OutboxRecord.restore(
            id == null ? NO_ID : id,
            row.getString(3),
            row.getString(4),
            row.getString(5),
            row.getString(6),
            row.getString(7),
            headers,
            row.getString(9),
            payload == null ? NOTHING : payload,
            values.requireTime(row, 10),
            values.getTime(row, 11),
            OutboxStatus.PENDING,
            attempts,
            lastError);
    return new Row(row.getLong(1), record, row.getInt(12), unreadable);
  }

  boolean lacksPayload() {
    return record.payload().length != size;
  }

  OutboxRecord with(byte[] payload) {
    return copy(payload, record.status());
  }

  OutboxRecord in(OutboxStatus status) {
    return copy(record.payload(), status);
  }

  private OutboxRecord copy(byte[] payload, OutboxStatus status) {
    return OutboxRecord.restore(
        record.id(),
        record.topic(),
        record.key(),
        record.type(),
        record.source(),
        record.contentType(),
        record.headers(),
        record.traceparent(),
        payload,
        Objects.requireNonNull(record.createdAt()),
        record.availableAt(),
        status,
        record.attempts(),
        record.lastError());
  }

  boolean isEarly(Instant now) {
    Instant availableAt = record.availableAt();
    return availableAt != null && availableAt.isAfter(now);
  }
}
