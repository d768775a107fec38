package io.rowpost.verification;

import io.rowpost.testservers.TcpProxy;
import io.rowpost.verification.Event.Kind;
import java.util.SplittableRandom;
import java.util.function.Consumer;

/**
 * F23: no byte, or none of one direction, passes between a process and a server, for two leases.
 */
final class Partition implements Fault {
  private enum Form {
    OWNER_AND_DATABASE(TcpProxy::blackHole),
    OWNER_HEARS_NO_DATABASE(TcpProxy::mute),
    DATABASE_HEARS_NO_OWNER(TcpProxy::deafen),
    CONSUMER_AND_DATABASE(TcpProxy::blackHole),
    NOBODY_HEARS_THE_BROKER(TcpProxy::mute),
    THE_BROKER_HEARS_NOBODY(TcpProxy::deafen);

    private final Consumer<TcpProxy> cut;

    Form(Consumer<TcpProxy> cut) {
      this.cut = cut;
    }
  }

  private int strikes;

  @Override
  public int number() {
    return 23;
  }

  @Override
  public String title() {
    return "partitions, one way and two ways";
  }

  @Override
  public int strikes() {
    return Form.values().length;
  }

  @Override
  public void strike(FaultScene scene, SplittableRandom random) throws Exception {
    Form form = Form.values()[strikes++ % strikes()];
    Setup setup = scene.setup();
    Mark mark = Mark.harmless(number()).repeats(setup.window());
    Member owner = scene.owner();
    TcpProxy proxy =
        switch (form) {
          case OWNER_AND_DATABASE, OWNER_HEARS_NO_DATABASE, DATABASE_HEARS_NO_OWNER ->
              owner.database();
          case CONSUMER_AND_DATABASE -> scene.consumers().get(0).database();
          case NOBODY_HEARS_THE_BROKER, THE_BROKER_HEARS_NOBODY -> scene.broker().proxy();
        };
    boolean others = proxy == owner.database();
    scene.begins(others ? mark.victim(owner).recovery(setup.takeOverBound(), Kind.SENT) : mark);
    form.cut.accept(proxy);
    FaultScene.letPass(setup.time(Setting.LEASE).multipliedBy(2));
    proxy.pass();
    scene.ended(mark.recovery(BrokerCrash.GOES_ON_WITHIN, Kind.SENT));
    scene.awaitFlow();
  }
}
