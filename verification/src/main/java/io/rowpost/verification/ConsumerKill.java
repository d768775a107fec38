package io.rowpost.verification;

import io.rowpost.core.FaultPoint;
import java.util.List;
import java.util.SplittableRandom;

/** F3: a consumer dies at each step of its inbox and around its acknowledgement. */
final class ConsumerKill extends StepKill {
  private static final int MOST_PASSAGES = 5;

  ConsumerKill() {
    this(pointsOf("INBOX_", "ACK_"));
  }

  ConsumerKill(List<FaultPoint> points) {
    super(3, "a consumer at each step", points);
  }

  @Override
  public void strike(FaultScene scene, SplittableRandom random) throws Exception {
    Mark mark = Mark.harmless(number());
    Member victim = scene.consumers().get(random.nextInt(scene.consumers().size()));
    scene.begins(mark);
    die(victim, nextPoint(), 1 + random.nextInt(MOST_PASSAGES));
    scene.ended(mark.victim(victim));
    scene.dismiss(victim);
    victim.close();
    scene.startConsumer();
    scene.awaitFlow();
  }
}
