package io.rowpost.verification;

import io.rowpost.core.InboxAdmin;
import io.rowpost.core.InboxRecord;
import io.rowpost.core.InboxStatus;
import io.rowpost.core.Message;
import io.rowpost.core.OutboxAdmin;
import io.rowpost.core.OutboxAdmin.Filter;
import io.rowpost.core.OutboxRecord;
import io.rowpost.core.OutboxStatus;
import io.rowpost.jdbc.JdbcInboxStore;
import io.rowpost.jdbc.JdbcOutboxStore;
import io.rowpost.testservers.TestDatabase;
import io.rowpost.verification.Event.Kind;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What stands in the database of a run. */
final class Remains implements AutoCloseable {
  private static final int PAGE = 1_000;

  private final TestDatabase database;
  private final int hops;
  private final OutboxAdmin outbox;
  private final InboxAdmin inbox;
  private @Nullable Connection connection;

  Remains(TestDatabase database, int hops) {
    this.database = database;
    this.hops = hops;
    this.outbox = JdbcOutboxStore.builder(database.dataSource()).build().admin();
    this.inbox = JdbcInboxStore.builder(database.dataSource()).build().admin();
  }

  /** Whether a message has taken effect at the last hop; false while the database is away. */
  boolean isThrough(UUID id) {
    try {
      return Ledger.effects(connection(), id, hops - 1) > 0;
    } catch (SQLException away) {
      close();
      return false;
    }
  }

  private Connection connection() throws SQLException {
    Connection current = connection;
    if (current == null) {
      current = database.connect();
      connection = current;
    }
    return current;
  }

  /** Whether a message was given up by the service of its first hop. */
  boolean isGivenUp(UUID id) {
    return inbox
        .get(ConsumerChild.consumer(0), id.toString())
        .map(InboxRecord::parked)
        .orElse(false);
  }

  /** How many effects there are, of all hops. */
  long effects() {
    return number("SELECT count(*) FROM effects");
  }

  /** How far all has come: effects of all hops, and whether everything has come to its end. */
  record Progress(long effects, boolean complete) {}

  Progress progress() {
    long saved = number("SELECT count(*) FROM orders");
    long through =
        number("SELECT count(DISTINCT id) FROM effects WHERE hop = %d".formatted(hops - 1));
    OutboxAdmin.Counts counts = outbox.counts();
    long givenUp = inbox.counts(null).parked() + counts.failed();
    boolean complete = counts.pending() == 0 && through + givenUp >= saved;
    return new Progress(number("SELECT count(*) FROM effects"), complete);
  }

  /** A fault may have ended the connection since it was used last. */
  private long number(String sql) {
    try {
      return ask(sql);
    } catch (SQLException lost) {
      close();
      try {
        return ask(sql);
      } catch (SQLException e) {
        throw new IllegalStateException("the database is away when all faults are over", e);
      }
    }
  }

  private long ask(String sql) throws SQLException {
    try (Statement statement = connection().createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getLong(1);
    }
  }

  /** Writes all of it down; nothing may change any more. */
  void write(HistoryWriter history) throws SQLException {
    writeRows(history);
    writeOutbox(history, OutboxStatus.PENDING, Kind.OPEN);
    writeOutbox(history, OutboxStatus.FAILED, Kind.PARKED);
    for (int hop = 0; hop < hops; hop++) {
      writeInbox(history, ConsumerChild.consumer(hop));
    }
  }

  private void writeRows(HistoryWriter history) throws SQLException {
    try (Statement statement = connection().createStatement()) {
      try (ResultSet row =
          statement.executeQuery("SELECT id, message_key, number, hash FROM orders")) {
        while (row.next()) {
          UUID id = UUID.fromString(row.getString(1));
          history.write(
              Kind.SAVED,
              0,
              row.getInt(2),
              row.getLong(3),
              id,
              id.getLeastSignificantBits(),
              row.getLong(4));
        }
      }
      try (ResultSet row =
          statement.executeQuery(
              """
              SELECT id, hop, message_key, number, hash
                FROM effects
               ORDER BY hop, message_key, place""")) {
        while (row.next()) {
          UUID id = UUID.fromString(row.getString(1));
          history.write(
              Kind.EFFECT, row.getInt(2), row.getInt(3), row.getLong(4), id, 0, row.getLong(5));
        }
      }
    }
    long regressions = number("SELECT count(*) FROM regressions");
    for (long i = 1; i <= regressions; i++) {
      history.write(Kind.REGRESS, 0, 0, i, Event.NO_ID, 0, 0);
    }
  }

  private void writeOutbox(HistoryWriter history, OutboxStatus status, Kind kind) {
    long after = 0;
    var page = outbox.find(Filter.of(status), after, PAGE);
    while (!page.isEmpty()) {
      for (OutboxAdmin.Item item : page) {
        OutboxRecord record = outbox.get(item.id()).orElseThrow();
        history.write(kind, Payload.read(record.payload()), record.id().getLeastSignificantBits());
        after = item.position();
      }
      page = outbox.find(Filter.of(status), after, PAGE);
    }
  }

  private void writeInbox(HistoryWriter history, String consumer) {
    for (InboxRecord record : inbox.find(consumer, InboxStatus.FAILED, null, PAGE)) {
      Message message = inbox.parked(consumer, record.messageId()).orElse(null);
      if (message != null) {
        history.write(Kind.PARKED, Payload.read(message.payload()), 0);
      }
    }
  }

  @Override
  public void close() {
    Connection current = connection;
    connection = null;
    if (current != null) {
      try {
        current.close();
      } catch (SQLException e) {
        // It was of no use any more.
      }
    }
  }
}
