package io.rowpost.benchmarks;

/** One scenario. */
interface Part {
  /** As in results and behind {@code --only}. */
  String name();

  /** What is measured, in a line. */
  String title();

  /** Measures, and adds what it found to the results. */
  void run(Bench bench) throws Exception;
}
