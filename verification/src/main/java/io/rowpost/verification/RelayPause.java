package io.rowpost.verification;

import io.rowpost.verification.Mark.Shown;
import java.util.SplittableRandom;

/**
 * F6: a relay stands still for three leases, and goes on as if nothing had happened.
 *
 * <p>Every other time it is caught between its fetch and its first hand-over. What it then knows
 * was published by its successor long ago, and it may not send any of it.
 */
final class RelayPause implements Fault {
  private int strikes;

  @Override
  public int number() {
    return 6;
  }

  @Override
  public String title() {
    return "SIGSTOP of a relay for three leases, then SIGCONT";
  }

  @Override
  public int strikes() {
    return 2;
  }

  @Override
  public void strike(FaultScene scene, SplittableRandom random) throws Exception {
    boolean afterFetch = strikes++ % 2 == 0;
    Setup setup = scene.setup();
    Member owner = scene.owner();
    if (afterFetch) {
      owner.child().say("hold RELAY_FETCH_DONE 1");
      owner.child().await("AT RELAY_FETCH_DONE"::equals, FaultScene.PATIENCE);
    }
    Mark mark = Mark.harmless(number()).victim(owner);
    owner.child().stop();
    scene.begins(mark.repeats(setup.window()).recovery(setup.takeOverBound(), Shown.SENT));
    FaultScene.letPass(setup.time(Setting.LEASE).multipliedBy(3));
    // What the broker's client was given before may still go out.
    scene.ended(mark.repeats(afterFetch ? 0 : setup.number(Setting.MAX_IN_FLIGHT)));
    owner.child().resume();
    if (afterFetch) {
      owner.child().say("go");
    }
    scene.awaitFlow();
  }
}
