package io.rowpost.verification;

import io.rowpost.core.FaultPoint;
import java.util.List;
import java.util.SplittableRandom;

/** F2: the application dies around an append and its commit, or in the commit. */
final class ApplicationKill implements Fault {
  private static final List<FaultPoint> POINTS =
      List.of(
          FaultPoint.APPEND_BEGINS,
          FaultPoint.APPEND_DONE,
          FaultPoint.COMMIT_BEGINS,
          FaultPoint.COMMIT_DONE);

  private int strikes;

  @Override
  public int number() {
    return 2;
  }

  @Override
  public String title() {
    return "kill -9 of the application around and in its COMMIT";
  }

  @Override
  public int strikes() {
    return POINTS.size() + 1;
  }

  @Override
  public void strike(FaultScene scene, SplittableRandom random) throws Exception {
    int form = strikes++ % strikes();
    Mark mark = Mark.harmless(number());
    Member application = scene.application();
    scene.begins(mark);
    if (form < POINTS.size()) {
      application.child().say("halt %s %d".formatted(POINTS.get(form), 1 + random.nextInt(5)));
      application.child().awaitEnd(FaultScene.PATIENCE);
    } else {
      SwallowedCommit.swallow(application);
    }
    application.kill();
    scene.ended(mark.victim(application));
    scene.restartApplication();
    scene.awaitFlow();
  }
}
