package io.rowpost.benchmarks;

import java.util.List;

/**
 * What several measurements say together.
 *
 * @param least the lowest
 * @param median the one in the middle, or the mean of the two there
 * @param most the highest
 */
record Spread(double least, double median, double most) {

  static Spread of(List<Double> values) {
    if (values.isEmpty()) {
      throw new IllegalArgumentException("nothing was measured");
    }
    List<Double> sorted = values.stream().sorted().toList();
    int last = sorted.size() - 1;
    double middle = (sorted.get(last / 2) + sorted.get(last - last / 2)) / 2;
    return new Spread(sorted.get(0), middle, sorted.get(last));
  }
}
