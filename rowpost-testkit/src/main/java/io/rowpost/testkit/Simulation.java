package io.rowpost.testkit;

import io.rowpost.core.OutboxAdmin.Counts;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One run: a world drawn from a seed, some hundred steps of it with faults, then calm, in which all
 * that was committed has to arrive.
 */
final class Simulation {
  private static final long MILLIS = 1_000_000;
  private static final long SECONDS = 1_000 * MILLIS;

  /** Longer than the longest lease, retry and redelivery together. */
  private static final long DRAINED_WITHIN = 180 * SECONDS;

  private static final long SHORTEST_PAUSE = 20 * MILLIS;
  private static final long LONGEST_PAUSE = 10 * SECONDS;

  private final long seed;
  private final SimWorld world;
  private final List<SimProducer> producers = new ArrayList<>();
  private final SimEnvironment environment;
  private final SimOperator operator;

  Simulation(long seed) {
    this(seed, new SimParts());
  }

  Simulation(long seed, SimParts parts) {
    this.seed = seed;
    world = new SimWorld(seed, parts);
    SimSettings settings = world.settings;
    List<String> topics = settings.topics == 1 ? List.of("t0") : List.of("t0", "t1");
    SimOutbox first = outbox("outbox");
    SimInbox inbox = inbox();
    group("payments", inbox, topics);
    if (settings.secondGroup) {
      group("audit", inbox, topics);
    }
    SimOutbox next = null;
    if (settings.chain) {
      next = outbox("second outbox");
      group("shipping", inbox(), List.of(SimKey.NEXT_TOPIC));
      relays("second-relay", next);
    }
    producers(first, topics, relays("relay", first));
    for (SimGroup group : world.groups) {
      members(group, group.number == 0 ? next : null);
    }
    world.scheduler.giveTurns(world.delivery, 8);
    operator = new SimOperator(world, "operator-0");
    if (settings.operators) {
      world.scheduler.giveTurns(operator, 2);
      world.scheduler.giveTurns(new SimOperator(world, "operator-1"), 1);
    }
    environment = new SimEnvironment(world);
    world.scheduler.giveTurns(environment, 1);
  }

  private SimOutbox outbox(String name) {
    var outbox = new SimOutbox(world, name);
    world.outboxes.add(outbox);
    return outbox;
  }

  private SimInbox inbox() {
    var inbox = new SimInbox(world);
    world.inboxes.add(inbox);
    return inbox;
  }

  private void group(String consumer, SimInbox inbox, List<String> topics) {
    world.groups.add(new SimGroup(world, world.groups.size(), consumer, inbox, topics));
  }

  private List<SimRelay> relays(String name, SimOutbox outbox) {
    List<SimRelay> relays = new ArrayList<>();
    for (int i = 0; i < world.settings.relays; i++) {
      var relay = new SimRelay(world, name + "-" + i, outbox);
      relays.add(relay);
      world.scheduler.giveTurns(relay, 1 + 6 / world.settings.relays);
    }
    return relays;
  }

  private void producers(SimOutbox outbox, List<String> topics, List<SimRelay> relays) {
    List<SimKey> keys = new ArrayList<>();
    for (int i = 0; i < world.settings.keys; i++) {
      keys.add(new SimKey(topics.get(i % topics.size()), "k" + i));
    }
    for (int i = 0; i < world.settings.producers; i++) {
      SimRelay neighbour = relays.get(i % relays.size());
      var producer = new SimProducer(world, "producer-" + i, outbox, keys, topics, neighbour);
      producers.add(producer);
      world.scheduler.giveTurns(producer, 6 / world.settings.producers);
    }
  }

  private void members(SimGroup group, @Nullable SimOutbox next) {
    for (int topic = 0; topic < group.topics.size(); topic++) {
      for (int i = 0; i < world.settings.members; i++) {
        String name = group.consumer + "-" + group.topics.get(topic) + "-" + i;
        world.scheduler.giveTurns(new SimMember(world, name, group, topic, next), 1);
      }
    }
  }

  // ---- the run --------------------------------------------------------------------------------

  SimResult run() {
    SimScheduler.watchPoints();
    world.scheduler.run(
        () -> {
          try {
            storm();
            world.calmDown();
            drain();
            new SimAudit(world).check();
          } catch (SimDeath e) {
            // The world has ended; its violation tells why.
          } catch (RuntimeException | Error e) {
            var unused =
                world.violated(new SimViolation("no surprise", "thrown outside of a step", e));
          }
        });
    world.tally.messages = world.ledger.messages().size();
    return new SimResult(seed, world);
  }

  private void storm() {
    world.scheduler.actors().forEach(world.scheduler::step);
    for (int i = 0; i < world.settings.steps; i++) {
      world.time.pass(world.settings.betweenSteps(world.random));
      world.scheduler.stepAny();
    }
  }

  /** No faults any more: whatever is committed has to arrive in bounded time. */
  private void drain() {
    world.broker.away = false;
    long until = world.time.now() + DRAINED_WITHIN + environment.setBack;
    long pause = SHORTEST_PAUSE;
    do {
      if (world.time.now() > until) {
        throw new SimAudit(world).whyNotDrained();
      }
      int before = world.ledger.progress;
      round();
      pause = world.ledger.progress > before ? SHORTEST_PAUSE : Math.min(3 * pause, LONGEST_PAUSE);
      world.time.pass(pause);
    } while (!drained());
  }

  private void round() {
    world.scheduler.step(operator);
    for (SimActor actor : world.scheduler.actors()) {
      if (!actor.isUp()) {
        world.scheduler.step(actor);
      }
      if (actor != operator && actor != world.delivery) {
        world.scheduler.step(actor);
      }
    }
    while (world.delivery.deliver() > 0) {
      world.requireGoesOn();
    }
  }

  private boolean drained() {
    for (SimProducer producer : producers) {
      if (!producer.isIdle()) {
        return false;
      }
    }
    for (SimOutbox outbox : world.outboxes) {
      Counts counts = outbox.admin().counts();
      if (counts.pending() > 0 || counts.failed() > 0) {
        return false;
      }
    }
    return world.groups.stream().allMatch(SimGroup::allDone);
  }
}
