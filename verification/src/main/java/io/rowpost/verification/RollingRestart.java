package io.rowpost.verification;

import io.rowpost.verification.Mark.Shown;
import java.time.Duration;
import java.util.SplittableRandom;

/** F5: a relay is replaced in order, under load. */
final class RollingRestart implements Fault {
  private static final String CLOSED = "CLOSED";

  /** For the standby to read what is to be read, and the broker to take its first message. */
  private static final Duration FIRST_PUBLISH = Duration.ofMillis(500);

  @Override
  public int number() {
    return 5;
  }

  @Override
  public String title() {
    return "rolling restart of the relays";
  }

  @Override
  public int strikes() {
    return 5;
  }

  @Override
  public boolean endsProcesses() {
    return true;
  }

  @Override
  public void strike(FaultScene scene, SplittableRandom random) throws Exception {
    Mark mark = Mark.harmless(number());
    scene.startRelay();
    Member old = scene.owner();
    Duration bound = scene.setup().time(Setting.POLL).plus(FIRST_PUBLISH);
    scene.begins(mark);
    scene.dismiss(old);
    old.askToQuit();
    FaultScene.require(
        "the relay releases its lease",
        scene.setup().time(Setting.SEND_TIMEOUT),
        () -> old.child().state().equals(CLOSED));
    // From the release, which is before the process is over: the standby's turn is no longer than
    // a poll from here.
    scene.ended(mark.victim(old).recovery(bound, Shown.SENT));
    old.awaitEnd();
    scene.awaitFlow();
  }
}
