package io.rowpost.testkit;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** What all processes of a simulated world share, and the first guarantee that did not hold. */
final class SimWorld {
  final SplittableRandom random;
  final SimSettings settings;
  final SimParts parts;
  final SimTime time = new SimTime();
  final SimHistory history = new SimHistory();
  final SimTally tally = new SimTally();
  final SimFailures failures = new SimFailures();
  final SimLedger ledger = new SimLedger(this);
  final SimScheduler scheduler = new SimScheduler(this);
  final SimBroker broker;
  final SimDelivery delivery;
  final List<SimOutbox> outboxes = new ArrayList<>();
  final List<SimInbox> inboxes = new ArrayList<>();
  final List<SimGroup> groups = new ArrayList<>();

  /** Thrown at every port once a guarantee was violated: nothing goes on after that. */
  private final SimDeath end = new SimDeath();

  private @Nullable SimViolation violation;
  private boolean calm;

  SimWorld(long seed, SimParts parts) {
    this.random = new SplittableRandom(seed);
    this.settings = new SimSettings(random.split());
    this.parts = parts;
    this.broker = new SimBroker(this);
    this.delivery = new SimDelivery(this);
  }

  /** Whether faults have ended, so that everything must drain. */
  boolean calm() {
    return calm;
  }

  void calmDown() {
    calm = true;
    note(SimEvent.CALM, -1);
  }

  /** Whether something happens that so many of a thousand times does, while there are faults. */
  boolean chance(boolean enabled, int permille) {
    return enabled && !calm && random.nextInt(1000) < permille;
  }

  void note(SimEvent event, long detail) {
    history.add(time.now(), scheduler.current(), event, detail);
  }

  void fault(SimFault fault, long detail) {
    tally.count(fault);
    history.add(time.now(), scheduler.current(), fault, detail);
  }

  /** Notes that a guarantee did not hold; returns what to throw. */
  SimDeath violated(String guarantee, String what) {
    return violated(new SimViolation(guarantee, what, null));
  }

  SimDeath violated(SimViolation seen) {
    if (violation == null) {
      violation = seen;
    }
    return end;
  }

  @Nullable SimViolation violation() {
    return violation;
  }

  void requireGoesOn() {
    if (violation != null) {
      throw end;
    }
  }
}
