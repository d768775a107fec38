package io.rowpost.jdbc;

import io.rowpost.core.OutboxRecord;
import io.rowpost.core.StoreException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Writes records into the caller's transaction, any number of them in one round trip.
 *
 * <p>PostgreSQL takes arrays, so one statement serves every number; the others take one row of
 * placeholders per record. Thread-safe.
 */
final class Appending {
  /** Most rows of one statement where each row has its own placeholders. */
  private static final int ROWS_AT_ONCE = 1000;

  /**
   * Most bytes of their payloads, unless one alone has more. A server refuses a statement above its
   * max_allowed_packet, 16 MB by default, and the bytes may be doubled on their way.
   */
  private static final int BYTES_AT_ONCE = 4 << 20;

  private final Statements statements;
  private final Values values;
  private final String one;

  Appending(Statements statements) {
    this.statements = statements;
    this.values = new Values(statements.dialect());
    this.one = statements.get(Query.APPEND);
  }

  void append(Connection tx, List<OutboxRecord> records) throws SQLException {
    requireTransaction(tx, "The records were not appended");
    if (records.size() == 1) {
      insert(tx, one, records);
    } else if (statements.has(Query.APPEND_ARRAYS)) {
      insertArrays(tx, records);
    } else {
      int from = 0;
      while (from < records.size()) {
        int to = endOfStatement(records, from);
        insert(tx, statements.appendMany(to - from), records.subList(from, to));
        from = to;
      }
    }
  }

  private static int endOfStatement(List<OutboxRecord> records, int from) {
    int most = Math.min(records.size(), from + ROWS_AT_ONCE);
    long bytes = records.get(from).payload().length;
    int to = from + 1;
    while (to < most && bytes + records.get(to).payload().length <= BYTES_AT_ONCE) {
      bytes += records.get(to).payload().length;
      to++;
    }
    return to;
  }

  /**
   * Appends and commits, on PostgreSQL in one round trip. Other drivers take two statements at once
   * only where they are set to.
   *
   * @throws SQLException if nothing was committed
   * @throws StoreException if the commit failed, or the statement that ends with it
   */
  void appendAndCommit(Connection tx, OutboxRecord record) throws SQLException {
    requireTransaction(tx, "The record was not appended");
    if (!statements.has(Query.APPEND_AND_COMMIT)) {
      insert(tx, one, List.of(record));
      SqlErrors.committing(tx::commit);
      return;
    }
    PreparedStatement statement = tx.prepareStatement(statements.get(Query.APPEND_AND_COMMIT));
    try {
      bind(statement, List.of(record));
      SqlErrors.committing(statement::executeUpdate);
    } finally {
      close(statement);
    }
  }

  /** Never throws: whether it is committed is decided. */
  private static void close(PreparedStatement statement) {
    try {
      statement.close();
    } catch (SQLException e) {
      SqlErrors.LOG.debug("A statement could not be closed", e);
    }
  }

  boolean appendIfAbsent(Connection tx, OutboxRecord record) throws SQLException {
    requireTransaction(tx, "The record was not appended");
    try (PreparedStatement statement = tx.prepareStatement(statements.get(Query.REMEMBER_ID))) {
      values.setUuid(statement, 1, record.id());
      if (statement.executeUpdate() == 0) {
        return false;
      }
    } catch (SQLException e) {
      // Only the statement failed: these databases keep the transaction.
      if (statements.dialect() != Dialect.POSTGRESQL && SqlErrors.isDuplicateKey(e)) {
        return false;
      }
      throw e;
    }
    insert(tx, one, List.of(record));
    return true;
  }

  private static void requireTransaction(Connection tx, String what) throws SQLException {
    if (tx.getAutoCommit()) {
      throw SqlErrors.autoCommit(what);
    }
  }

  private void insert(Connection tx, String sql, List<OutboxRecord> records) throws SQLException {
    try (PreparedStatement statement = tx.prepareStatement(sql)) {
      bind(statement, records);
      statement.executeUpdate();
    }
  }

  private void bind(PreparedStatement statement, List<OutboxRecord> records) throws SQLException {
    int index = 1;
    for (OutboxRecord record : records) {
      values.setUuid(statement, index++, record.id());
      statement.setInt(index++, record.bucket());
      statement.setString(index++, record.topic());
      statement.setString(index++, record.key());
      statement.setString(index++, record.type());
      statement.setString(index++, record.source());
      statement.setString(index++, record.contentType());
      statement.setString(index++, HeaderLines.encode(record.headers()));
      statement.setString(index++, record.traceparent());
      statement.setBytes(index++, record.payload());
      values.setTime(statement, index++, record.availableAt());
    }
  }

  private void insertArrays(Connection tx, List<OutboxRecord> records) throws SQLException {
    String sql = statements.get(Query.APPEND_ARRAYS);
    try (PreparedStatement statement = tx.prepareStatement(sql)) {
      statement.setArray(1, tx.createArrayOf("uuid", each(records, OutboxRecord::id, UUID[]::new)));
      statement.setArray(
          2, tx.createArrayOf("int4", each(records, OutboxRecord::bucket, Integer[]::new)));
      setTexts(statement, 3, records, OutboxRecord::topic);
      setTexts(statement, 4, records, OutboxRecord::key);
      setTexts(statement, 5, records, OutboxRecord::type);
      setTexts(statement, 6, records, OutboxRecord::source);
      setTexts(statement, 7, records, OutboxRecord::contentType);
      setTexts(statement, 8, records, record -> HeaderLines.encode(record.headers()));
      setTexts(statement, 9, records, OutboxRecord::traceparent);
      statement.setArray(
          10, tx.createArrayOf("bytea", each(records, OutboxRecord::payload, byte[][]::new)));
      setTexts(statement, 11, records, record -> text(record.availableAt()));
      statement.executeUpdate();
    }
  }

  private static void setTexts(
      PreparedStatement statement,
      int index,
      List<OutboxRecord> records,
      Function<OutboxRecord, @Nullable String> text)
      throws SQLException {
    var texts = new @Nullable String[records.size()];
    for (int i = 0; i < texts.length; i++) {
      texts[i] = text.apply(records.get(i));
    }
    statement.setArray(index, statement.getConnection().createArrayOf("text", texts));
  }

  private static @Nullable String text(@Nullable Instant time) {
    return time == null ? null : Values.utc(time).toString();
  }

  private static <V> V[] each(
      List<OutboxRecord> records, Function<OutboxRecord, V> value, IntFunction<V[]> array) {
    return records.stream().map(value).toArray(array);
  }
}
