package io.rowpost.verification;

import io.rowpost.testservers.Await;
import io.rowpost.verification.Mark.Shown;
import java.time.Duration;
import java.util.SplittableRandom;

/**
 * F24: the wall clocks of processes jump, differ and drift, and are put right again.
 *
 * <p>No guarantee rests on them. Kafka's client does: when its clock jumps ahead, all that it waits
 * for is overdue at once, so what it has not heard of is handed over again; when it jumps back,
 * what it waits for is not overdue until the clock has come up to where it was.
 */
final class ClockShift implements Fault {
  private static final Duration JUMP = Duration.ofMinutes(10);
  private static final Duration SKEW = Duration.ofHours(1);

  /** Fast enough to be far off soon, in steps that are small beside a lease. */
  private static final int DRIFT_STEPS = 20;

  private static final Duration DRIFT_STEP = Duration.ofMillis(100);

  /** How exactly a clock must show what it is set to, for the fault to be there. */
  private static final Duration EXACT = Duration.ofSeconds(30);

  private enum Form {
    OWNER_JUMPS_AHEAD,
    OWNER_JUMPS_BACK,
    APPLICATION_AND_CONSUMER_DIFFER,
    STANDBY_DRIFTS
  }

  private int strikes;

  @Override
  public int number() {
    return 24;
  }

  @Override
  public String title() {
    return "wall clocks that jump, differ and drift";
  }

  @Override
  public int strikes() {
    return Form.values().length;
  }

  @Override
  public Setup adapt(Setup setup) {
    return setup.with(Setting.OWN_CLOCKS, "yes");
  }

  @Override
  public boolean endsProcesses() {
    return true;
  }

  @Override
  public void strike(FaultScene scene, SplittableRandom random) throws Exception {
    Form[] forms = Form.values();
    switch (forms[strikes++ % forms.length]) {
      case OWNER_JUMPS_AHEAD -> jumps(scene, JUMP);
      case OWNER_JUMPS_BACK -> jumps(scene, JUMP.negated());
      case APPLICATION_AND_CONSUMER_DIFFER -> differ(scene);
      case STANDBY_DRIFTS -> drifts(scene);
    }
  }

  private void jumps(FaultScene scene, Duration ahead) throws InterruptedException {
    Member owner = scene.owner();
    long token = scene.remains().leaseToken();
    shift(scene, owner, ahead);
    FaultScene.letPass(scene.setup().time(Setting.LEASE).multipliedBy(2));
    shift(scene, owner, Duration.ZERO);
    requireLease(scene, token);
  }

  private void differ(FaultScene scene) throws InterruptedException {
    Member consumer = scene.consumers().get(0);
    shift(scene, scene.application(), SKEW);
    shift(scene, consumer, SKEW.negated());
    FaultScene.letPass(scene.setup().time(Setting.SESSION_TIMEOUT).multipliedBy(2));
    scene.awaitFlow();
    shift(scene, consumer, Duration.ZERO);
    shift(scene, scene.application(), Duration.ZERO);
  }

  /** A standby far ahead, and faster, must not take the lease of an owner that is well. */
  private void drifts(FaultScene scene) throws InterruptedException {
    Setup setup = scene.setup();
    Member owner = scene.owner();
    Member standby = scene.standby();
    long token = scene.remains().leaseToken();
    shift(scene, standby, JUMP);
    for (int step = 1; step <= DRIFT_STEPS; step++) {
      scene.clock(standby).set(JUMP.plus(DRIFT_STEP.multipliedBy(step)));
      FaultScene.letPass(setup.time(Setting.LEASE).multipliedBy(2).dividedBy(DRIFT_STEPS));
    }
    requireLease(scene, token);
    owner.child().kill();
    scene.ended(
        Mark.harmless(number())
            .victim(owner)
            .repeats(setup.window())
            .recovery(setup.takeOverBound(), Shown.SENT));
    scene.dismiss(owner);
    owner.close();
    scene.startRelay();
    scene.awaitFlow();
    shift(scene, standby, Duration.ZERO);
  }

  /** Returns when the process goes by the new time, and things go on. */
  private void shift(FaultScene scene, Member member, Duration ahead) throws InterruptedException {
    Setup setup = scene.setup();
    Mark mark = Mark.harmless(number()).repeats(setup.window());
    scene.begins(mark);
    scene.clock(member).set(ahead);
    if (!Await.until(FaultScene.PATIENCE, () -> shows(member.child(), ahead))) {
      throw new IllegalStateException("process " + member.process() + " keeps its time");
    }
    Duration bound = Mark.GOES_ON_WITHIN.plus(setup.time(Setting.SEND_TIMEOUT));
    // Relays go on sending whatever becomes of a consumer.
    scene.ended(
        scene.consumers().contains(member)
            ? mark.victim(member).recovery(bound, Shown.NEW_HANDLED)
            : mark.recovery(bound, Shown.NEW_SENT));
    scene.awaitFlow();
  }

  private static boolean shows(Child child, Duration ahead) {
    child.say("clock");
    try {
      String line = child.await(text -> text.startsWith("CLOCK "), FaultScene.PATIENCE);
      long found = Long.parseLong(line.substring("CLOCK ".length())) - System.currentTimeMillis();
      Duration error = Duration.ofMillis(found).minus(ahead);
      return error.abs().compareTo(EXACT) < 0;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private static void requireLease(FaultScene scene, long token) {
    if (scene.remains().leaseToken() != token) {
      throw new IllegalStateException("a clock has cost an owner its lease");
    }
  }
}
