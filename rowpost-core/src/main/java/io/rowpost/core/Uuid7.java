package io.rowpost.core;

import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.UUID;
import java.util.random.RandomGenerator;

/**
 * UUIDs of version 7 (RFC 9562), monotonic within the process.
 *
 * <p>48 bits of milliseconds, then 12 bits of a counter (method 1 of section 6.2): it starts at a
 * random value below half its range in each new millisecond; when it runs over, or when the clock
 * steps back, the time part goes on from where it was. So ids of one process always grow. Nothing
 * in Rowpost orders by them: they are names.
 */
final class Uuid7 {
  private static final Uuid7 SHARED = new Uuid7(InstantSource.system(), new SecureRandom());

  private final InstantSource clock;
  private final RandomGenerator random;
  private long lastMillis;
  private int counter;

  Uuid7(InstantSource clock, RandomGenerator random) {
    this.clock = clock;
    this.random = random;
  }

  static UUID next() {
    return SHARED.draw();
  }

  UUID draw() {
    long low = random.nextLong();
    int start = (int) (low >>> 53);
    long high;
    synchronized (this) {
      long now = clock.millis();
      if (now > lastMillis) {
        lastMillis = now;
        counter = start;
      } else if (++counter > 0xFFF) {
        lastMillis++;
        counter = start;
      }
      high = (lastMillis << 16) | 0x7000 | counter;
    }
    return new UUID(high, (low & 0x3FFF_FFFF_FFFF_FFFFL) | 0x8000_0000_0000_0000L);
  }
}
