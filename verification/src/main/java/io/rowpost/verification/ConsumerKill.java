package io.rowpost.verification;

import io.rowpost.core.FaultPoint;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/** F3: a consumer dies at each step of its inbox and around its acknowledgement. */
final class ConsumerKill implements Fault {
  private static final List<FaultPoint> POINTS =
      Arrays.stream(FaultPoint.values())
          .filter(point -> point.name().startsWith("INBOX_") || point.name().startsWith("ACK_"))
          .toList();

  private static final int MOST_PASSAGES = 5;

  private final List<FaultPoint> points;
  private int strikes;

  ConsumerKill() {
    this(POINTS);
  }

  ConsumerKill(List<FaultPoint> points) {
    this.points = points;
  }

  @Override
  public int number() {
    return 3;
  }

  @Override
  public String title() {
    return "kill -9 of a consumer at each step";
  }

  @Override
  public int strikes() {
    return points.size();
  }

  @Override
  public void strike(FaultScene scene, SplittableRandom random) throws Exception {
    FaultPoint point = points.get(strikes++ % points.size());
    Mark mark = Mark.harmless(number());
    Member victim = scene.consumers().get(random.nextInt(scene.consumers().size()));
    scene.begins(mark);
    victim.child().say("halt %s %d".formatted(point, 1 + random.nextInt(MOST_PASSAGES)));
    victim.child().awaitEnd(FaultScene.PATIENCE);
    scene.ended(mark.victim(victim));
    scene.dismiss(victim);
    victim.close();
    scene.startConsumer();
    scene.awaitFlow();
  }
}
