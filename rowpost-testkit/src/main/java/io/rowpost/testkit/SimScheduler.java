package io.rowpost.testkit;

import io.rowpost.core.FaultPoint;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Decides who steps, and what happens in the middle of a step.
 *
 * <p>All actors share one thread. At each {@link FaultPoint} and each port the one that acts may go
 * on, or be overtaken: others step, nested on its stack, while time passes for all. For it that is
 * a pause. Or it crashes there: {@link SimDeath} unwinds its stack, and its memory is gone.
 */
final class SimScheduler {
  private static final ThreadLocal<@Nullable SimScheduler> RUNNING = new ThreadLocal<>();
  private static final int NOBODY = -1;

  /** Points at which something rare is half done, so that others step in more often. */
  private static final Set<FaultPoint> RARE =
      EnumSet.of(
          FaultPoint.INBOX_COUNT_DONE,
          FaultPoint.INBOX_FAILURE_BEGINS,
          FaultPoint.INBOX_FAILURE_DONE,
          FaultPoint.RELAY_LEASED,
          FaultPoint.RELAY_RELEASE_BEGINS);

  private static final int MAX_DEPTH = 3;
  private static final long MILLIS = 1_000_000;

  private final SimWorld world;
  private final List<SimActor> actors = new ArrayList<>();
  private final List<SimActor> turns = new ArrayList<>();
  private @Nullable SimActor current;
  private int depth;

  SimScheduler(SimWorld world) {
    this.world = world;
  }

  // ---- the points of the engine ---------------------------------------------------------------

  /** Makes the engine's points call the scheduler whose world runs on their thread. */
  static void watchPoints() {
    FaultPoint.watch(
        point -> {
          SimScheduler running = RUNNING.get();
          if (running != null) {
            running.passed(point);
          }
        });
  }

  /** Runs a world on this thread. */
  void run(Runnable body) {
    RUNNING.set(this);
    try {
      body.run();
    } finally {
      RUNNING.remove();
    }
  }

  private void passed(FaultPoint point) {
    world.tally.count(point);
    SimActor actor = current;
    if (actor != null && actor.isUp()) {
      mayBeInterrupted(actor.life());
      if (RARE.contains(point)) {
        mayBeOvertaken(actor.life());
      }
    }
  }

  /** A place at which a process may crash or stand still. */
  void mayBeInterrupted(SimLife life) {
    life.requireAlive();
    if (world.calm()) {
      return;
    }
    SimSettings settings = world.settings;
    int fate = world.random.nextInt(1000);
    SimFault crash = life.actor.crash;
    if (fate < 6) {
      if (settings.crashes && crash != null) {
        world.fault(crash, -1);
        throw life.crash();
      }
    } else if (fate < 16) {
      if (settings.pauses) {
        pause(life);
      }
    } else if (fate < 70) {
      overtaken(life, 1 + world.random.nextInt(3), settings.sound ? 0 : 10 * MILLIS);
    }
  }

  private void pause(SimLife life) {
    boolean pastTheLease = world.random.nextInt(3) == 0;
    long lease = world.settings.leaseNanos();
    long nanos =
        pastTheLease ? lease + world.random.nextLong(2 * lease) : world.random.nextLong(lease / 2);
    world.fault(pastTheLease ? SimFault.PAUSED_PAST_THE_LEASE : SimFault.PAUSED, -1);
    overtaken(life, 1 + world.random.nextInt(8), nanos);
  }

  /** A wait, in which others may act. */
  void mayBeOvertaken(SimLife life) {
    if (!world.calm() && world.random.nextInt(3) == 0) {
      overtaken(life, 1 + world.random.nextInt(3), world.settings.sound ? 0 : 20 * MILLIS);
    }
  }

  /** A handler that takes its time. */
  void slow(SimLife life) {
    overtaken(life, 1 + world.random.nextInt(6), world.random.nextLong(1_000 * MILLIS));
  }

  private void overtaken(SimLife life, int steps, long nanos) {
    if (depth < MAX_DEPTH) {
      depth++;
      try {
        for (int i = 0; i < steps; i++) {
          world.time.pass(nanos / steps);
          stepAny();
        }
      } finally {
        depth--;
      }
    } else {
      world.time.pass(nanos);
    }
    life.requireAlive();
  }

  // ---- steps ----------------------------------------------------------------------------------

  int add(SimActor actor) {
    actors.add(actor);
    return actors.size() - 1;
  }

  /** Lets an actor have a share of the steps. */
  void giveTurns(SimActor actor, int share) {
    for (int i = 0; i < share; i++) {
      turns.add(actor);
    }
  }

  List<SimActor> actors() {
    return actors;
  }

  /** The number of who acts now. */
  int current() {
    return current == null ? NOBODY : current.number;
  }

  void stepAny() {
    SimActor actor = turns.get(world.random.nextInt(turns.size()));
    if (!actor.busy || actor.mayNest()) {
      step(actor);
    }
  }

  void step(SimActor actor) {
    if (world.time.now() < actor.downUntil) {
      return;
    }
    world.requireGoesOn();
    world.tally.steps++;
    SimActor outer = current;
    boolean busy = actor.busy;
    enter(actor);
    try {
      if (actor.isUp()) {
        actor.step();
      } else {
        actor.begin();
      }
    } catch (SimDeath e) {
      // Its own, which is noted in its life; or the world's end, which the next step finds.
    } catch (RuntimeException | Error e) {
      throw world.violated(new SimViolation("no surprise", "thrown by " + actor.name, e));
    } finally {
      current = outer;
      leave(actor, busy);
    }
  }

  /** Makes somebody the one who acts. */
  void enter(SimActor actor) {
    current = actor;
    actor.busy = true;
  }

  /** Ends a step of somebody, and his life if he has crashed. */
  void leave(SimActor actor, boolean busy) {
    actor.busy = busy;
    if (actor.isUp() && actor.life().isDead()) {
      long most = 2 * world.settings.leaseNanos();
      actor.end(world.calm() ? 0 : world.random.nextLong(most));
    }
  }
}
