package io.rowpost.jdbc;

import io.rowpost.core.OutboxBatch.Origin;
import io.rowpost.core.OutboxStatus;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Fetches parked rows that are in turn: what is due, and the queues behind due heads.
 *
 * <p>First the places only, then in one statement the rows that fit the page, so that no payload is
 * read in vain. The relay's row is locked. One instance per turn.
 */
final class Queues {
  /** Heads whose queues are read by one statement. */
  static final int HEADS_AT_ONCE = 16;

  private final Session session;
  private final String relay;
  private final Instant now;
  private final long readUpTo;

  /**
   * A row in turn.
   *
   * @param blocking whether it stands in the queue of a key
   * @param size of the payload in bytes
   */
  private record Turn(long seq, long orderKey, long place, boolean blocking, int size) {}

  /**
   * For one turn.
   *
   * @param readUpTo rows beyond are not in turn yet
   */
  Queues(Session session, String relay, Instant now, long readUpTo) {
    this.readUpTo = readUpTo;
    this.session = session;
    this.relay = relay;
    this.now = now;
  }

  /**
   * Fetches into a page and marks what it takes as in flight.
   *
   * @return rows that are no records: in flight, but not in the page
   */
  List<Row> fetch(Page page) throws SQLException {
    List<Turn> turns = due(page.room());
    if (turns.isEmpty()) {
      return List.of();
    }
    if (turns.size() < page.room() && page.keyLimit() > 1) {
      turns.addAll(successors(turns, page.keyLimit() - 1));
    }
    List<Turn> fitting = fitting(turns, page);
    Map<Long, Row> rows = rows(fitting);
    var unreadable = new ArrayList<Row>();
    var stopped = new HashSet<Long>();
    var taken = new ArrayList<Long>();
    for (Turn turn : fitting) {
      Row row = Objects.requireNonNull(rows.get(turn.seq), "a row under our lock");
      if (stopped.contains(turn.orderKey)) {
        continue;
      }
      taken.add(turn.seq);
      if (row.unreadable() == null) {
        page.add(row.record(), turn.seq, turn.blocking ? Origin.IN_TURN : Origin.DUE);
      } else {
        unreadable.add(row);
        if (turn.blocking) {
          stopped.add(turn.orderKey);
        }
      }
    }
    mark(taken);
    return unreadable;
  }

  private List<Turn> due(int limit) throws SQLException {
    PreparedStatement statement = session.prepare(Query.DUE);
    statement.setString(1, relay);
    session.values().setTime(statement, 2, now);
    statement.setLong(3, readUpTo);
    statement.setInt(4, limit);
    var turns = new ArrayList<Turn>();
    try (ResultSet row = statement.executeQuery()) {
      while (row.next()) {
        turns.add(
            new Turn(
                row.getLong(1), row.getLong(2), row.getLong(3), row.getBoolean(4), row.getInt(5)));
      }
    }
    return turns;
  }

  /** What stands behind each head, up to the first row that may not follow it at once. */
  private List<Turn> successors(List<Turn> due, int limit) throws SQLException {
    List<Turn> heads = due.stream().filter(Turn::blocking).toList();
    var successors = new ArrayList<Turn>();
    for (int from = 0; from < heads.size(); from += HEADS_AT_ONCE) {
      List<Turn> some = heads.subList(from, Math.min(from + HEADS_AT_ONCE, heads.size()));
      Map<Long, List<Turn>> queues = queues(some, limit);
      for (Turn head : some) {
        successors.addAll(queues.getOrDefault(head.orderKey, List.of()));
      }
    }
    return successors;
  }

  private Map<Long, List<Turn>> queues(List<Turn> heads, int limit) throws SQLException {
    int width = heads.size() == 1 ? 1 : HEADS_AT_ONCE;
    PreparedStatement statement = session.prepare(session.statements().successors(width));
    int index = 1;
    for (int i = 0; i < width; i++) {
      // Places left over ask for the key 0, which never queues.
      Turn head = i < heads.size() ? heads.get(i) : new Turn(0, 0, 0, true, 0);
      statement.setString(index++, relay);
      statement.setLong(index++, head.orderKey);
      statement.setLong(index++, head.place);
      statement.setLong(index++, head.place);
      statement.setLong(index++, head.seq);
      statement.setInt(index++, limit);
    }
    var queues = new HashMap<Long, List<Turn>>();
    var ended = new HashSet<Long>();
    try (ResultSet row = statement.executeQuery()) {
      while (row.next()) {
        long orderKey = row.getLong(2);
        boolean follows =
            row.getLong(1) <= readUpTo
                && OutboxStatus.PENDING.name().equals(row.getString(4))
                && !row.getBoolean(5)
                && !row.getBoolean(6);
        if (!follows) {
          ended.add(orderKey);
        } else if (!ended.contains(orderKey)) {
          queues
              .computeIfAbsent(orderKey, key -> new ArrayList<>())
              .add(new Turn(row.getLong(1), orderKey, row.getLong(3), true, row.getInt(7)));
        }
      }
    }
    return queues;
  }

  private static List<Turn> fitting(List<Turn> turns, Page page) {
    long bytes = page.roomForBytes();
    int count = 0;
    while (count < turns.size() && count < page.room() && bytes > 0) {
      bytes -= turns.get(count).size;
      count++;
    }
    return turns.subList(0, count);
  }

  private void mark(List<Long> seqs) throws SQLException {
    PreparedStatement statement = session.prepare(Query.MARK);
    session.values().setKeys(statement, 1, seqs);
    statement.setString(2, relay);
    statement.executeUpdate();
  }

  private Map<Long, Row> rows(List<Turn> turns) throws SQLException {
    PreparedStatement statement = session.prepare(Query.PARKED_ROWS);
    session.values().setKeys(statement, 1, turns.stream().map(Turn::seq).toList());
    statement.setString(2, relay);
    var rows = new HashMap<Long, Row>();
    try (ResultSet result = statement.executeQuery()) {
      while (result.next()) {
        Row row = Row.parked(result, session.values());
        rows.put(row.seq(), row);
      }
    }
    return rows;
  }
}
