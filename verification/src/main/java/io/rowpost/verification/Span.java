package io.rowpost.verification;

import java.time.Duration;

/** A time from one moment to another, by the monotonic clock. */
record Span(long beginsNanos, long endsNanos) {

  /** Lets so much time pass. */
  static Span of(Duration time) {
    long begins = System.nanoTime();
    FaultScene.letPass(time);
    return new Span(begins, System.nanoTime());
  }

  boolean holds(long nanos) {
    return nanos - beginsNanos >= 0 && nanos - endsNanos < 0;
  }
}
