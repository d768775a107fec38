package io.rowpost.verification;

import io.rowpost.testservers.Await;
import java.util.SplittableRandom;

/**
 * F7: a consumer stands still until its partitions have gone to another, and goes on.
 *
 * <p>Every other time it is caught with a transaction open, its handler done and nothing committed.
 */
final class ConsumerPause implements Fault {
  private int strikes;

  @Override
  public int number() {
    return 7;
  }

  @Override
  public String title() {
    return "SIGSTOP of a consumer past its session, then SIGCONT";
  }

  @Override
  public int strikes() {
    return 2;
  }

  @Override
  public void strike(FaultScene scene, SplittableRandom random) throws Exception {
    boolean inTransaction = strikes++ % 2 == 0;
    Mark mark = Mark.harmless(number());
    Member victim = scene.consumers().get(random.nextInt(scene.consumers().size()));
    if (inTransaction) {
      victim.child().say("hold INBOX_HANDLER_DONE 1");
      victim.child().await("AT INBOX_HANDLER_DONE"::equals, FaultScene.PATIENCE);
    }
    scene.begins(mark.victim(victim));
    victim.child().stop();
    awaitTakeover(scene);
    // What comes again is in the others' hands by then.
    FaultScene.letPass(scene.setup().time(Setting.SESSION_TIMEOUT));
    victim.child().resume();
    if (inTransaction) {
      victim.child().say("go");
    }
    scene.ended(mark.victim(victim));
    scene.awaitFlow();
  }

  private static void awaitTakeover(FaultScene scene) {
    Groups groups = new Groups(scene);
    int others = scene.consumers().size() - 1;
    if (!Await.until(FaultScene.PATIENCE, () -> groups.consistOf(others))) {
      throw new IllegalStateException("the partitions have not gone to another consumer");
    }
  }
}
