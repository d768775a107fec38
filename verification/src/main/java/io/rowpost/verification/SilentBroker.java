package io.rowpost.verification;

import io.rowpost.testservers.TcpProxy;
import io.rowpost.verification.Event.Kind;
import java.util.SplittableRandom;

/** F21: the broker accepts connections and never answers, for longer than any send may take. */
final class SilentBroker implements Fault {
  @Override
  public int number() {
    return 21;
  }

  @Override
  public String title() {
    return "a broker that accepts and does not answer";
  }

  @Override
  public int strikes() {
    return 2;
  }

  @Override
  public void strike(FaultScene scene, SplittableRandom random) throws Exception {
    Mark mark = Mark.harmless(number()).repeats(scene.setup().window());
    TcpProxy proxy = scene.broker().proxy();
    scene.begins(mark);
    proxy.blackHole();
    FaultScene.letPass(scene.setup().time(Setting.SEND_TIMEOUT).multipliedBy(3));
    proxy.pass();
    scene.ended(mark.recovery(BrokerCrash.GOES_ON_WITHIN, Kind.SENT));
    scene.awaitFlow();
  }
}
