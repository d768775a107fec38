package io.rowpost.benchmarks;

/** Why a way gave no figure; the others go on without it. */
final class WayFailedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  WayFailedException(String what) {
    super(what);
  }
}
