package io.rowpost.jdbc;

import java.sql.Array;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How one lease reads the log, and how far it has settled it.
 *
 * <p>Two cursors: {@code read} says what was fetched, and moves in memory only; {@code settled}
 * says in front of what all is settled, and is written by every turn. Rows between them are kept in
 * the order of reading. Those settled out of their turn are written beside the cursor, so that a
 * successor repeats only what was in flight; they are bounded, so a record that is stuck at the
 * broker stops the reading at last.
 *
 * <p>What a turn has fetched counts only when its commit has succeeded: the commit reaches the disk
 * behind everything that was fetched, and with it the cursor's row, which the next turn asks for. A
 * snapshot that was never written could be handed out again by a server that crashed, for other
 * transactions. Not thread-safe.
 */
final class LogReading implements Stream {
  /** Rows settled out of their turn at which no more are read while any are in flight. */
  private static final int MOST_SETTLED = 10_000;

  /** Rows of a window among which its lowest seq is found at once. */
  private static final int MOST_SORTED = 10_000;

  /** Rows of the log through which one look goes at most, however large its page is. */
  private static final int STEP = 50_000;

  /** Rows of one transaction among which the lowest seq is found at once. */
  private static final int MOST_OF_ONE = 1_000_000;

  /** The lowest seq that there is. */
  private static final long FIRST_SEQ = 1;

  /** Every so many turns old cursors are deleted. */
  private static final int TURNS_TO_CLEAR = 64;

  private final Session session;
  private final String relay;

  private final Deque<Slot> slots = new ArrayDeque<>();
  private final Map<Long, Slot> inFlight = new HashMap<>();

  /** Settled under an older lease, and not read again yet. */
  private final Set<Long> settledBefore;

  private Cursor read;
  private Cursor settled;
  private int settledAhead;

  /** The highest seq that was read under this lease. */
  private long highest;

  /** Whether a window was opened and read to its end under this lease. */
  private boolean readToEnd;

  private boolean ownWindow;

  /** The number of the cursor that this lease has written last, or begun with. */
  private long n;

  /**
   * This lease has deleted all cursors before this one. While somebody holds an old snapshot they
   * are still in the index, and need not be passed each time.
   */
  private long cleared;

  private @Nullable Fetched fetched;
  private boolean goesOn;

  /** Whether the last fetch ended in the midst of the log, before its page was full. */
  private boolean walks;

  private @Nullable LowSearch lowSearch;

  /** A row between the two cursors. */
  private static final class Slot {
    final long seq;
    final Cursor window;
    boolean settled;

    Slot(long seq, Cursor window) {
      this.seq = seq;
      this.window = window;
    }
  }

  /** How far the rows of a window were looked at, and the lowest seq among them. */
  private static final class LowSearch {
    String xid;
    long lowest = Long.MAX_VALUE;

    /** Whether transactions that were open in {@code consumed} have none below it either. */
    boolean ofAll;

    LowSearch(String xid) {
      this.xid = xid;
    }
  }

  /** What a turn fetches; of no meaning before its commit. */
  private static final class Fetched {
    final int limit;
    final List<Row> rows;
    Cursor window;
    boolean opened;
    boolean tooMany;

    /** Up to where the log was looked through; 0 for to its end, or to that of the page. */
    long passed;

    Fetched(int limit, Cursor window) {
      this.limit = limit;
      this.rows = new ArrayList<>(Math.min(limit, 1024));
      this.window = window;
    }
  }

  private LogReading(
      Session session, String relay, long n, Cursor settled, Set<Long> settledBefore) {
    this.session = session;
    this.relay = relay;
    this.n = n;
    this.read = settled;
    this.settled = settled;
    this.settledBefore = settledBefore;
  }

  /** Begins where the last owner has come to; writes the first cursor of a new relay. */
  static LogReading begin(Session session, String relay) throws SQLException {
    PreparedStatement newest = session.prepare(Query.NEWEST_CURSOR);
    newest.setString(1, relay);
    try (ResultSet row = newest.executeQuery()) {
      if (row.next()) {
        var cursor = new Cursor(row.getString(2), row.getString(3), row.getLong(4), row.getLong(5));
        return new LogReading(session, relay, row.getLong(1), cursor, longs(row.getArray(6)));
      }
    }
    PreparedStatement first = session.prepare(Query.FIRST_CURSOR);
    first.setString(1, relay);
    first.executeUpdate();
    return new LogReading(session, relay, 0, Cursor.START, new HashSet<>());
  }

