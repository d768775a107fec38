package io.rowpost.verification;

import io.rowpost.verification.Plot.Line;
import io.rowpost.verification.Verdict.Finding;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What the processes and the tables of a run took, over its time. */
record Samples(List<OfProcess> processes, List<OfTable> tables) {
  /** Where a figure was not to be had: a process that stands still answers nothing. */
  static final long ABSENT = -1;

  /** What a process is. */
  enum Role {
    APPLICATION,
    RELAY,
    CONSUMER;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * A process at a moment.
   *
   * @param nanos the same for all that were sampled together
   * @param heap bytes that a collection leaves, or {@link #ABSENT}
   * @param resident bytes of memory
   */
  record OfProcess(
      long nanos,
      Role role,
      int process,
      long heap,
      long resident,
      long threads,
      long descriptors) {
    static final String COLUMNS = "seconds,role,process,heap,resident,threads,descriptors";

    String csv(long startNanos) {
      return "%s,%s,%d,%s,%d,%d,%d"
          .formatted(
              seconds(nanos - startNanos),
              role,
              process,
              heap == ABSENT ? "" : heap,
              resident,
              threads,
              descriptors);
    }
  }

  /**
   * A table at a moment.
   *
   * @param dead rows that nobody sees any more and that still take room, or {@link #ABSENT} where
   *     nobody counts them
   * @param bytes with indexes
   */
  record OfTable(long nanos, String table, long dead, long bytes) {
    static final String COLUMNS = "seconds,table,dead,bytes";

    String csv(long startNanos) {
      return "%s,%s,%s,%d"
          .formatted(seconds(nanos - startNanos), table, dead == ABSENT ? "" : dead, bytes);
    }
  }

  /** What may grow in a process, and by how much without a reason to look. */
  enum Measure {
    HEAP("MB of live heap", 1e6, 4, OfProcess::heap),
    RESIDENT("MB resident", 1e6, Double.POSITIVE_INFINITY, OfProcess::resident),
    THREADS("threads", 1, 3, OfProcess::threads),
    DESCRIPTORS("open files and sockets", 1, 8, OfProcess::descriptors);

    private final String unit;
    private final double scale;
    private final double slack;

    @SuppressWarnings("ImmutableEnumChecker") // a function without a state
    private final ToLongFunction<OfProcess> figure;

    Measure(String unit, double scale, double slack, ToLongFunction<OfProcess> figure) {
      this.unit = unit;
      this.scale = scale;
      this.slack = slack;
      this.figure = figure;
    }

    String unit() {
      return unit;
    }

    /** Infinite where growth is told and not judged: a JVM gives little memory back. */
    double slack() {
      return slack;
    }

    boolean isThere(OfProcess sample) {
      return figure.applyAsLong(sample) != ABSENT;
    }

    double of(OfProcess sample) {
      return figure.applyAsLong(sample) / scale;
    }
  }

  /** By role: the most that one of its processes took at each moment. */
  List<Line> lines(Measure measure) {
    return Arrays.stream(Role.values())
        .map(
            role -> {
              var highest = new TreeMap<Long, Double>();
              ofRole(role)
                  .filter(measure::isThere)
                  .forEach(s -> highest.merge(s.nanos(), measure.of(s), Math::max));
              return line(role.toString(), highest);
            })
        .filter(line -> line.nanos().length > 0)
        .toList();
  }

  private Stream<OfProcess> ofRole(Role role) {
    return processes.stream().filter(sample -> sample.role() == role);
  }

  /** None where nobody counts them. */
  List<Line> deadRows() {
    return lines(OfTable::dead, 1);
  }

  List<Line> tableSizes() {
    return lines(OfTable::bytes, 1e6);
  }

  private List<Line> lines(ToLongFunction<OfTable> figure, double scale) {
    var byTable = new TreeMap<String, TreeMap<Long, Double>>();
    for (OfTable sample : tables) {
      long value = figure.applyAsLong(sample);
      if (value != ABSENT) {
        byTable
            .computeIfAbsent(sample.table(), name -> new TreeMap<>())
            .put(sample.nanos(), value / scale);
      }
    }
    var lines = new ArrayList<Line>();
    byTable.forEach((table, values) -> lines.add(line(table, values)));
    return lines;
  }

  private static Line line(String name, TreeMap<Long, Double> values) {
    return new Line(
        name,
        values.keySet().stream().mapToLong(Long::longValue).toArray(),
        values.values().stream().mapToDouble(Double::doubleValue).toArray());
  }

  /** Of each role and measure what became of it in the longest life. */
  List<Growth> growth() {
    return Arrays.stream(Role.values())
        .flatMap(role -> Growth.in(longestLife(role)).stream())
        .toList();
  }

  private List<OfProcess> longestLife(Role role) {
    return ofRole(role).collect(Collectors.groupingBy(OfProcess::process)).values().stream()
        .max(Comparator.comparingInt(List::size))
        .orElse(List.of());
  }

  /**
   * Who grows.
   *
   * @param all whether it counts too if nobody of a role has lived long enough to be judged
   */
  Finding growing(boolean all) {
    List<Growth> judged = growth();
    var growing = new ArrayList<String>();
    judged.stream().filter(Growth::isGrowing).map(Growth::toString).forEach(growing::add);
    for (Role role : Role.values()) {
      if (all && judged.stream().noneMatch(growth -> growth.role() == role)) {
        growing.add("no %s has lived long enough to be judged".formatted(role));
      }
    }
    return new Finding(growing.size(), List.copyOf(growing));
  }

  private static String seconds(long nanos) {
    return String.format(Locale.ROOT, "%.1f", nanos / 1e9);
  }
}
