package io.rowpost.benchmarks;

import java.util.Optional;
import java.util.function.Function;

/**
 * What a figure should be.
 *
 * @param name as in results; what stands before the dot groups goals
 * @param text what is compared with what
 * @param bound the least, or the most if {@code atMost}
 * @param figure finds it among the results, if it was measured
 */
record Goal(
    String name,
    String text,
    double bound,
    boolean atMost,
    Function<Results, Optional<Double>> figure) {

  static Goal atLeast(
      String name, double bound, String text, Function<Results, Optional<Double>> figure) {
    return new Goal(name, text, bound, false, figure);
  }

  static Goal atMost(
      String name, double bound, String text, Function<Results, Optional<Double>> figure) {
    return new Goal(name, text, bound, true, figure);
  }

  boolean isMetBy(double measured) {
    return atMost ? measured <= bound : measured >= bound;
  }

  /** Such as {@code at most 720}. */
  String words() {
    String number = Report.number(bound);
    return atMost ? "at most " + number : "at least " + number;
  }
}
