package io.rowpost.jdbc;

import io.rowpost.core.InboxAdmin;
import io.rowpost.core.InboxRecord;
import io.rowpost.core.InboxStatus;
import io.rowpost.core.Message;
import io.rowpost.core.OutboxAdmin;
import io.rowpost.core.RowpostException;
import io.rowpost.core.StoreException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * The operator's door to an inbox; each act is a transaction of its own.
 *
 * <p>An act locks the message's row first, as a claim does, so that neither sees half of the other.
 * Behind a handler that hangs it gives up in the end.
 */
final class JdbcInboxAdmin implements InboxAdmin {
  private static final int PURGE_STEP = 1000;
  private static final int MAX_CROSSED = 100;

  /** No stored time is as old; and its microseconds are far from what a long holds. */
  private static final Duration EVER = Duration.ofDays(36_500);

  private final DataSource dataSource;
  private final InboxTables tables;

  JdbcInboxAdmin(DataSource dataSource, InboxTables tables) {
    this.dataSource = dataSource;
    this.tables = tables;
  }

  @Override
  public Counts counts(@Nullable String consumer) {
    return run(
        "The inbox was not counted",
        (tx, statements) ->
            new Counts(
                count(tx, statements, consumer, InboxStatus.PROCESSING),
                count(tx, statements, consumer, InboxStatus.COMPLETED),
                count(tx, statements, consumer, InboxStatus.FAILED),
                count(tx, statements, consumer, null)));
  }

  /** Rows of a state, or parked ones for null. */
  private static long count(
      Connection tx, Statements statements, @Nullable String consumer, @Nullable InboxStatus status)
      throws SQLException {
    Query query =
        status == null
            ? consumer == null ? Query.INBOX_COUNT_PARKED : Query.INBOX_COUNT_PARKED_OF
            : consumer == null ? Query.INBOX_COUNT : Query.INBOX_COUNT_OF;
    try (PreparedStatement statement = tx.prepareStatement(statements.get(query))) {
      int index = 1;
      if (consumer != null) {
        statement.setString(index++, StoredText.sought(consumer));
      }
      if (status != null) {
        statement.setString(index++, status.name());
      }
      statement.setLong(index, Counts.LIMIT);
      return Session.number(statement);
    }
  }

  @Override
  public List<InboxRecord> find(
      @Nullable String consumer,
      @Nullable InboxStatus status,
      @Nullable InboxRecord after,
      int limit) {
    requireLimit(limit);
    String afterConsumer = after == null ? "" : after.consumer();
    String afterId = after == null ? "" : after.messageId();
    if (consumer != null && afterConsumer.compareTo(consumer) > 0) {
      return List.of();
    }
    return run(
        "The inbox was not read",
        (tx, statements) -> {
          boolean failed = status == InboxStatus.FAILED;
          Query query =
              consumer == null
                  ? failed ? Query.INBOX_FAILED : Query.INBOX_PAGE
                  : failed ? Query.INBOX_FAILED_OF : Query.INBOX_PAGE_OF;
          try (PreparedStatement statement = tx.prepareStatement(statements.get(query))) {
            int index = 1;
            if (consumer == null) {
              statement.setString(index++, afterConsumer);
              statement.setString(index++, afterConsumer);
              statement.setString(index++, afterId);
            } else {
              statement.setString(index++, StoredText.sought(consumer));
              statement.setString(index++, consumer.equals(afterConsumer) ? afterId : "");
            }
            if (!failed) {
              statement.setString(index++, status == null ? null : status.name());
            }
            statement.setInt(index, limit);
            return records(statement, statements);
          }
        });
  }

  @Override
  public Optional<InboxRecord> get(String consumer, String messageId) {
    return run(
        "The inbox was not read",
        (tx, statements) -> {
          var rows = new InboxRows(tx, statements, consumer);
          try (PreparedStatement statement = rows.prepare(Query.INBOX_ROW, 1, messageId)) {
            return records(statement, statements).stream().findFirst();
          }
        });
  }

  private static List<InboxRecord> records(PreparedStatement statement, Statements statements)
      throws SQLException {
    var values = new Values(statements.dialect());
    var records = new ArrayList<InboxRecord>();
    try (ResultSet row = statement.executeQuery()) {
      while (row.next()) {
        records.add(
            new InboxRecord(
                row.getString(1),
                row.getString(2),
                InboxStatus.valueOf(row.getString(3)),
                row.getInt(4),
                row.getString(5),
                values.getTime(row, 6),
                values.requireTime(row, 7),
                values.getTime(row, 8),
                row.getBoolean(9),
                row.getBoolean(10)));
      }
    }
    return records;
  }

  @Override
  public Optional<Message> parked(String consumer, String messageId) {
    return run(
        "The parked message was not read",
        (tx, statements) ->
            Optional.ofNullable(new InboxRows(tx, statements, consumer).parked(messageId)));
  }

  @Override
  public boolean retry(String consumer, String messageId, OutboxAdmin.Act act) {
    Objects.requireNonNull(act, "act");
    return run(
        "The message was not opened again",
        (tx, statements) -> {
          var rows = new InboxRows(tx, statements, consumer);
          if (rows.lock(messageId) == null || rows.update(Query.INBOX_REOPEN, messageId) != 1) {
            return false;
          }
          rows.update(Query.INBOX_RESET, messageId);
          audit(tx, statements, act, "retry", consumer, messageId);
          return true;
        });
  }

