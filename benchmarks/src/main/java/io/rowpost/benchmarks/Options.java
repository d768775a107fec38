package io.rowpost.benchmarks;

import java.util.List;

/**
 * What `make bench` was asked for.
 *
 * @param quick a minute instead of many
 * @param write whether the table goes into the README too
 * @param help whether only this is asked
 */
record Options(boolean quick, boolean write, boolean help) {
  static final String USAGE =
      """
      Measures what an outbox costs, beside the same work without one, on PostgreSQL and Kafka.

        make bench [ARGS="--quick --write"]

        --quick   less and fewer of everything: about a minute, to see that it works
        --write   puts the table into benchmarks/README.md, between its two marks
        --help    shows this text

      Exit status: 0 measured, 2 a flag was refused, 3 the servers do not allow a fair measurement.
      """;

  private static final List<String> FLAGS = List.of("--quick", "--write", "--help");

  /**
   * Reads the arguments.
   *
   * @throws RefusedException if one of them is no flag
   */
  static Options of(List<String> arguments) {
    for (String argument : arguments) {
      if (!FLAGS.contains(argument)) {
        throw new RefusedException(
            "'%s' is no flag".formatted(argument), "use %s.".formatted(String.join(", ", FLAGS)));
      }
    }
    return new Options(
        arguments.contains("--quick"), arguments.contains("--write"), arguments.contains("--help"));
  }

  /** How to run the same again. */
  String command() {
    return quick ? "make bench ARGS=--quick" : "make bench";
  }

  int rounds() {
    return quick ? 3 : 5;
  }

  int warmUps() {
    return quick ? 1 : 2;
  }

  int seconds() {
    return quick ? 1 : 5;
  }

  int records() {
    return quick ? 50_000 : 100_000;
  }
}
