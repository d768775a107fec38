package io.rowpost.jdbc;

import io.rowpost.core.InboxStatus;
import io.rowpost.core.InboxStore.Entry;
import io.rowpost.core.Message;
import io.rowpost.core.RowpostException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Rows of one consumer in one transaction. For the thread that runs it. */
final class InboxRows {
  private final Connection tx;
  private final Statements statements;
  private final Values values;
  private final String consumer;

  InboxRows(Connection tx, Statements statements, String consumer) {
    this.tx = tx;
    this.statements = statements;
    this.values = new Values(statements.dialect());
    this.consumer = StoredText.sought(consumer);
  }

  /** What the lock of a message's row showed. */
  record Locked(InboxStatus status, int attempts) {}

  /** State of the whole copy of a message. */
  enum Copy {
    NONE,
    PARKED,
    REOPENED
  }

  /** The time that retention compares; the ends of what can be stored are far from every window. */
  static @Nullable Instant time(Message message) {
    return Values.storable(message.time());
  }

  /** Locks a row until the transaction ends; null if there is none. */
  @Nullable Locked lock(String id) throws SQLException {
    try (PreparedStatement statement = prepare(Query.INBOX_LOCK, 1, id);
        ResultSet row = statement.executeQuery()) {
      return row.next() ? new Locked(InboxStatus.valueOf(row.getString(1)), row.getInt(2)) : null;
    }
  }

  /** The state of the copy; stands still while the row is locked. */
  Copy copy(String id) throws SQLException {
    try (PreparedStatement statement = prepare(Query.INBOX_PARKED_STATE, 1, id);
        ResultSet row = statement.executeQuery()) {
      return !row.next() ? Copy.NONE : row.getBoolean(1) ? Copy.REOPENED : Copy.PARKED;
    }
  }

  /** Makes sure that a row is there, and locks it. */
  Locked receive(Entry entry) throws SQLException {
    try (PreparedStatement statement = prepare(Query.INBOX_RECEIVE, 1, entry.id())) {
      values.setTime(statement, 3, time(entry.message()));
      statement.executeUpdate();
    } catch (SQLException e) {
      if (!SqlErrors.isDuplicateKey(e)) {
        throw e;
      }
    }
    Locked row = lock(entry.id());
    if (row == null) {
      throw new SQLException("a row was deleted in the moment before its lock", "40001");
    }
    return row;
  }

  void fail(String id, int attempts, String error) throws SQLException {
    try (PreparedStatement statement = prepare(Query.INBOX_FAIL, 3, id)) {
      statement.setInt(1, attempts);
      statement.setString(2, error);
      statement.executeUpdate();
    }
  }

  /** Keeps the whole message; a copy that was reopened is replaced. */
  void park(Entry entry, String reason) throws SQLException {
    update(Query.INBOX_UNPARK, entry.id());
    Message message = entry.message();
    try (PreparedStatement statement = prepare(Query.INBOX_PARK, 1, entry.id())) {
      statement.setString(3, ForeignText.encode(message.id()));
      statement.setString(4, ForeignText.encode(message.topic()));
      statement.setString(5, ForeignText.encode(message.key()));
      statement.setString(6, ForeignText.encode(message.type()));
      statement.setString(7, ForeignText.encode(message.source()));
      statement.setString(8, ForeignText.encode(message.contentType()));
      statement.setString(9, ForeignText.encode(message.headers()));
      statement.setString(10, ForeignText.encode(message.traceparent()));
      values.setTime(statement, 11, time(message));
      statement.setBytes(12, message.payload());
      statement.setString(13, reason);
      statement.executeUpdate();
    }
  }

  /** A message that {@link #park} kept; null if there is none. */
  @Nullable Message parked(String id) throws SQLException {
    try (PreparedStatement statement = prepare(Query.INBOX_PARKED, 1, id);
        ResultSet row = statement.executeQuery()) {
      return row.next()
          ? new Message(
              ForeignText.decodeKnown(row.getString(1)),
              ForeignText.decodeKnown(row.getString(2)),
              ForeignText.decode(row.getString(3)),
              ForeignText.decodeKnown(row.getString(4)),
              ForeignText.decode(row.getString(5)),
              ForeignText.decodeKnown(row.getString(6)),
              ForeignText.decodeHeaders(row.getString(7)),
              ForeignText.decode(row.getString(8)),
              values.getTime(row, 9),
              row.getBytes(10))
          : null;
    }
  }

  /** Completes what this transaction holds as PROCESSING; returns how many there were. */
  int complete(List<String> ids) throws SQLException {
    if (ids.size() == 1) {
      return update(Query.INBOX_COMPLETE, ids.get(0));
    }
    try (PreparedStatement statement = prepare(Query.INBOX_COMPLETE_ROWS)) {
      if (statements.dialect() == Dialect.H2) {
        statement.setString(1, consumer);
        statement.setObject(2, ids.toArray());
      } else {
        var json = new JsonRows();
        ids.forEach(id -> json.row().text(id));
        statement.setString(1, json.toString());
        statement.setString(2, consumer);
      }
      return statement.executeUpdate();
    }
  }

  /** A committed PROCESSING: not ours to judge. */
  static RowpostException inDoubt(String consumer, String id) {
    return new RowpostException(
        "ROWPOST-404",
        "The message was not processed: message %s of consumer \"%s\" is PROCESSING in a"
                .formatted(id, consumer)
            + " committed row, so nobody knows whether it took effect.",
        "find out whether its effect is there, then set the row to COMPLETED or FAILED.",
        null);
  }

  /** Runs a statement that takes the consumer and an id. */
  int update(Query query, String id) throws SQLException {
    try (PreparedStatement statement = prepare(query, 1, id)) {
      return statement.executeUpdate();
    }
  }

  /** A statement with the consumer and an id as its parameters from an index on. */
  PreparedStatement prepare(Query query, int index, String id) throws SQLException {
    PreparedStatement statement = prepare(query);
    try {
      statement.setString(index, consumer);
      statement.setString(index + 1, StoredText.sought(id));
      return statement;
    } catch (SQLException e) {
      statement.close();
      throw e;
    }
  }

  PreparedStatement prepare(Query query) throws SQLException {
    return tx.prepareStatement(statements.get(query));
  }
}
