package io.rowpost.verification;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** Judges what a reader of {@link RaceWriters}' rows has seen, row by row. Not thread-safe. */
final class RaceAudit {
  private final Map<String, Long> last = new HashMap<>();
  private final Set<Row> mayRepeat = new HashSet<>();
  private long read;
  private long duplicates;
  private long inversions;
  private long repeats;

  private record Row(String key, long number) {}

  /** A row was read for the first time, as far as the reader knows. */
  void read(String key, long number) {
    long before = last.getOrDefault(key, 0L);
    if (number == before + 1) {
      last.put(key, number);
      read++;
    } else if (number > before) {
      // What is missing may come yet, too late.
      inversions++;
      last.put(key, number);
      read++;
    } else if (mayRepeat.remove(new Row(key, number))) {
      repeats++;
    } else {
      duplicates++;
    }
  }

  /** The reader starts again while a row was in flight: it may come once more. */
  void mayRepeat(String key, long number) {
    mayRepeat.add(new Row(key, number));
  }

  /** What was read, each row once. */
  long count() {
    return read;
  }

  Findings findings(long committed) {
    return new Findings(committed, committed - read, duplicates, inversions, repeats);
  }

  /**
   * What it amounts to.
   *
   * @param lost committed and never read
   * @param duplicates read again though settled, or read though rolled back
   * @param inversions read before one that had been committed first
   * @param repeats read again after a restart, having been in flight
   */
  record Findings(long committed, long lost, long duplicates, long inversions, long repeats) {
    boolean areClean() {
      return lost == 0 && duplicates == 0 && inversions == 0;
    }
  }
}
