package io.rowpost.verification;

import io.rowpost.testservers.TcpProxy;
import io.rowpost.verification.Mark.Shown;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;

/**
 * F23: no byte, or none of one direction, passes between a process and a server, for two leases.
 */
final class Partition implements Fault {
  private enum Line {
    OWNER_TO_DATABASE,
    CONSUMER_TO_DATABASE,
    ALL_TO_BROKER
  }

  private record Form(Line line, Consumer<TcpProxy> cut) {}

  private static final List<Form> FORMS =
      List.of(
          new Form(Line.OWNER_TO_DATABASE, TcpProxy::blackHole),
          new Form(Line.OWNER_TO_DATABASE, TcpProxy::mute),
          new Form(Line.OWNER_TO_DATABASE, TcpProxy::deafen),
          new Form(Line.CONSUMER_TO_DATABASE, TcpProxy::blackHole),
          new Form(Line.ALL_TO_BROKER, TcpProxy::mute),
          new Form(Line.ALL_TO_BROKER, TcpProxy::deafen));

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
    return FORMS.size();
  }

  @Override
  public void strike(FaultScene scene, SplittableRandom random) throws Exception {
    Form form = FORMS.get(strikes++ % FORMS.size());
    Setup setup = scene.setup();
    Mark mark = Mark.harmless(number()).repeats(setup.window());
    Member owner = scene.owner();
    Member consumer = scene.consumers().get(0);
    TcpProxy proxy =
        switch (form.line) {
          case OWNER_TO_DATABASE -> owner.database();
          case CONSUMER_TO_DATABASE -> consumer.database();
          case ALL_TO_BROKER -> scene.broker().proxy();
        };
    boolean takenOver = form.line == Line.OWNER_TO_DATABASE;
    scene.begins(takenOver ? mark.victim(owner).recovery(setup.takeOverBound(), Shown.SENT) : mark);
    form.cut.accept(proxy);
    FaultScene.letPass(setup.time(Setting.LEASE).multipliedBy(2));
    proxy.pass();
    scene.ended(
        form.line == Line.CONSUMER_TO_DATABASE
            ? mark.victim(consumer).recovery(Mark.GOES_ON_WITHIN, Shown.HANDLED)
            : mark.recovery(Mark.GOES_ON_WITHIN, Shown.NEW_SENT));
    scene.awaitFlow();
  }
}
