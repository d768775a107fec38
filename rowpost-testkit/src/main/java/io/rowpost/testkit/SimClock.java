package io.rowpost.testkit;

import java.time.Instant;
import java.time.InstantSource;

/** The clock of one database: it is wrong by a constant, and an administrator may set it. */
final class SimClock implements InstantSource {
  private static final long EPOCH_SECOND = Instant.parse("2026-01-01T00:00:00Z").getEpochSecond();

  private final SimTime time;
  private long offset;

  SimClock(SimTime time, long offset) {
    this.time = time;
    this.offset = offset;
  }

  @Override
  public Instant instant() {
    return Instant.ofEpochSecond(EPOCH_SECOND, time.now() + offset);
  }

  void jump(long nanos) {
    offset += nanos;
  }
}
