package io.rowpost.verification;

import io.rowpost.verification.Event.Kind;
import java.util.Arrays;

/**
 * How long it took from one event of each message to another of it, at the first hop.
 *
 * @param nanos sorted
 */
@SuppressWarnings("ArrayRecordComponent") // of this class alone
record Delays(long[] nanos) {
  private static final long OPEN = -1;
  private static final long REFUSED = -2;

  /**
   * Of messages whose first event lies in a span. What has not come to its second event by now
   * counts as if it did now; what was rolled back counts not at all.
   */
  static Delays of(Iterable<Event> history, Kind from, Kind to, Span span) {
    var ids = new Ids();
    for (Event event : history) {
      if (event.kind() == from && span.holds(event.nanos())) {
        ids.add(event.id());
      }
    }
    long[] began = new long[ids.count()];
    long[] ended = new long[ids.count()];
    Arrays.fill(ended, OPEN);
    for (Event event : history) {
      int id = ids.find(event.id());
      if (id == Ids.UNKNOWN) {
        continue;
      }
      if (event.kind() == from) {
        began[id] = event.nanos();
      } else if (event.kind() == Kind.FAIL) {
        ended[id] = REFUSED;
      } else if (event.kind() == to && event.hop() == 0 && ended[id] == OPEN) {
        ended[id] = event.nanos();
      }
    }
    return new Delays(between(began, ended));
  }

  private static long[] between(long[] began, long[] ended) {
    long now = System.nanoTime();
    long[] nanos = new long[began.length];
    int count = 0;
    for (int i = 0; i < began.length; i++) {
      if (ended[i] != REFUSED) {
        // A relay may have it before the application hears of its commit.
        nanos[count++] = Math.max(0, (ended[i] == OPEN ? now : ended[i]) - began[i]);
      }
    }
    Arrays.sort(nanos, 0, count);
    return Arrays.copyOf(nanos, count);
  }

  int count() {
    return nanos.length;
  }

  /** Within so many milliseconds 99 of 100 were done; no number if there was none. */
  double p99Millis() {
    return nanos.length == 0 ? Double.NaN : nanos[(int) (nanos.length * 99L / 100)] / 1e6;
  }
}