  private static Set<Long> longs(Array array) throws SQLException {
    return new HashSet<>(List.of((Long[]) array.getArray()));
  }

  long n() {
    return n;
  }

  /**
   * Up to where parked rows may be due: as far as this lease has read, or everywhere once it has
   * met the end. One that an older owner parked out of its turn may stand behind others of its key
   * that it never settled, so it has to be met again first.
   */
  long dueUpTo() {
    long upTo = readToEnd ? Long.MAX_VALUE : highest;
    for (long seq : settledBefore) {
      upTo = Math.min(upTo, seq - 1);
    }
    return upTo;
  }

  @Override
  public boolean land(long seq) {
    Slot slot = inFlight.remove(seq);
    if (slot == null) {
      return false;
    }
    slot.settled = true;
    settledAhead++;
    return true;
  }

  /** The cursor passes them all. */
  @Override
  public void leave(List<Long> sent, List<Long> parked) {}

  /** The log has them still. */
  @Override
  public void keep(List<Long> sentParked) {}

  /** Whether a turn may fetch now. */
  boolean mayFetch() {
    return read.isReadable() && hasRoom();
  }

  /**
   * Whether to read on. Where nothing is in flight nothing else can go on: an older lease may have
   * left more settled rows than these. To meet those again makes them no more, and of others there
   * is one page at most before its rows have to be settled, so all of them stay bounded.
   */
  private boolean hasRoom() {
    return inFlight.isEmpty() || settledAhead + settledBefore.size() < MOST_SETTLED;
  }

  /** Whether the beginning of a window, or its next row, is still looked for, turn by turn. */
  boolean isSearching() {
    return walks || !read.isReadable();
  }

  /** Whether another fetch of the same turn may find rows that were there before it. */
  boolean mayGoOn() {
    return goesOn && mayFetch();
  }

  // ---- statements of a turn

  /** Writes how far everything is settled, also where that has not changed. */
  void settle(Group group) throws SQLException {
    Slot passed = null;
    for (Slot slot = slots.peek(); slot != null && slot.settled; slot = slots.peek()) {
      passed = slots.remove();
      settledAhead--;
    }
    if (slots.isEmpty()) {
      settled = read;
    } else if (passed != null) {
      settled = passed.window.at(passed.seq);
    }
    Array ahead = session.longs(settledAhead());
    group.add(
        Query.MOVE_CURSOR,
        (statement, index) -> {
          statement.setString(index, relay);
          statement.setLong(index + 1, n + 1);
          Cursor.set(statement, index + 2, settled.consumed());
          Cursor.set(statement, index + 3, settled.reading());
          statement.setLong(index + 4, settled.last());
          statement.setLong(index + 5, settled.low());
          statement.setArray(index + 6, ahead);
          return index + 7;
        });
    if (n % TURNS_TO_CLEAR == 0) {
      group.add(Query.CLEAR_CURSORS, clearCursors(relay, cleared, n));
    }
  }

  /** Binds {@link Query#CLEAR_CURSORS}. */
  static Group.Binder clearCursors(String relay, long from, long to) {
    return (statement, index) -> {
      statement.setString(index, relay);
      statement.setLong(index + 1, from);
      statement.setLong(index + 2, to);
      return index + 3;
    };
  }

  private Long[] settledAhead() {
    var seqs = new Long[settledAhead + settledBefore.size()];
    int count = 0;
    if (settledAhead > 0) {
      for (Slot slot : slots) {
        if (slot.settled) {
          seqs[count++] = slot.seq;
        }
      }
    }
    for (Long seq : settledBefore) {
      seqs[count++] = seq;
    }
    return seqs;
  }

  /** Fetches into a page; {@link #take} takes it after the commit. */
  void fetch(Group group, Page page) {
    int room = page.roomForNew();
    int inline = Payloads.inline(page, room);
    // One more tells whether there are any more.
    var next = new Fetched(room + 1, read);
    fetched = next;
    if (read.isOpen()) {
      readWindow(group, next, inline);
    } else {
      openWindow(group, next, inline);
    }
  }

