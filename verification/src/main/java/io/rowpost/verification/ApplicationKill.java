package io.rowpost.verification;

import java.util.SplittableRandom;

/** F2: the application dies around an append and its commit, or in the commit. */
final class ApplicationKill extends StepKill {
  private static final int MOST_PASSAGES = 5;

  private int dead;

  ApplicationKill() {
    super(2, "the application around and in its COMMIT", pointsOf("APPEND_", "COMMIT_"));
  }

  /** One more than its steps: in the COMMIT there is none. */
  @Override
  public int strikes() {
    return super.strikes() + 1;
  }

  @Override
  public void strike(FaultScene scene, SplittableRandom random) throws Exception {
    Mark mark = Mark.harmless(number());
    Member application = scene.application();
    scene.begins(mark);
    if (++dead % strikes() == 0) {
      SwallowedCommit.swallow(application);
    } else {
      die(application, nextPoint(), 1 + random.nextInt(MOST_PASSAGES));
    }
    application.kill();
    scene.ended(mark.victim(application));
    scene.restartApplication();
    scene.awaitFlow();
  }
}