  @Override
  public List<String> reopened(String consumer, int limit) {
    requireLimit(limit);
    return run(
        "The reopened messages were not read",
        (tx, statements) -> {
          String sql = statements.get(Query.INBOX_REOPENED);
          try (PreparedStatement statement = tx.prepareStatement(sql)) {
            statement.setString(1, StoredText.sought(consumer));
            statement.setInt(2, limit);
            var ids = new ArrayList<String>();
            try (ResultSet row = statement.executeQuery()) {
              while (row.next()) {
                ids.add(row.getString(1));
              }
            }
            return ids;
          }
        });
  }

  @Override
  public boolean discard(String consumer, String messageId, OutboxAdmin.Act act) {
    Objects.requireNonNull(act, "act");
    return run(
        "The message was not discarded",
        (tx, statements) -> {
          var rows = new InboxRows(tx, statements, consumer);
          if (rows.lock(messageId) == null) {
            return false;
          }
          try (PreparedStatement statement = rows.prepare(Query.INBOX_DISCARD, 3, messageId)) {
            statement.setString(1, act.actor());
            statement.setString(2, act.reason());
            if (statement.executeUpdate() != 1) {
              return false;
            }
          }
          audit(tx, statements, act, "discard", consumer, messageId);
          return true;
        });
  }

  @Override
  public boolean forget(String consumer, String messageId, OutboxAdmin.Act act) {
    Objects.requireNonNull(act, "act");
    return run(
        "The message was not forgotten",
        (tx, statements) -> {
          var rows = new InboxRows(tx, statements, consumer);
          if (rows.update(Query.INBOX_FORGET, messageId) != 1) {
            return false;
          }
          audit(tx, statements, act, "forget", consumer, messageId);
          return true;
        });
  }

  private static void audit(
      Connection tx,
      Statements statements,
      OutboxAdmin.Act act,
      String what,
      String consumer,
      String messageId)
      throws SQLException {
    try (PreparedStatement statement = tx.prepareStatement(statements.get(Query.AUDIT))) {
      Audit.write(
          statement,
          new Audit.Line(
              act.actor(), what, "inbox of " + consumer, List.of(messageId), 1, act.reason()));
    }
  }

  @Override
  public long purge(Duration window) {
    if (window.isNegative()) {
      throw new IllegalArgumentException("window " + window + " is negative");
    }
    if (window.compareTo(EVER) >= 0) {
      return 0;
    }
    long age = InboxClaims.micros(window.plus(PURGE_MARGIN));
    var pace = new Pace();
    long purged = 0;
    int step = patiently(() -> purgeCompleted(age));
    while (step == PURGE_STEP) {
      purged += step;
      pace.rest();
      step = patiently(() -> purgeCompleted(age));
    }
    return purged + step + purgeDiscarded(age, pace);
  }

  /** A step that another purge has crossed is made again: what is done already must be counted. */
  private static <R> R patiently(Supplier<R> step) {
    for (int failures = 0; ; failures++) {
      try {
        return step.get();
      } catch (StoreException e) {
        if (!e.code().equals(SqlErrors.BUSY_CODE) || failures == MAX_CROSSED) {
          throw e;
        }
      }
    }
  }

  private int purgeCompleted(long age) {
    return run(
        "Nothing more was purged",
        (tx, statements) -> {
          String sql = statements.get(Query.INBOX_PURGE);
          try (PreparedStatement statement = tx.prepareStatement(sql)) {
            statement.setLong(1, age);
            statement.setInt(2, PURGE_STEP);
            return statement.executeUpdate();
          }
        });
  }

  private long purgeDiscarded(long age, Pace pace) {
    long purged = 0;
    List<Key> found;
    do {
      found = discarded(age);
      for (Key key : found) {
        purged += patiently(() -> delete(key)) ? 1 : 0;
        pace.rest();
      }
    } while (found.size() == PURGE_STEP);
    return purged;
  }

  private record Key(String consumer, String id) {}

  private List<Key> discarded(long age) {
    return run(
        "Nothing more was purged",
        (tx, statements) -> {
          String sql = statements.get(Query.INBOX_DISCARDED);
          try (PreparedStatement statement = tx.prepareStatement(sql)) {
            statement.setLong(1, age);
            statement.setInt(2, PURGE_STEP);
            var keys = new ArrayList<Key>();
            try (ResultSet row = statement.executeQuery()) {
              while (row.next()) {
                keys.add(new Key(row.getString(1), row.getString(2)));
              }
            }
            return keys;
          }
        });
  }

  private boolean delete(Key key) {
    return run(
        "Nothing more was purged",
        (tx, statements) -> {
          var rows = new InboxRows(tx, statements, key.consumer);
          rows.lock(key.id);
          // Since it was found, another purge may have been here, and a redelivery parked it anew.
          return rows.update(Query.INBOX_UNPARK_DISCARDED, key.id) == 1
              && rows.update(Query.INBOX_DELETE, key.id) == 1;
        });
  }

  private static void requireLimit(int limit) {
    if (limit < 1 || limit > 1000) {
      throw new RowpostException(
          "ROWPOST-601",
          "Nothing was read: limit is " + limit + ".",
          "set limit to 1 to 1,000.",
          null);
    }
  }

  private <R> R run(String what, AdminWork<R> work) {
    try (Session session = open(what)) {
      try {
        R result = work.run(session.begin(), session.statements());
        SqlErrors.committing(session::commit);
        return result;
      } catch (SQLException e) {
        throw InboxTables.failed(what, session.connection(), e);
      }
    }
  }

  private Session open(String what) {
    try {
      return Session.openLimited(dataSource, tables.statements(dataSource));
    } catch (SQLException e) {
      throw SqlErrors.of(what, e);
    }
  }

  @FunctionalInterface
  private interface AdminWork<R> {
    R run(Connection tx, Statements statements) throws SQLException;
  }
}