  private void openWindow(Group group, Fetched next, int inline) {
    group.add(
        Query.OPEN_WINDOW,
        openWindow(read.consumed(), next.limit, inline),
        result -> {
          while (result.next()) {
            String snapshot = result.getString(14);
            if (snapshot == null) {
              next.rows.add(Row.fresh(result, session.values()));
            } else {
              next.opened = true;
              next.tooMany = !result.getBoolean(15);
              next.window = new Cursor(read.consumed(), snapshot, 0, result.getLong(16));
            }
          }
          next.rows.sort(Comparator.comparingLong(Row::seq));
        });
  }

  /** Binds {@link Query#OPEN_WINDOW}. */
  static Group.Binder openWindow(String consumed, int limit, int inline) {
    // Beyond the limit, or a window that goes beyond it would seem to end there.
    int counted = Math.max(limit, MOST_SORTED) + 1;
    return (statement, index) -> {
      Cursor.set(statement, index, consumed);
      statement.setInt(index + 1, counted);
      Cursor.set(statement, index + 2, consumed);
      statement.setInt(index + 3, counted);
      statement.setInt(index + 4, limit);
      statement.setInt(index + 5, inline);
      Cursor.set(statement, index + 6, consumed);
      statement.setInt(index + 7, limit);
      statement.setInt(index + 8, inline);
      statement.setInt(index + 9, limit);
      return index + 10;
    };
  }

  private void readWindow(Group group, Fetched next, int inline) {
    group.add(
        Query.READ_WINDOW,
        readWindow(read, next.limit, inline, STEP),
        result -> {
          while (result.next()) {
            long passed = result.getLong(14);
            if (result.wasNull()) {
              next.rows.add(Row.fresh(result, session.values()));
            } else {
              next.passed = passed;
            }
          }
        });
  }

  /** Binds {@link Query#READ_WINDOW}. */
  static Group.Binder readWindow(Cursor read, int limit, int inline, int step) {
    long from = Math.max(read.last(), read.low() - 1);
    // Behind that no transaction is looked up any more.
    Cursor stragglers = read.last() < from ? read : Cursor.START;
    return (statement, index) -> {
      statement.setInt(index, inline);
      Cursor.set(statement, index + 1, stragglers.consumed());
      Cursor.set(statement, index + 2, read.reading());
      statement.setLong(index + 3, read.last());
      statement.setLong(index + 4, read.low());
      statement.setInt(index + 5, limit);
      statement.setInt(index + 6, inline);
      statement.setLong(index + 7, from);
      statement.setInt(index + 8, step);
      Cursor.set(statement, index + 9, read.consumed());
      Cursor.set(statement, index + 10, read.reading());
      statement.setInt(index + 11, limit);
      statement.setLong(index + 12, from);
      statement.setInt(index + 13, step - 1);
      statement.setInt(index + 14, limit);
      return index + 15;
    };
  }

  // ---- after the commit

  /** The turn's commit has succeeded: its cursor stands. */
  void committed() {
    if (n % TURNS_TO_CLEAR == 0) {
      cleared = n;
    }
    n++;
  }

  /** What was fetched is not wanted. */
  void drop() {
    fetched = null;
    goesOn = false;
    walks = false;
  }

  /**
   * Takes what was fetched.
   *
   * @return rows that are no records: in flight, but not in the page
   */
  List<Row> take(Page page, Instant now) throws SQLException {
    Fetched taken = fetched;
    drop();
    if (taken == null) {
      return List.of();
    }
    List<Row> fresh =
        settledBefore.isEmpty()
            ? taken.rows
            : taken.rows.stream().filter(row -> !settledBefore.contains(row.seq())).toList();
    Map<Long, byte[]> payloads = Payloads.of(session, fresh, page);
    if (!payloads.isEmpty()) {
      session.commit();
    }
    var unreadable = new ArrayList<Row>();
    boolean complete = taken.rows.size() < taken.limit && !taken.tooMany;
    walks = taken.passed > 0;
    long last = taken.window.last();
    for (Row row : taken.rows) {
      if (page.roomForNew() <= 0) {
        complete = false;
        walks = false;
        break;
      }
      requireOrder(last, row.seq());
      last = row.seq();
      var slot = new Slot(last, taken.window);
      slots.add(slot);
      if (settledBefore.remove(last)) {
        slot.settled = true;
        settledAhead++;
        continue;
      }
      inFlight.put(last, slot);
      if (row.unreadable() == null) {
        page.add(row, payloads, now);
      } else {
        unreadable.add(row);
      }
    }
    if (walks) {
      complete = false;
      last = taken.passed;
    }
    String reading = taken.window.reading();
    read = complete && reading != null ? Cursor.behind(reading) : taken.window.at(last);
    goesOn = !walks && (!complete || !taken.opened);
    ownWindow |= taken.opened;
    highest = Math.max(highest, last);
    readToEnd |= complete && ownWindow;
    if (readToEnd) {
      // All that an older lease can have read was in this window.
      settledBefore.clear();
    }
    return unreadable;
  }

