package io.rowpost.verification;

import io.rowpost.core.FaultPoint;
import io.rowpost.verification.Mark.Shown;
import java.util.List;
import java.util.SplittableRandom;

/** F1: a relay dies at each of its steps in turn. */
final class RelayKill extends StepKill {
  static final List<FaultPoint> POINTS = pointsOf("RELAY_");

  /** Steps in so many passages are as likely to be the fatal one. */
  private static final int MOST_PASSAGES = 10;

  RelayKill() {
    this(POINTS);
  }

  RelayKill(List<FaultPoint> points) {
    super(1, "a relay at each step", points);
  }

  @Override
  public void strike(FaultScene scene, SplittableRandom random) throws Exception {
    FaultPoint point = nextPoint();
    Mark mark = Mark.harmless(number());
    scene.begins(mark);
    Member victim =
        switch (point) {
          case RELAY_LEASED -> dieAsSuccessor(scene);
          case RELAY_RELEASE_BEGINS -> dieInClose(scene);
          case RELAY_CONFIRMED -> dieUnsettled(scene);
          default -> dieAtWork(scene, point, 1 + random.nextInt(MOST_PASSAGES));
        };
    scene.ended(
        mark.victim(victim)
            .repeats(scene.setup().window())
            .recovery(scene.setup().takeOverBound(), Shown.SENT));
    scene.dismiss(victim);
    victim.close();
    scene.startRelay();
    scene.awaitFlow();
  }

  private static Member dieAtWork(FaultScene scene, FaultPoint point, int passage)
      throws InterruptedException {
    Member owner = scene.owner();
    die(owner, point, passage);
    return owner;
  }

  /** It has just got the lease from one that closed. */
  private static Member dieAsSuccessor(FaultScene scene) throws InterruptedException {
    Member owner = scene.owner();
    Member successor = scene.standby();
    successor.child().tell("halt RELAY_LEASED 1");
    scene.dismiss(owner);
    owner.quit();
    successor.child().awaitEnd(FaultScene.PATIENCE);
    scene.startRelay();
    return successor;
  }

  private static Member dieInClose(FaultScene scene) throws InterruptedException {
    Member owner = scene.owner();
    owner.child().tell("halt RELAY_RELEASE_BEGINS 1");
    owner.child().say("quit");
    owner.child().awaitEnd(FaultScene.PATIENCE);
    return owner;
  }

  /** Held where the broker has a record and nobody has noted it, so that it must come again. */
  private static Member dieUnsettled(FaultScene scene) throws InterruptedException {
    Member owner = scene.owner();
    owner.child().say("hold RELAY_CONFIRMED 1");
    owner.child().await("AT RELAY_CONFIRMED"::equals, FaultScene.PATIENCE);
    owner.child().kill();
    return owner;
  }
}
