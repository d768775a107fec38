package io.rowpost.verification;

import io.rowpost.testservers.TcpProxy;
import io.rowpost.verification.Mark.Shown;
import java.time.Duration;
import java.util.SplittableRandom;

/**
 * F21: the broker accepts connections and does not answer, for longer than any send may take; every
 * other time it answers, but each time later than that.
 */
final class SilentBroker implements Fault {
  private int strikes;

  @Override
  public int number() {
    return 21;
  }

  @Override
  public String title() {
    return "a broker that accepts and does not answer, or too late";
  }

  @Override
  public int strikes() {
    return 2;
  }

  @Override
  public void strike(FaultScene scene, SplittableRandom random) throws Exception {
    Mark mark = Mark.harmless(number()).repeats(scene.setup().window());
    TcpProxy proxy = scene.broker().proxy();
    Duration sendTimeout = scene.setup().time(Setting.SEND_TIMEOUT);
    scene.begins(mark);
    if (strikes++ % 2 == 0) {
      proxy.blackHole();
    } else {
      proxy.delay(sendTimeout);
    }
    FaultScene.letPass(sendTimeout.multipliedBy(4));
    proxy.delay(Duration.ZERO);
    proxy.pass();
    // What was handed over last may still use up its time.
    scene.ended(mark.recovery(Mark.GOES_ON_WITHIN.plus(sendTimeout), Shown.NEW_SENT));
    scene.awaitFlow();
  }
}