  /** The window's order is the order of messages; nothing else may ever come. */
  private static void requireOrder(long last, long seq) {
    if (seq <= last) {
      throw new IllegalStateException("seq " + seq + " was read behind " + last);
    }
  }

  /**
   * Where a window turned out to be large, looks for its beginning before it is paged.
   *
   * <p>A turn does a part of it, behind its renewal, so that the lease is renewed between them: the
   * backlog of an outage is read from the disk here, which may take longer than any lease. Rows go
   * by transaction. Of one that has more of them than a part the whole is looked at, which cannot
   * be done by parts; and where that is too much, the pages begin where the log does.
   */
  void searchLow() throws SQLException {
    if (read.isReadable()) {
      return;
    }
    LowSearch search = lowSearch;
    if (search == null) {
      search = new LowSearch(read.xmax());
      lowSearch = search;
      lowOfEnded(search);
    }
    String next = lowOfStep(search);
    if (search.xid.equals(next)) {
      next = lowOfOne(search);
    }
    session.commit();
    if (next == null || search.lowest == FIRST_SEQ) {
      read = read.from(search.lowest);
      if (search.ofAll) {
        // Never back: a page of one row more than fits has been read without a beginning.
        read = read.at(Math.max(read.last(), search.lowest - 1));
      }
      lowSearch = null;
      goesOn = true;
    } else {
      search.xid = next;
    }
  }

  /**
   * Looks at transactions that were open in {@code consumed}: where they have many rows, no page is
   * to look through all of these, so the window begins with their lowest.
   */
  private void lowOfEnded(LowSearch search) throws SQLException {
    PreparedStatement statement = session.prepare(Query.LOW_SEQ_OF_ENDED);
    statement.setLong(1, MOST_OF_ONE);
    Cursor.set(statement, 2, read.consumed());
    Cursor.set(statement, 3, read.reading());
    statement.setInt(4, MOST_OF_ONE);
    takeLow(search, statement);
    search.ofAll = search.lowest < Long.MAX_VALUE;
  }

  /** Returns where the next step begins, or null behind the last one. */
  private @Nullable String lowOfStep(LowSearch search) throws SQLException {
    PreparedStatement statement = session.prepare(Query.LOW_SEQ);
    Cursor.set(statement, 1, search.xid);
    statement.setInt(2, STEP);
    statement.setInt(3, STEP - 1);
    return takeLow(search, statement);
  }

  private @Nullable String lowOfOne(LowSearch search) throws SQLException {
    PreparedStatement statement = session.prepare(Query.LOW_SEQ_OF_ONE);
    lowOfOne(search.xid, MOST_OF_ONE).bind(statement, 1);
    return takeLow(search, statement);
  }

  /** Binds {@link Query#LOW_SEQ_OF_ONE}. */
  static Group.Binder lowOfOne(String xid, int rows) {
    return (statement, index) -> {
      statement.setLong(index, rows);
      Cursor.set(statement, index + 1, xid);
      Cursor.set(statement, index + 2, xid);
      statement.setInt(index + 3, rows);
      return index + 4;
    };
  }

  private static @Nullable String takeLow(LowSearch search, PreparedStatement statement)
      throws SQLException {
    try (ResultSet row = statement.executeQuery()) {
      row.next();
      long lowest = row.getLong(1);
      if (!row.wasNull()) {
        search.lowest = Math.min(search.lowest, lowest);
      }
      return row.getString(2);
    }
  }

  // ---- between turns

  /** Whether a turn would find a row. Nothing that this finds moves a cursor. */
  boolean isWindowOpen() {
    return read.isOpen();
  }

  String consumed() {
    return read.consumed();
  }
}
