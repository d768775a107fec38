package io.rowpost.verification;

import io.rowpost.verification.Mark.Shown;
import java.time.Duration;
import java.util.SplittableRandom;

/** F5: a relay is replaced in order, under load. */
final class RollingRestart implements Fault {
  /**
   * For the owner to be told about what it has handed over, then for the standby to read what is to
   * be read, and the broker to take it.
   */
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
    // From here: the take-over is over before the process is.
    scene.begins(mark.victim(old).recovery(bound, Shown.SENT));
    scene.dismiss(old);
    old.quit();
    scene.ended(mark);
    scene.awaitFlow();
  }
}
