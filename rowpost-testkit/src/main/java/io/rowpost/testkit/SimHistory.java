package io.rowpost.testkit;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * What happened in one run, in order: numbers while it runs, text only when somebody asks.
 *
 * <p>Two runs of one seed have equal histories.
 */
final class SimHistory {
  private static final int NOBODY = -1;

  private long[] times = new long[512];
  private int[] actors = new int[512];
  private Enum<?>[] events = new Enum<?>[512];
  private long[] details = new long[512];
  private int size;

  /** Notes an event; what the detail means depends on it, mostly the number of a message. */
  void add(long time, int actor, Enum<?> event, long detail) {
    if (size == times.length) {
      times = Arrays.copyOf(times, 2 * size);
      actors = Arrays.copyOf(actors, 2 * size);
      events = Arrays.copyOf(events, 2 * size);
      details = Arrays.copyOf(details, 2 * size);
    }
    times[size] = time;
    actors[size] = actor;
    events[size] = event;
    details[size] = detail;
    size++;
  }

  int size() {
    return size;
  }

  /** One line an event: when, who, what, and of which message. */
  String render(List<SimActor> names, SimLedger ledger) {
    var text = new StringBuilder();
    for (int i = 0; i < size; i++) {
      String actor = actors[i] == NOBODY ? "" : names.get(actors[i]).name;
      text.append(String.format(Locale.ROOT, "%14.6f s  %-18s ", times[i] / 1e9, actor))
          .append(events[i].name().toLowerCase(Locale.ROOT).replace('_', ' '))
          .append(detail(events[i], details[i], ledger))
          .append('\n');
    }
    return text.toString();
  }

  private static String detail(Enum<?> event, long detail, SimLedger ledger) {
    if (detail < 0) {
      return "";
    }
    boolean ofMessage = event instanceof SimEvent && event != SimEvent.LEASED;
    return ofMessage ? " " + ledger.message((int) detail) : " " + detail;
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof SimHistory other
        && size == other.size
        && Arrays.equals(times, 0, size, other.times, 0, size)
        && Arrays.equals(actors, 0, size, other.actors, 0, size)
        && Arrays.equals(events, 0, size, other.events, 0, size)
        && Arrays.equals(details, 0, size, other.details, 0, size);
  }

  @Override
  public int hashCode() {
    return 31 * size + (size == 0 ? 0 : Long.hashCode(times[size - 1]));
  }
}
