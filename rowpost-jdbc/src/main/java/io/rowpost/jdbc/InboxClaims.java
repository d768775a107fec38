package io.rowpost.jdbc;

import io.rowpost.core.InboxStatus;
import io.rowpost.core.InboxStore.Claim;
import io.rowpost.core.InboxStore.Entry;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Claims messages for one consumer in one transaction.
 *
 * <p>The usual message is unknown, and one INSERT claims it: it becomes visible with the handler's
 * effects, or never. A copy that is claimed elsewhere makes that INSERT wait on the primary key.
 * Where the INSERT did not write, a read tells why; only what is not final there is locked and read
 * again, so that a duplicate costs no write on PostgreSQL, and no two that are duplicates of one
 * message wait for each other on MySQL and MariaDB.
 *
 * <p>PostgreSQL refuses everything after a transaction's first error, so the row is COMPLETED from
 * the beginning. The others may end a transaction behind the handler's back, at a deadlock or
 * before DDL, and go on in a new one. There it is PROCESSING until {@link JdbcInboxStore#complete},
 * which a copy that has finished meanwhile cannot be taken for.
 *
 * <p>Should the host of this process die without a word, its server would keep the transaction for
 * hours, and the heirs of its messages would wait for its claims. So on PostgreSQL a claim also
 * sets how long its transaction may do nothing, where nobody else has.
 *
 * <p>Several are claimed in order of their ids, which keeps two batches from waiting in a circle.
 */
final class InboxClaims {
  private static final Duration MAX_AHEAD = Duration.ofDays(1);

  private final Connection tx;
  private final Statements statements;
  private final Values values;
  private final InboxRows rows;
  private final String consumer;
  private final Duration window;

  InboxClaims(Connection tx, Statements statements, String consumer, Duration window) {
    this.tx = tx;
    this.statements = statements;
    this.values = new Values(statements.dialect());
    this.rows = new InboxRows(tx, statements, consumer);
    this.consumer = consumer;
    this.window = window;
  }

  /**
   * Claims messages.
   *
   * @param idle for how long the transaction may do nothing from here on; 0 for no limit
   */
  List<Claim> claim(List<Entry> entries, Duration idle) throws SQLException {
    if (entries.size() == 1) {
      Entry only = entries.get(0);
      return List.of(insert(only, idle) ? Claim.NEW : known(only));
    }
    List<Entry> sorted = entries.stream().sorted(Comparator.comparing(Entry::id)).toList();
    Map<String, Claim> claims =
        statements.has(Query.INBOX_CLAIM_ARRAYS)
            ? insertThenRead(sorted, idle)
            : readThenInsert(sorted);
    return entries.stream().map(entry -> Objects.requireNonNull(claims.get(entry.id()))).toList();
  }

  /** A message's row, locked and made if need be; null if a claim would not be NEW or RETRY. */
  InboxRows.@Nullable Locked receiveIfClaimable(Entry entry) throws SQLException {
    InboxRows.Locked row = rows.lock(entry.id());
    if (row == null) {
      if (refused(entry, clock()) != null) {
        return null;
      }
      row = rows.receive(entry);
    }
    return switch (row.status()) {
      case COMPLETED -> null;
      case PROCESSING -> throw InboxRows.inDoubt(consumer, entry.id());
      case FAILED -> rows.copy(entry.id()) == InboxRows.Copy.PARKED ? null : row;
    };
  }

  private boolean insert(Entry entry, Duration idle) throws SQLException {
    try (PreparedStatement statement = rows.prepare(Query.INBOX_CLAIM, 1, entry.id())) {
      int index = 3;
      values.setTime(statement, index++, InboxRows.time(entry.message()));
      if (statements.dialect() == Dialect.POSTGRESQL) {
        statement.setString(index++, String.valueOf(idle.toMillis()));
      }
      statement.setLong(index, micros(window));
      return statement.executeUpdate() == 1;
    } catch (SQLException e) {
      if (SqlErrors.isDuplicateKey(e)) {
        return false;
      }
      throw e;
    }
  }

  private Claim known(Entry entry) throws SQLException {
    return judge(entry, states(List.of(entry)).get(entry.id()));
  }

  private Map<String, Claim> insertThenRead(List<Entry> entries, Duration idle)
      throws SQLException {
    Set<String> inserted = insertArrays(entries, idle);
    List<Entry> others = entries.stream().filter(e -> !inserted.contains(e.id())).toList();
    Map<String, InboxStatus> states = others.isEmpty() ? Map.of() : states(others);
    var claims = new HashMap<String, Claim>();
    inserted.forEach(id -> claims.put(id, Claim.NEW));
    for (Entry entry : others) {
      claims.put(entry.id(), judge(entry, states.get(entry.id())));
    }
    return claims;
  }

  /**
   * Without RETURNING an INSERT of several cannot tell which it has written, and one duplicate
   * fails all of it. So those that are known are sorted out first; if another transaction was
   * faster with one of the rest, the INSERT fails and everything is rolled back to be tried again.
   */
  private Map<String, Claim> readThenInsert(List<Entry> entries) throws SQLException {
    Map<String, InboxStatus> states = states(entries);
    var claims = new HashMap<String, Claim>();
    var unknown = new ArrayList<Entry>();
    Instant now = clock();
    for (Entry entry : entries) {
      InboxStatus state = states.get(entry.id());
      Claim refused = state == null ? refused(entry, now) : null;
      if (state != null) {
        claims.put(entry.id(), judge(entry, state));
      } else if (refused != null) {
        claims.put(entry.id(), refused);
      } else {
        unknown.add(entry);
        claims.put(entry.id(), Claim.NEW);
      }
    }
    if (!unknown.isEmpty()) {
      insertRows(unknown);
    }
    return claims;
  }

  private Set<String> insertArrays(List<Entry> entries, Duration idle) throws SQLException {
    try (PreparedStatement statement = rows.prepare(Query.INBOX_CLAIM_ARRAYS)) {
      statement.setString(1, consumer);
      statement.setArray(2, tx.createArrayOf("text", ids(entries)));
      var times = new ArrayList<@Nullable String>();
      for (Entry entry : entries) {
        Instant time = InboxRows.time(entry.message());
        times.add(time == null ? null : Values.utc(time).toString());
      }
      statement.setArray(3, tx.createArrayOf("text", times.toArray()));
      statement.setString(4, String.valueOf(idle.toMillis()));
      statement.setLong(5, micros(window));
      var inserted = new HashSet<String>();
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          inserted.add(row.getString(1));
        }
      }
      return inserted;
    }
  }

  private void insertRows(List<Entry> entries) throws SQLException {
    try (PreparedStatement statement = rows.prepare(Query.INBOX_CLAIM_ROWS)) {
      statement.setString(1, consumer);
      if (statements.dialect() == Dialect.H2) {
        statement.setObject(2, ids(entries));
        var times = new ArrayList<@Nullable OffsetDateTime>();
        for (Entry entry : entries) {
          Instant time = InboxRows.time(entry.message());
          times.add(time == null ? null : Values.utc(time));
        }
        statement.setObject(3, times.toArray());
      } else {
        var json = new JsonRows();
        for (Entry entry : entries) {
          Instant time = InboxRows.time(entry.message());
          json.row().text(entry.id()).text(time == null ? null : Values.text(time));
        }
        statement.setString(2, json.toString());
      }
      statement.executeUpdate();
    }
  }

  /** Committed states of those that are known. */
  private Map<String, InboxStatus> states(List<Entry> entries) throws SQLException {
    try (PreparedStatement statement = rows.prepare(Query.INBOX_STATES)) {
      switch (statements.dialect()) {
        case H2 -> {
          statement.setString(1, consumer);
          statement.setObject(2, ids(entries));
        }
        case POSTGRESQL -> {
          statement.setString(1, consumer);
          statement.setArray(2, tx.createArrayOf("text", ids(entries)));
        }
        case MYSQL, MARIADB -> {
          var json = new JsonRows();
          entries.forEach(entry -> json.row().text(entry.id()));
          statement.setString(1, json.toString());
          statement.setString(2, consumer);
        }
      }
      var states = new HashMap<String, InboxStatus>();
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          states.put(row.getString(1), InboxStatus.valueOf(row.getString(2)));
        }
      }
      return states;
    }
  }

  private Claim judge(Entry entry, @Nullable InboxStatus state) throws SQLException {
    if (state == null) {
      Claim refused = refused(entry, clock());
      if (refused == null) {
        throw vanished();
      }
      return refused;
    }
    return state == InboxStatus.COMPLETED ? Claim.COMPLETED : take(entry.id());
  }

  /** The row is locked before it is judged: a copy at work may be about to complete it. */
  private Claim take(String id) throws SQLException {
    InboxRows.Locked row = rows.lock(id);
    if (row == null) {
      throw vanished();
    }
    switch (row.status()) {
      case COMPLETED -> {
        return Claim.COMPLETED;
      }
      case PROCESSING -> throw InboxRows.inDoubt(consumer, id);
      case FAILED -> {
        if (rows.copy(id) == InboxRows.Copy.PARKED) {
          return Claim.PARKED;
        }
        rows.update(Query.INBOX_TAKE, id);
        return Claim.RETRY;
      }
    }
    throw new IllegalStateException("status " + row.status());
  }

  private @Nullable Claim refused(Entry entry, Instant now) {
    Instant time = InboxRows.time(entry.message());
    if (time == null) {
      return null;
    }
    if (time.isBefore(now.minus(window))) {
      return Claim.TOO_OLD;
    }
    return time.isAfter(now.plus(MAX_AHEAD)) ? Claim.FROM_FUTURE : null;
  }

  private Instant clock() throws SQLException {
    try (PreparedStatement statement = rows.prepare(Query.INBOX_CLOCK);
        ResultSet row = statement.executeQuery()) {
      row.next();
      return values.requireTime(row, 1);
    }
  }

  /** Between the INSERT and the read: forgotten, or its time has come. */
  private static SQLException vanished() {
    return new SQLException("a row was written or deleted in the moment of its claim", "40001");
  }

  private static String[] ids(Collection<Entry> entries) {
    return entries.stream().map(Entry::id).toArray(String[]::new);
  }

  static long micros(Duration duration) {
    return duration.toSeconds() * 1_000_000L + duration.toNanosPart() / 1000;
  }
}
