package io.rowpost.verification;

import io.rowpost.core.FaultPoint;
import io.rowpost.verification.Event.Kind;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/** F1: a relay dies at each of its steps in turn. */
final class RelayKill implements Fault {
  static final List<FaultPoint> POINTS =
      Arrays.stream(FaultPoint.values())
          .filter(point -> point.name().startsWith("RELAY_"))
          .toList();

  /** Steps in so many passages are as likely to be the fatal one. */
  private static final int MOST_PASSAGES = 10;

  private final List<FaultPoint> points;
  private int strikes;

  RelayKill() {
    this(POINTS);
  }

  RelayKill(List<FaultPoint> points) {
    this.points = points;
  }

  @Override
  public int number() {
    return 1;
  }

  @Override
  public String title() {
    return "kill -9 of a relay at each step";
  }

  @Override
  public int strikes() {
    return points.size();
  }

  @Override
  public void strike(FaultScene scene, SplittableRandom random) throws Exception {
    FaultPoint point = points.get(strikes++ % points.size());
    Mark mark = Mark.harmless(number());
    scene.begins(mark);
    Member victim =
        switch (point) {
          case RELAY_LEASED -> dieAsSuccessor(scene);
          case RELAY_RELEASE_BEGINS -> dieInClose(scene);
          case RELAY_CONFIRMED -> dieUnsettled(scene);
          default -> die(scene.owner(), point, 1 + random.nextInt(MOST_PASSAGES));
        };
    scene.ended(
        mark.victim(victim)
            .repeats(scene.setup().window())
            .recovery(scene.setup().takeOverBound(), Kind.SENT));
    scene.dismiss(victim);
    victim.close();
    scene.startRelay();
    scene.awaitFlow();
  }

  private static Member die(Member relay, FaultPoint point, int passage)
      throws InterruptedException {
    relay.child().say("halt %s %d".formatted(point, passage));
    relay.child().awaitEnd(FaultScene.PATIENCE);
    return relay;
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
