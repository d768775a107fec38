package io.rowpost.verification;

import io.rowpost.core.FaultPoint;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * F3: a consumer dies at each step of its inbox and around its acknowledgement.
 *
 * <p>Some steps are taken only with messages that a dead consumer has left.
 */
final class ConsumerKill extends StepKill {
  private static final int MOST_PASSAGES = 5;

  private static final Set<FaultPoint> OF_SUSPECTS =
      EnumSet.of(FaultPoint.INBOX_COUNT_BEGINS, FaultPoint.INBOX_COUNT_DONE);

  ConsumerKill() {
    this(pointsOf("INBOX_", "ACK_"));
  }

  ConsumerKill(List<FaultPoint> points) {
    super(3, "a consumer at each step", points);
  }

  @Override
  public void strike(FaultScene scene, SplittableRandom random) throws Exception {
    Mark mark = Mark.harmless(number());
    FaultPoint point = nextPoint();
    Member victim = scene.consumers().get(random.nextInt(scene.consumers().size()));
    scene.begins(mark);
    int consumers = scene.consumers().size();
    if (OF_SUSPECTS.contains(point)) {
      bequeath(scene, victim);
    }
    die(victim, point, 1 + random.nextInt(MOST_PASSAGES));
    scene.ended(mark.victim(victim));
    scene.dismiss(victim);
    victim.close();
    while (scene.consumers().size() < consumers) {
      scene.startConsumer();
    }
    scene.awaitFlow();
  }

  /** Kills the others at work, so that one takes over what they had in their hands. */
  private static void bequeath(FaultScene scene, Member heir) throws InterruptedException {
    for (Member other : scene.consumers()) {
      if (!other.equals(heir)) {
        scene.dismiss(other);
        other.kill();
      }
    }
  }
}
