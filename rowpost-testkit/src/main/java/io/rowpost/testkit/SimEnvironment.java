package io.rowpost.testkit;

import java.util.ArrayList;
import java.util.List;

/** What happens to all: the broker goes away, a clock is set, a night passes. */
final class SimEnvironment extends SimActor {
  private static final long SECONDS = 1_000_000_000L;

  private final List<SimClock> clocks = new ArrayList<>();
  private int outages;

  /** By how much clocks were set back: what waits for a time of day waits longer by that. */
  long setBack;

  SimEnvironment(SimWorld world) {
    super(world, "environment", null);
    world.outboxes.forEach(outbox -> clocks.add(outbox.clock));
    world.inboxes.forEach(inbox -> clocks.add(inbox.clock));
  }

  @Override
  void start(SimLife life) {}

  @Override
  void step() {
    if (world.chance(world.settings.brokerGoesAway, 250)) {
      goAway(world.random.nextLong(8 * SECONDS));
    }
    if (world.chance(world.settings.clocksJump, 300)) {
      jump();
    }
    if (world.chance(world.settings.nights, 200)) {
      world.fault(SimFault.NIGHT_PASSED, -1);
      world.time.pass(SimSettings.night(world.random));
    }
  }

  private void goAway(long nanos) {
    world.fault(SimFault.BROKER_AWAY, nanos);
    int outage = ++outages;
    world.broker.away = true;
    world.time.after(
        nanos,
        () -> {
          if (outage == outages) {
            world.broker.away = false;
          }
        });
  }

  private void jump() {
    long by = SimSettings.jump(world.random);
    world.fault(SimFault.CLOCK_JUMPED, Math.abs(by));
    clocks.get(world.random.nextInt(clocks.size())).jump(by);
    setBack += Math.max(0, -by);
  }
}
