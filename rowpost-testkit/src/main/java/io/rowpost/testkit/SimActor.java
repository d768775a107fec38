package io.rowpost.testkit;

import org.jspecify.annotations.Nullable;

/** A process, or whatever else acts in a simulated world, one step at a time. */
abstract class SimActor {
  final SimWorld world;
  final String name;
  final int number;

  /** As what its crash counts; null for what never crashes. */
  final @Nullable SimFault crash;

  /** On the stack: it is in the middle of a step. */
  boolean busy;

  /** When it may start again. */
  long downUntil;

  private @Nullable SimLife life;

  SimActor(SimWorld world, String name, @Nullable SimFault crash) {
    this.world = world;
    this.name = name;
    this.crash = crash;
    this.number = world.scheduler.add(this);
  }

  /** Builds everything that a process builds when it starts. */
  abstract void start(SimLife newLife);

  /** Does one thing. */
  abstract void step();

  /** Cleans up what others would clean up after a crash: open transactions, connections. */
  void buried() {}

  /** Whether it may act once more while it is in the middle of a step. */
  boolean mayNest() {
    return false;
  }

  boolean isUp() {
    return life != null;
  }

  SimLife life() {
    if (life == null) {
      throw new IllegalStateException(name + " is down");
    }
    return life;
  }

  void begin() {
    SimLife next = new SimLife(world, this);
    life = next;
    world.note(SimEvent.STARTED, -1);
    start(next);
  }

  /** Ends this life, for good or until it starts again. */
  void end(long downNanos) {
    life = null;
    downUntil = world.time.now() + downNanos;
    buried();
  }
}
