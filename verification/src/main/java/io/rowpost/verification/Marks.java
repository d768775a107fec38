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

  /** Longer than any strike waits until things go on: what comes later is not looked for. */
  private static final long HORIZON_NANOS = 2 * FaultScene.PATIENCE.toNanos();

  private final List<Event> events = new ArrayList<>();
  private Mark[] marks = {};
  private long[] times = {};
  private long[] repeats = {};

  /** By mark: the first time that things were seen to go on. */
  private long[] first = {};

  void add(Event event) {
    events.add(event);
  }

  /** Ends the adding. */
  void sort() {
    events.sort(Comparator.comparingLong(Event::nanos));
    marks = events.stream().map(Mark::of).toArray(Mark[]::new);
    times = events.stream().mapToLong(Event::nanos).toArray();
    repeats = new long[times.length];
    first = new long[times.length];
    Arrays.fill(first, Long.MAX_VALUE);
  }

  /** A message came again; false if there was no fault before. */
  boolean repeated(long nanos) {
    int mark = lastBefore(nanos);
    if (mark >= 0) {
      repeats[mark]++;
    }
    return mark >= 0;
  }

  /**
   * Somebody got on with the work.
   *
   * @param begunNanos when the message was begun that this is about
   */
  void progress(Event event, long begunNanos) {
    long now = event.nanos();
    for (int i = lastBefore(now); i >= 0 && now - times[i] < HORIZON_NANOS; i--) {
      if (now < first[i] && marks[i].isShownBy(event, begunNanos > times[i])) {
        first[i] = now;
      }
    }
  }

  private int lastBefore(long nanos) {
    int found = Arrays.binarySearch(times, nanos);
    return found >= 0 ? found : -found - 2;
  }

  List<Struck> struck() {
    var struck = new ArrayList<Struck>();
    for (int i = 0; i < times.length; i++) {
      boolean ended = events.get(i).kind() == Kind.FAULT_ENDS;
      Duration recovered =
          first[i] == Long.MAX_VALUE ? NEVER : Duration.ofNanos(first[i] - times[i]);
      struck.add(new Struck(marks[i], ended, times[i], repeats[i], recovered));
    }
    return struck;
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
