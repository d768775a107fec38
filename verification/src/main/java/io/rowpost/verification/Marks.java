package io.rowpost.verification;

import io.rowpost.verification.Event.Kind;
import io.rowpost.verification.Verdict.Check;
import io.rowpost.verification.Verdict.Struck;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.BiConsumer;

/** The faults of a history in the order of time, and what followed each up to the next. */
final class Marks {
  private static final Duration NEVER = Duration.ofNanos(-1);

  /** Kinds of progress that a mark may ask for. */
  private static final int KINDS = Kind.values().length;

  private final List<Event> events = new ArrayList<>();
  private long[] times = {};
  private long[] repeats = {};

  /** By mark and kind: the first time something of the kind was done, but for the victim. */
  private long[][] first = {};

  void add(Event event) {
    events.add(event);
  }

  /** Ends the adding. */
  void sort() {
    events.sort(Comparator.comparingLong(Event::nanos));
    times = events.stream().mapToLong(Event::nanos).toArray();
    repeats = new long[times.length];
    first = new long[times.length][KINDS];
    for (long[] ofMark : first) {
      Arrays.fill(ofMark, Long.MAX_VALUE);
    }
  }

  /** A message came again; false if there was no fault before. */
  boolean repeated(long nanos) {
    int mark = lastBefore(nanos);
    if (mark >= 0) {
      repeats[mark]++;
    }
    return mark >= 0;
  }

  /** Somebody got on with the work. */
  void progress(Event event) {
    int mark = lastBefore(event.nanos());
    if (mark >= 0 && events.get(mark).key() != event.process()) {
      long[] ofMark = first[mark];
      int kind = event.kind().code();
      ofMark[kind] = Math.min(ofMark[kind], event.nanos());
    }
  }

  private int lastBefore(long nanos) {
    int found = Arrays.binarySearch(times, nanos);
    return found >= 0 ? found : -found - 2;
  }

  List<Struck> struck() {
    var struck = new ArrayList<Struck>();
    for (int i = 0; i < times.length; i++) {
      Event event = events.get(i);
      Mark mark = Mark.of(event);
      struck.add(
          new Struck(
              mark,
              event.kind() == Kind.FAULT_ENDS,
              times[i],
              repeats[i],
              recovered(i, mark.shownBy())));
    }
    return struck;
  }

  private Duration recovered(int mark, Kind kind) {
    for (int i = mark; i < times.length; i++) {
      if (first[i][kind.code()] != Long.MAX_VALUE) {
        return Duration.ofNanos(first[i][kind.code()] - times[mark]);
      }
    }
    return NEVER;
  }

  void judge(BiConsumer<Check, String> found) {
    for (Struck struck : struck()) {
      Mark mark = struck.mark();
      String fault = "fault F%d, process %d".formatted(mark.fault(), mark.victim());
      if (struck.repeats() > mark.repeats()) {
        found.accept(
            Check.REPEATED,
            "%d after %s, which allows %d".formatted(struck.repeats(), fault, mark.repeats()));
      }
      if (struck.isSlow()) {
        found.accept(
            Check.SLOW,
            "%s after %s, which allows %s".formatted(struck.recovered(), fault, mark.recovery()));
      }
    }
  }
}
