package io.rowpost.verification;

import io.rowpost.verification.Event.Kind;
import java.time.Duration;
import java.util.SplittableRandom;

/** F5: a relay is replaced in order, under load. */
final class RollingRestart implements Fault {
  /** For the standby to read what is to be read, and the broker to take it. */
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
    scene.begins(mark);
    scene.dismiss(old);
    old.quit();
    Duration bound = scene.setup().time(Setting.POLL).plus(FIRST_PUBLISH);
    scene.ended(mark.victim(old).recovery(bound, Kind.SENT));
    scene.awaitFlow();
  }
}
