package io.rowpost.testkit;

import io.rowpost.core.OutboxRelay.OnFailed;
import io.rowpost.core.OutboxRelay.Ordering;
import java.time.Duration;
import java.util.SplittableRandom;

/** What a seed draws before its world begins: how large it is, and what may go wrong in it. */
final class SimSettings {
  private static final long MILLIS = 1_000_000;
  private static final long SECONDS = 1_000 * MILLIS;
  private static final long HOUR = 3_600 * SECONDS;

  /** How far clocks of two databases are apart at most. */
  private static final long MAX_SKEW = HOUR;

  /** Nothing goes wrong, and no time passes in the middle of a step. */
  final boolean sound;

  final boolean crashes;
  final boolean pauses;
  final boolean brokerFails;
  final boolean brokerGoesAway;
  final boolean repeats;
  final boolean storesFail;
  final boolean clocksJump;
  final boolean nights;
  final boolean handlersFail;
  final boolean operators;

  final boolean chain;
  final boolean secondGroup;
  final boolean keepSent;

  final int steps;
  final int relays;
  final int producers;
  final int members;
  final int topics;
  final int keys;

  final int batchSize;
  final int maxInFlight;
  final Ordering ordering;
  final OnFailed onFailed;
  final Duration lease;
  final Duration pollInterval;
  final int relayAttempts;
  final Duration firstRetry;

  final int inboxAttempts;
  final Duration window;
  final int maxPoll;

  SimSettings(SplittableRandom random) {
    sound = random.nextInt(10) == 0;
    crashes = faulty(random, 60);
    pauses = faulty(random, 60);
    brokerFails = faulty(random, 60);
    brokerGoesAway = faulty(random, 40);
    repeats = faulty(random, 50);
    storesFail = faulty(random, 40);
    clocksJump = faulty(random, 25);
    nights = faulty(random, 20);
    handlersFail = faulty(random, 50);
    operators = faulty(random, 50);
    chain = random.nextInt(100) < 35;
    secondGroup = random.nextInt(100) < 30;
    keepSent = random.nextInt(100) < 35;
    steps = 60 + random.nextInt(120);
    relays = 1 + random.nextInt(3);
    producers = 1 + random.nextInt(3);
    members = 1 + random.nextInt(3);
    topics = 1 + random.nextInt(2);
    keys = 1 + random.nextInt(5);
    maxInFlight = 1 + random.nextInt(random.nextBoolean() ? 4 : 40);
    batchSize = 1 + random.nextInt(2 * maxInFlight);
    ordering = random.nextInt(100) < 85 ? Ordering.STRICT : Ordering.NONE;
    onFailed = random.nextInt(100) < 60 ? OnFailed.BLOCK : OnFailed.CONTINUE;
    lease = Duration.ofMillis(2_500 + random.nextInt(8_000));
    pollInterval = Duration.ofMillis(5 + random.nextInt(random.nextBoolean() ? 20 : 500));
    relayAttempts = 1 + random.nextInt(4);
    firstRetry = Duration.ofMillis(20 + random.nextInt(1_000));
    inboxAttempts = 1 + random.nextInt(4);
    // Longer than clocks may be apart, as its documentation asks for.
    window = nights ? Duration.ofHours(3) : Duration.ofDays(7);
    maxPoll = 1 + random.nextInt(12);
  }

  private boolean faulty(SplittableRandom random, int percent) {
    return random.nextInt(100) < percent && !sound;
  }

  long leaseNanos() {
    return lease.toNanos();
  }

  /** What a database's clock is wrong by. */
  static long skew(SplittableRandom random) {
    return random.nextLong(-MAX_SKEW / 2, MAX_SKEW / 2);
  }

  /** How far an administrator sets a clock. */
  static long jump(SplittableRandom random) {
    return random.nextLong(-600 * SECONDS, 600 * SECONDS);
  }

  /** Longer than the window and the margin after which an inbox forgets. */
  static long night(SplittableRandom random) {
    return 8 * HOUR + random.nextLong(6 * HOUR);
  }

  /** The time between two steps. */
  long betweenSteps(SplittableRandom random) {
    return random.nextLong(sound ? 4 * MILLIS : random.nextInt(20) == 0 ? SECONDS : 40 * MILLIS);
  }
}
