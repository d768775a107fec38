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
import io.rowpost.jdbc.Layout;
import io.rowpost.testservers.TestDatabase;
import io.rowpost.verification.Event.Kind;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What stands in the database of a run. */
final class Remains implements AutoCloseable {
  private static final int PAGE = 1_000;
  private static final long DAY_MILLIS = Duration.ofDays(1).toMillis();

  private final TestDatabase database;
  private final int hops;
  private final boolean keepsSent;
  private final boolean keepsAllSent;
  private final OutboxAdmin outbox;
  private final InboxAdmin inbox;
  private @Nullable Connection connection;
  private final Map<UUID, Payload> discarded = new HashMap<>();
  private long purged;

  Remains(TestDatabase database, Setup setup, Layout layout) {
    this.database = database;
    this.hops = setup.number(Setting.HOPS);
    this.keepsSent = layout == Layout.LOG || setup.text(Setting.KEEP_SENT).equals("yes");
    this.keepsAllSent = keepsSent && setup.number(Setting.RETENTION) >= DAY_MILLIS;
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

  /** How many messages of a key have taken effect at the first hop. */
  long effects(int key) {
    return number("SELECT count(*) FROM effects WHERE hop = 0 AND message_key = %d".formatted(key));
  }

  /** How many orders of its key come before one, but for those that were discarded. */
  long before(UUID id) {
    String others =
        Stream.concat(Stream.of(id), discarded.keySet().stream())
            .map("'%s'"::formatted)
            .collect(Collectors.joining(", "));
    return number(
        """
        SELECT count(*)
          FROM orders o
          JOIN orders p ON p.message_key = o.message_key AND p.number < o.number
         WHERE o.id = '%s' AND p.id NOT IN (%s)"""
            .formatted(id, others));
  }

  /** Whether all messages of the keys from this one on are through, or discarded. */
  boolean areThrough(int firstKey) {
    long saved = number("SELECT count(*) FROM orders WHERE message_key >= %d".formatted(firstKey));
    long through =
        number(
            "SELECT count(*) FROM effects WHERE hop = %d AND message_key >= %d"
                .formatted(hops - 1, firstKey));
    return through + discarded.size() >= saved;
  }

  /** Grows whenever the lease changes hands. */
  long leaseToken() {
    return number("SELECT max(token) FROM rowpost_relay");
  }

  /** Whether nothing is still to be sent. */
  boolean isSent() {
    return outbox.counts().pending() == 0;
  }

  /** Whether everything that was saved has come to its end. */
  boolean isComplete() {
    long saved = number("SELECT count(*) FROM orders");
    long through =
        number("SELECT count(DISTINCT id) FROM effects WHERE hop = %d".formatted(hops - 1));
    OutboxAdmin.Counts counts = outbox.counts();
    long givenUp = inbox.counts(null).parked() + counts.failed() + discarded.size();
    return counts.pending() == 0 && through + givenUp >= saved;
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

  /**
   * Writes down what is told of records that wait, while there is no relay.
   *
   * @param begun when there was none of them yet
   * @param committed when one of them was there
   */
  void writeWaiting(HistoryWriter history, long begun, long committed) {
    long least = number("SELECT count(*) FROM orders");
    long pending = outbox.counts().pending();
    long most = number("SELECT count(*) FROM orders");
    new Metric(Metric.Name.PENDING, pending, least, most).write(history);
    long youngest = millisSince(committed);
    long age = oldestPendingMillis();
    new Metric(Metric.Name.OLDEST_PENDING, age, youngest, 1 + millisSince(begun)).write(history);
  }

  /** An operator has discarded a message, whose row may be purged before all is written down. */
  void discarded(UUID id) {
    discarded.put(id, Payload.read(outbox.get(id).orElseThrow().payload()));
  }

  /** A fault has purged so many sent records, which are not kept any more. */
  void purged(long records) {
    purged += records;
  }

  private static long millisSince(long nanos) {
    return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - nanos);
  }

  private long oldestPendingMillis() {
    return outbox.oldestPendingAge().map(Duration::toMillis).orElse(Metric.ABSENT);
  }

  /** Writes all of it down; nothing may change any more. */
  void write(HistoryWriter history) throws SQLException {
    writeRows(history);
    var written = new EnumMap<Kind, Long>(Kind.class);
    writeOutbox(history, OutboxStatus.PENDING, Kind.OPEN, written);
    writeOutbox(history, OutboxStatus.FAILED, Kind.PARKED, written);
    discarded.forEach(
        (id, payload) -> history.write(Kind.DISCARDED, payload, id.getLeastSignificantBits()));
    for (int hop = 0; hop < hops; hop++) {
      writeInbox(history, hop);
    }
    writeCounts(history, written);
  }

  /** Appended is sent, pending, failed and discarded, or purged. */
  private void writeCounts(HistoryWriter history, Map<Kind, Long> written) {
    long pending = written.getOrDefault(Kind.OPEN, 0L);
    long failed = written.getOrDefault(Kind.PARKED, 0L);
    long kept = written.getOrDefault(Kind.DISCARDED, 0L);
    OutboxAdmin.Counts counts = outbox.counts();
    Metric.exactly(Metric.Name.PENDING, counts.pending(), pending).write(history);
    Metric.exactly(Metric.Name.FAILED, counts.failed(), failed).write(history);
    Metric.exactly(Metric.Name.DISCARDED, counts.discarded(), kept).write(history);
    long sent = Math.min(appended() - pending - failed - kept - purged, OutboxAdmin.Counts.LIMIT);
    new Metric(Metric.Name.SENT, counts.sent(), keepsAllSent ? sent : 0, keepsSent ? sent : 0)
        .write(history);
    if (pending == 0) {
      Metric.exactly(Metric.Name.OLDEST_PENDING, oldestPendingMillis(), Metric.ABSENT)
          .write(history);
    }
  }

  /** By the business tables: each order was appended, and each effect appends what follows. */
  private long appended() {
    return number("SELECT count(*) FROM orders")
        + number("SELECT count(*) FROM effects WHERE hop < %d".formatted(hops - 1));
  }

  /** Read row by row: there may be millions. */
  private void writeRows(HistoryWriter history) throws SQLException {
    connection().setAutoCommit(false);
    try (Statement statement = connection().createStatement()) {
      statement.setFetchSize(PAGE);
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
    connection().setAutoCommit(true);
    long regressions = number("SELECT count(*) FROM regressions");
    for (long i = 1; i <= regressions; i++) {
      history.write(Kind.REGRESS, 0, 0, i, Event.NO_ID, 0, 0);
    }
  }

  /**
   * @param kind of what an operator has not discarded
   * @param written counts what is written
   */
  private void writeOutbox(
      HistoryWriter history, OutboxStatus status, Kind kind, Map<Kind, Long> written) {
    long after = 0;
    var page = outbox.find(Filter.of(status), after, PAGE);
    while (!page.isEmpty()) {
      for (OutboxAdmin.Item item : page) {
        OutboxRecord record = outbox.get(item.id()).orElseThrow();
        if (item.discarded()) {
          written.merge(Kind.DISCARDED, 1L, Long::sum);
        } else {
          history.write(
              kind, Payload.read(record.payload()), record.id().getLeastSignificantBits());
          written.merge(kind, 1L, Long::sum);
        }
        after = item.position();
      }
      page = outbox.find(Filter.of(status), after, PAGE);
    }
  }

  /** A row that is completed and its effect commit together, and nothing purges an inbox. */
  private void writeInbox(HistoryWriter history, int hop) {
    String consumer = ConsumerChild.consumer(hop);
    long effects = number("SELECT count(*) FROM effects WHERE hop = %d".formatted(hop));
    Metric.exactly(
            Metric.Name.COMPLETED,
            inbox.counts(consumer).completed(),
            Math.min(effects, InboxAdmin.Counts.LIMIT))
        .write(history);
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
