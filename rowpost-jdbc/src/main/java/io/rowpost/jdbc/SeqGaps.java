package io.rowpost.jdbc;

import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * How far a lease has read the stream: everything up to a bound was seen, but for gaps.
 *
 * <p>A seq is drawn at the insert and becomes visible at the commit, so rows appear below others
 * that were read long ago, or never, after a rollback. The bound must not simply pass them: every
 * fetch reads the gaps again, by primary key, together with what is above the bound. Without a
 * bound, every fetch would begin among the remains of rows deleted long ago.
 *
 * <p>Gaps are kept as ranges. When there are too many, the two lowest become one, with what was
 * seen between them; then rows in flight can be read a second time and have to be told by the
 * reader. {@link #close} forgets gaps that can no longer be filled. Not thread-safe.
 */
final class SeqGaps {
  static final int MAX_RANGES = 256;

  /** Low end to high end, both inclusive, all of them below the bound. */
  private final TreeMap<Long, Long> ranges = new TreeMap<>();

  private long bound;
  private long mergedUpTo;

  /** Begins behind what needs no look any more. */
  SeqGaps(long bound) {
    this.bound = bound;
  }

  /** Nothing above it was seen. */
  long bound() {
    return bound;
  }

  /** Up to here a gap may hold rows that were seen. */
  long mergedUpTo() {
    return mergedUpTo;
  }

  /** Everything up to here was seen, or will never be. */
  long seenUpTo() {
    return ranges.isEmpty() ? bound : ranges.firstKey() - 1;
  }

  boolean isEmpty() {
    return ranges.isEmpty();
  }

  /** Notes that a row was read. */
  void see(long seq) {
    if (seq > bound) {
      if (seq > bound + 1) {
        ranges.put(bound + 1, seq - 1);
        merge();
      }
      bound = seq;
      return;
    }
    Map.Entry<Long, Long> gap = ranges.floorEntry(seq);
    if (gap == null || gap.getValue() < seq) {
      return;
    }
    long low = gap.getKey();
    long high = gap.getValue();
    ranges.remove(low);
    if (low < seq) {
      ranges.put(low, seq - 1);
    }
    if (seq < high) {
      ranges.put(seq + 1, high);
    }
    merge();
  }

  private void merge() {
    if (ranges.size() > MAX_RANGES) {
      long low = ranges.pollFirstEntry().getKey();
      mergedUpTo = ranges.pollFirstEntry().getValue();
      ranges.put(low, mergedUpTo);
    }
  }

  /**
   * Forgets gaps up to a seq: everybody who could fill them has ended, and they were read since.
   */
  void close(long upTo) {
    while (!ranges.isEmpty() && ranges.firstKey() <= upTo) {
      long high = ranges.pollFirstEntry().getValue();
      if (high > upTo) {
        ranges.put(upTo + 1, high);
      }
    }
  }

  Long[] lows() {
    return ranges.keySet().toArray(Long[]::new);
  }

  Long[] highs() {
    return ranges.values().toArray(Long[]::new);
  }

  /** {@code [[low, high], ...]}. */
  String toJson() {
    return ranges.entrySet().stream()
        .map(range -> "[" + range.getKey() + "," + range.getValue() + "]")
        .collect(Collectors.joining(",", "[", "]"));
  }
}
