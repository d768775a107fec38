package io.rowpost.benchmarks;

/** Why nothing was measured, and what to do about it. */
final class RefusedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  RefusedException(String what, String fix) {
    super("Nothing was measured: %s.%n  Fix: %s".formatted(what, fix));
  }
}
