package io.rowpost.testkit;

import io.rowpost.core.FaultPoint;
import java.util.EnumMap;
import java.util.Map;

/** How often what happened, in one run or in many. */
final class SimTally {
  private final Map<SimFault, Count> faults = new EnumMap<>(SimFault.class);
  private final Map<FaultPoint, Count> points = new EnumMap<>(FaultPoint.class);
  long steps;
  long messages;

  private static final class Count {
    long value;
  }

  void count(SimFault fault) {
    faults.computeIfAbsent(fault, f -> new Count()).value++;
  }

  void count(FaultPoint point) {
    points.computeIfAbsent(point, p -> new Count()).value++;
  }

  long of(SimFault fault) {
    Count count = faults.get(fault);
    return count == null ? 0 : count.value;
  }

  long of(FaultPoint point) {
    Count count = points.get(point);
    return count == null ? 0 : count.value;
  }

  long faults() {
    return faults.values().stream().mapToLong(count -> count.value).sum();
  }

  void add(SimTally other) {
    other.faults.forEach(
        (fault, count) -> faults.computeIfAbsent(fault, f -> new Count()).value += count.value);
    other.points.forEach(
        (point, count) -> points.computeIfAbsent(point, p -> new Count()).value += count.value);
    steps += other.steps;
    messages += other.messages;
  }
}
