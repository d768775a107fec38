package io.rowpost.benchmarks;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Figures of several ways to do the same, taken in turn; quoted as medians and paired ratios. */
final class Samples {
  private final Map<String, List<Double>> perSecond = new LinkedHashMap<>();

  void add(String way, double rate) {
    perSecond.computeIfAbsent(way, w -> new ArrayList<>()).add(rate);
  }

  List<String> ways() {
    return List.copyOf(perSecond.keySet());
  }

  double median(String way) {
    return median(perSecond.getOrDefault(way, List.of()));
  }

  /** Median of the ratios of each round, which drifts of the machine leave alone. */
  double ratio(String way, String base) {
    List<Double> ways = perSecond.getOrDefault(way, List.of());
    List<Double> bases = perSecond.getOrDefault(base, List.of());
    var ratios = new ArrayList<Double>();
    for (int i = 0; i < Math.min(ways.size(), bases.size()); i++) {
      ratios.add(ways.get(i) / bases.get(i));
    }
    return median(ratios);
  }

  private static double median(List<Double> values) {
    if (values.isEmpty()) {
      return Double.NaN;
    }
    List<Double> sorted = values.stream().sorted().toList();
    int middle = sorted.size() / 2;
    return sorted.size() % 2 == 1
        ? sorted.get(middle)
        : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
  }
}
