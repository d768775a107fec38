package io.rowpost.jdbc;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * How one lease reads new rows of the stream: by plain reads in order of seq, each row once.
 *
 * <p>What was read stands in memory and ends with the lease; the next owner reads everything unsent
 * again. {@link SeqGaps} tells how far it is and what has to be looked at again. Where that owner
 * may begin is written down at each renewal: sent rows may be kept, and it must not have to read
 * them all.
 *
 * <p>A gap is given up when nobody is left who could fill it: whoever was writing at a time after
 * the gap was seen has ended, and the gap was read once more since. Not thread-safe.
 */
final class Reading implements Stream {
  /** At least a second, for that is how exactly InnoDB tells when a transaction began. */
  private static final long LOOK_NANOS = Duration.ofSeconds(1).toNanos();

  private static final int MYSQL_NO_PROCESS_PRIVILEGE = 1227;

  private final Session session;
  private final String relay;
  private final boolean keepSent;
  private final LongSupplier nanoTime;

  /** Where this lease began: nothing parked is in turn before it has read on from there. */
  private final long begin;

  private final SeqGaps gaps;
  private final Set<Long> inFlight = new HashSet<>();

  /** InnoDB draws a seq a moment before its transaction shows, so a mark must be older there. */
  private final long markNanos;

  private final boolean listsAreCached;

  private boolean canSeeWriters;
  private boolean readToEnd;
  private @Nullable Mark mark;

  /**
   * Gaps up to a bound that are to be given up.
   *
   * @param listed the writers as they were listed last; null before the first look
   * @param left who of those that wrote after the bound was seen has not ended; null if not known
   * @param lookAt when to list them again
   */
  private record Mark(
      long bound, @Nullable Set<String> listed, @Nullable Set<String> left, long lookAt) {}

  /**
   * Begins.
   *
   * @param lowSeq what an earlier owner said by {@link #settledUpTo}, or 0
   * @param nanoTime as {@link System#nanoTime()}
   */
  Reading(Session session, String relay, boolean keepSent, long lowSeq, LongSupplier nanoTime) {
    this.session = session;
    this.relay = relay;
    this.keepSent = keepSent;
    this.nanoTime = nanoTime;
    this.begin = lowSeq;
    this.gaps = new SeqGaps(lowSeq);
    this.canSeeWriters = session.can(Query.WRITERS);
    this.listsAreCached = session.statements().dialect().isMySqlFamily();
    this.markNanos = listsAreCached ? 5 * LOOK_NANOS : LOOK_NANOS;
  }

  SeqGaps gaps() {
    return gaps;
  }

  /**
   * Up to where this lease has read the stream, or everywhere once it has met its end. A row parked
   * beyond may stand behind others that a lost owner never settled.
   */
  long readUpTo() {
    if (readToEnd) {
      return Long.MAX_VALUE;
    }
    return gaps.bound() > begin ? gaps.bound() : 0;
  }

  /** Up to where every row is settled, and nobody is left who could add one. */
  long settledUpTo() {
    long upTo = gaps.seenUpTo();
    for (long seq : inFlight) {
      upTo = Math.min(upTo, seq - 1);
    }
    return upTo;
  }

  @Override
  public boolean land(long seq) {
    return inFlight.remove(seq);
  }

  @Override
  public void leave(List<Long> sent, List<Long> parked) throws SQLException {
    var leaving = new ArrayList<Long>(parked);
    if (keepSent) {
      session.byKeys(Query.KEEP_ROWS, sent);
    } else {
      leaving.addAll(sent);
    }
    session.byKeys(Query.DELETE_ROWS, leaving);
  }

  @Override
  public void keep(List<Long> sentParked) throws SQLException {
    if (keepSent) {
      session.byKeys(Query.KEEP_PARKED, sentParked, relay);
    }
  }

