package io.rowpost.verification;

import io.rowpost.testservers.Await;
import io.rowpost.testservers.TcpProxy;
import java.time.Duration;
import java.util.SplittableRandom;

/**
 * F12: a COMMIT arrives, and its answer does not. The application, which cannot tell, tries again
 * by {@code appendIfAbsent} if that is how it appended, and else lets it be.
 */
final class SwallowedCommit implements Fault {
  /** As long as nothing more must come until the server has answered all it was asked. */
  private static final Duration SILENCE = Duration.ofMillis(300);

  @Override
  public int number() {
    return 12;
  }

  @Override
  public String title() {
    return "a COMMIT whose answer is lost";
  }

  @Override
  public int strikes() {
    return 5;
  }

  @Override
  public Setup adapt(Setup setup) {
    return setup.with(Setting.RETRY_UNKNOWN, "yes");
  }

  @Override
  public void strike(FaultScene scene, SplittableRandom random) throws Exception {
    Mark mark = Mark.harmless(number());
    Member application = scene.application();
    scene.begins(mark);
    swallow(application);
    application.database().reset();
    application.database().pass();
    scene.ended(mark);
    scene.awaitFlow();
  }

  /** Lets a COMMIT go to the server, and returns when that has answered and nobody heard it. */
  static void swallow(Member application) throws InterruptedException {
    application.child().say("hold COMMIT_BEGINS 1");
    application.child().await("AT COMMIT_BEGINS"::equals, FaultScene.PATIENCE);
    TcpProxy proxy = application.database();
    long[] swallowed = {proxy.swallowedBytes()};
    proxy.swallowReplies();
    application.child().say("go");
    Duration limit = FaultScene.PATIENCE;
    while (Await.until(limit, () -> proxy.swallowedBytes() > swallowed[0])) {
      swallowed[0] = proxy.swallowedBytes();
      limit = SILENCE;
    }
  }
}
