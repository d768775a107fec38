package io.rowpost.verification;

import io.rowpost.verification.Mark.Shown;
import java.util.SplittableRandom;

/** F20: the broker is killed, and started again. */
final class BrokerCrash implements Fault {
  @Override
  public int number() {
    return 20;
  }

  @Override
  public String title() {
    return "kill -9 and restart of the broker";
  }

  @Override
  public int strikes() {
    return 2;
  }

  @Override
  public void strike(FaultScene scene, SplittableRandom random) throws Exception {
    Mark mark = Mark.harmless(number()).repeats(scene.setup().window());
    scene.begins(mark);
    scene.broker().kill();
    scene.broker().restart();
    scene.ended(mark.recovery(Mark.GOES_ON_WITHIN, Shown.SENT));
    scene.awaitFlow();
  }
}
