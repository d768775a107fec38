package io.rowpost.core;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.function.BooleanSupplier;

/** Time that passes only when told to; nobody ever waits. */
final class ManualTime implements EngineTime, InstantSource {
  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

  private long nanos;

  @Override
  public long nanoTime() {
    return nanos;
  }

  @Override
  public Instant instant() {
    return START.plusNanos(nanos);
  }

  @Override
  public void await(BooleanSupplier ready, long maxNanos) {}

  @Override
  public void signal() {}

  void pass(Duration duration) {
    nanos += duration.toNanos();
  }
}
