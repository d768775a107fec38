package io.rowpost.verification;

import java.time.Duration;

/**
 * How long faults last that take minutes, and how much is a lot: in full, or, with {@code CI=true},
 * in brief, so that a build need not wait for an hour.
 */
final class Extent {
  private static final boolean BRIEF = "true".equals(System.getenv("CI"));

  private Extent() {}

  static Duration of(Duration full, Duration brief) {
    return BRIEF ? brief : full;
  }

  static int of(int full, int brief) {
    return BRIEF ? brief : full;
  }
}
