package io.rowpost.verification;

import io.rowpost.verification.Event.Kind;
import io.rowpost.verification.Plot.Line;
import java.util.Arrays;
import java.util.stream.LongStream;

/**
 * How far publishing and effects were behind, over the time of a run.
 *
 * @param startNanos the first event
 * @param stepNanos the length of a step
 * @param unpublished by step: messages committed and not yet seen in their topic
 * @param unhandled by step: messages seen in the first topic and not yet handled
 * @param publishMillis sorted: from commit to topic, of each message
 */
@SuppressWarnings("ArrayRecordComponent") // read by the report, and by nobody else
record Lag(
    long startNanos, long stepNanos, long[] unpublished, long[] unhandled, long[] publishMillis) {
  private static final int STEPS = 600;

  static Lag of(Iterable<Event> history) {
    var ids = new Ids();
    long start = Long.MAX_VALUE;
    long end = Long.MIN_VALUE;
    for (Event event : history) {
      if (event.kind() == Kind.OK) {
        ids.add(event.id());
      }
      if (event.kind() != Kind.SAVED && event.kind() != Kind.EFFECT) {
        start = Math.min(start, event.nanos());
        end = Math.max(end, event.nanos());
      }
    }
    long[] committed = firstTimes(history, ids, Kind.OK);
    long[] published = firstTimes(history, ids, Kind.PUBLISHED);
    long[] handled = firstTimes(history, ids, Kind.EXIT);
    long step = Math.max(1, (end - start) / STEPS + 1);
    return new Lag(
        start,
        step,
        between(committed, published, start, step),
        between(published, handled, start, step),
        millis(committed, published));
  }

  /** Of each id, at the first hop; MAX_VALUE if never. */
  private static long[] firstTimes(Iterable<Event> history, Ids ids, Kind kind) {
    long[] times = new long[ids.count()];
    Arrays.fill(times, Long.MAX_VALUE);
    for (Event event : history) {
      int id = event.kind() == kind && event.hop() == 0 ? ids.find(event.id()) : Ids.UNKNOWN;
      if (id != Ids.UNKNOWN) {
        times[id] = Math.min(times[id], event.nanos());
      }
    }
    return times;
  }

  /** By step, how many have the one behind them and the other before them. */
  private static long[] between(long[] from, long[] to, long start, long step) {
    long[] changes = new long[STEPS + 1];
    for (int i = 0; i < from.length; i++) {
      if (from[i] < to[i]) {
        changes[(int) ((from[i] - start) / step)]++;
        if (to[i] != Long.MAX_VALUE) {
          changes[(int) ((to[i] - start) / step)]--;
        }
      }
    }
    Arrays.parallelPrefix(changes, Long::sum);
    return changes;
  }

  /** A message that its reader saw before its writer heard of the commit counts as 0. */
  private static long[] millis(long[] committed, long[] published) {
    long[] millis = new long[committed.length];
    int count = 0;
    for (int i = 0; i < committed.length; i++) {
      if (published[i] != Long.MAX_VALUE) {
        millis[count++] = Math.max(0, published[i] - committed[i]) / 1_000_000;
      }
    }
    Arrays.sort(millis, 0, count);
    return Arrays.copyOf(millis, count);
  }

  long endNanos() {
    return startNanos + stepNanos * unpublished.length;
  }

  Line line(String name, long[] steps) {
    return new Line(
        name,
        LongStream.range(0, steps.length).map(step -> startNanos + step * stepNanos).toArray(),
        Arrays.stream(steps).asDoubleStream().toArray());
  }

  /** Within so many milliseconds a part of the messages was published. */
  long publishMillis(double part) {
    if (publishMillis.length == 0) {
      return 0;
    }
    return publishMillis[
        (int) Math.min(publishMillis.length - 1L, (long) (part * publishMillis.length))];
  }
}
