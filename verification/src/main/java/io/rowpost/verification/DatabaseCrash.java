package io.rowpost.verification;

import io.rowpost.verification.Mark.Shown;
import java.util.SplittableRandom;

/** F10: the database server stops at once, without a checkpoint, and is started again. */
final class DatabaseCrash implements Fault {
  @Override
  public int number() {
    return 10;
  }

  @Override
  public String title() {
    return "immediate stop and restart of the database server";
  }

  @Override
  public int strikes() {
    return 3;
  }

  @Override
  public boolean stopsServer() {
    return true;
  }

  @Override
  public void strike(FaultScene scene, SplittableRandom random) throws Exception {
    Mark mark = Mark.harmless(number()).repeats(scene.setup().window());
    scene.begins(mark);
    scene.ownServer().stopImmediate();
    scene.ownServer().restart();
    scene.ended(mark.recovery(Mark.GOES_ON_WITHIN, Shown.SENT));
    scene.awaitFlow();
  }
}