  /**
   * Fetches new rows into a page.
   *
   * @return rows that are no records: in flight, but not in the page
   */
  List<Row> fetch(Page page, Instant now) throws SQLException {
    int room = page.roomForNew();
    // One more tells whether there are any more.
    int limit = Math.addExact(room, readAgain()) + (readToEnd ? 0 : 1);
    if (limit == 0) {
      return List.of();
    }
    long closable = closable();
    long boundBefore = gaps.bound();
    List<Row> rows = read(limit, Payloads.inline(page, room));
    List<Row> fresh = rows.stream().filter(row -> !inFlight.contains(row.seq())).toList();
    Map<Long, byte[]> payloads = Payloads.of(session, fresh, page);
    var unreadable = new ArrayList<Row>();
    int taken = 0;
    for (Row row : rows) {
      if (page.roomForNew() <= 0) {
        break;
      }
      taken++;
      if (inFlight.contains(row.seq())) {
        continue;
      }
      gaps.see(row.seq());
      inFlight.add(row.seq());
      if (row.unreadable() != null) {
        unreadable.add(row);
        continue;
      }
      page.add(row, payloads, now);
    }
    boolean readAll = taken == rows.size() && rows.size() < limit;
    readToEnd |= readAll;
    // Rows of gaps come first: behind one from above the bound no gap holds another.
    boolean readGaps = readAll || (taken > 0 && rows.get(taken - 1).seq() > boundBefore);
    if (closable > 0 && readGaps) {
      gaps.close(closable);
    }
    setMark();
    return unreadable;
  }

  /** How many rows in flight a fetch may give once more. */
  private int readAgain() {
    long upTo = gaps.mergedUpTo();
    int count = 0;
    if (upTo > 0) {
      for (long seq : inFlight) {
        count += seq <= upTo ? 1 : 0;
      }
    }
    return count;
  }

  private List<Row> read(int limit, int inline) throws SQLException {
    PreparedStatement statement = session.prepare(Query.FETCH);
    statement.setInt(1, inline);
    int next = session.values().setRanges(statement, 2, gaps);
    statement.setInt(next, limit);
    statement.setInt(next + 1, inline);
    statement.setLong(next + 2, gaps.bound());
    statement.setInt(next + 3, limit);
    var rows = new ArrayList<Row>(Math.min(limit, 1024));
    try (ResultSet result = statement.executeQuery()) {
      while (rows.size() < limit && result.next()) {
        rows.add(Row.fresh(result, session.values()));
      }
    }
    return rows;
  }

  /** Up to where nobody can fill a gap any more, once it is read again; 0 for nowhere. */
  private long closable() throws SQLException {
    Mark current = mark;
    if (current == null || nanoTime.getAsLong() - current.lookAt < 0) {
      return 0;
    }
    Set<String> listed = writers();
    if (listed == null) {
      return 0;
    }
    Set<String> left = null;
    if (current.left != null) {
      left = new HashSet<>(current.left);
      left.retainAll(listed);
    } else if (isListedSince(current, listed)) {
      left = listed;
    }
    if (left != null && left.isEmpty()) {
      mark = null;
      return current.bound;
    }
    mark = new Mark(current.bound, listed, left, nanoTime.getAsLong() + LOOK_NANOS);
    return 0;
  }

  /**
   * Whether a list was made after the mark. InnoDB shows an old one for as long as anybody asks ten
   * times a second; but it lists our own transaction too, of which each turn has another, so two
   * lists that differ are two, and the second was made after the first was read.
   */
  private boolean isListedSince(Mark current, Set<String> listed) {
    return !listsAreCached || (current.listed != null && !current.listed.equals(listed));
  }

  private void setMark() {
    if (canSeeWriters && mark == null && !gaps.isEmpty()) {
      mark = new Mark(gaps.bound(), null, null, nanoTime.getAsLong() + markNanos);
    }
  }

  /** The names of all who write, some by two; null if we may not know. */
  private @Nullable Set<String> writers() throws SQLException {
    if (!canSeeWriters) {
      return null;
    }
    var writers = new HashSet<String>();
    try (ResultSet result = session.prepare(Query.WRITERS).executeQuery()) {
      int names = result.getMetaData().getColumnCount();
      while (result.next()) {
        for (int name = 1; name <= names; name++) {
          String writer = result.getString(name);
          if (writer != null) {
            writers.add(writer);
          }
        }
      }
    } catch (SQLException e) {
      if (e.getErrorCode() != MYSQL_NO_PROCESS_PRIVILEGE) {
        throw e;
      }
      canSeeWriters = false;
      return null;
    }
    return writers;
  }
}
