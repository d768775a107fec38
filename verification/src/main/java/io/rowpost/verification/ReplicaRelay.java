package io.rowpost.verification;

import io.rowpost.testservers.OwnDatabaseServer;
import io.rowpost.verification.Mark.Shown;
import java.time.Duration;
import java.util.SplittableRandom;

/** F14: a relay is pointed at a standby of its database, and refuses to begin. */
final class ReplicaRelay implements Fault {
  /** The start of its process is in it. */
  private static final Duration REFUSES_WITHIN = Duration.ofSeconds(10);

  private static final String CODE = "ROWPOST-205";

  @Override
  public int number() {
    return 14;
  }

  @Override
  public String title() {
    return "a relay pointed at a replica";
  }

  @Override
  public int strikes() {
    return 1;
  }

  @Override
  public boolean stopsServer() {
    return true;
  }

  @Override
  public boolean worksOn(Storage storage) {
    return storage.isPostgres();
  }

  @Override
  public void strike(FaultScene scene, SplittableRandom random) throws Exception {
    Mark mark = Mark.harmless(number());
    Mark restart = mark.repeats(scene.setup().window());
    // To be copied, the primary is stopped.
    scene.begins(restart);
    try (OwnDatabaseServer standby = scene.ownServer().startStandby()) {
      scene.ended(restart.recovery(Mark.GOES_ON_WITHIN, Shown.SENT));
      scene.awaitFlow();
      scene.begins(mark);
      long token = scene.remains().leaseToken();
      try (Member astray = scene.launchRelay(standby.address())) {
        refuses(astray.child());
      }
      if (scene.remains().leaseToken() != token) {
        throw new IllegalStateException("the lease has changed hands");
      }
      scene.ended(mark.recovery(Mark.GOES_ON_WITHIN, Shown.SENT));
      scene.awaitFlow();
    }
  }

  private static void refuses(Child relay) throws InterruptedException {
    String answer =
        relay.await(
            line -> line.startsWith(RelayChild.REFUSED) || line.equals("STARTED"), REFUSES_WITHIN);
    if (!answer.startsWith(RelayChild.REFUSED + CODE)) {
      throw new IllegalStateException("at a replica a relay says " + answer);
    }
    relay.awaitEnd(REFUSES_WITHIN);
  }
}
