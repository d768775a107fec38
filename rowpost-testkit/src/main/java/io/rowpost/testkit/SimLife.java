package io.rowpost.testkit;

import io.rowpost.core.EngineTime;
import java.util.SplittableRandom;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * One life of a process, from its start to its end or crash: its monotonic clock, and what it meets
 * at its ports. After a crash each port throws, so a dead process has no effect, whatever it
 * catches.
 */
final class SimLife implements EngineTime {
  final SimActor actor;
  final SplittableRandom random;
  private final SimWorld world;
  private final long skew;
  private final double rate;
  private final SimDeath death = new SimDeath();
  private long lookedAt;
  private boolean dead;
  private boolean closing;

  SimLife(SimWorld world, SimActor actor) {
    this.world = world;
    this.actor = actor;
    this.random = world.random.split();
    this.skew = random.nextLong(1L << 50);
    this.rate = 1 + (random.nextDouble() - 0.5) / 500;
  }

  // ---- life and death -------------------------------------------------------------------------

  boolean isDead() {
    return dead;
  }

  void requireAlive() {
    if (dead) {
      throw death;
    }
    world.requireGoesOn();
  }

  SimDeath crash() {
    dead = true;
    return death;
  }

  /** From now on it waits for the broker's answers, as somebody does who wants to leave. */
  void close() {
    closing = true;
  }

  // ---- time -----------------------------------------------------------------------------------

  @Override
  public long nanoTime() {
    requireAlive();
    lookedAt = world.time.now();
    return skew + (long) (world.time.now() * rate);
  }

  /** When this process asked for the time last. */
  long lookedAt() {
    return lookedAt;
  }

  @Override
  public void await(BooleanSupplier ready, long nanos) {
    requireAlive();
    if (closing) {
      while (!ready.getAsBoolean() && world.time.untilNext() < nanos) {
        world.time.pass(world.time.untilNext());
      }
    } else if (!ready.getAsBoolean()) {
      world.scheduler.mayBeOvertaken(this);
    }
  }

  @Override
  public void signal() {}

  // ---- the way to a database ------------------------------------------------------------------

  /** A call that reads: it may fail. */
  void beforeRead() {
    world.scheduler.mayBeInterrupted(this);
    if (world.chance(world.settings.storesFail, 15)) {
      world.fault(SimFault.STORE_REFUSED, -1);
      throw world.failures.rolledBack;
    }
  }

  /** A call that commits: it may fail, or end in doubt. */
  void beforeCommit() {
    beforeRead();
    if (world.chance(world.settings.storesFail, 10)) {
      world.fault(SimFault.NOT_COMMITTED_BUT_UNKNOWN, -1);
      throw world.failures.unknown;
    }
  }

  /** The answer to a call that has committed. */
  void afterCommit() {
    requireAlive();
    if (world.chance(world.settings.storesFail, 10)) {
      world.fault(SimFault.COMMITTED_BUT_UNKNOWN, -1);
      throw world.failures.unknown;
    }
  }

  <R> R committing(Supplier<R> call) {
    beforeCommit();
    R result = call.get();
    afterCommit();
    return result;
  }
}
