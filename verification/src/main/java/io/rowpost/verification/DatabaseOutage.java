package io.rowpost.verification;

import io.rowpost.verification.Mark.Shown;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * F11: the database server is away for minutes. Relays try again with growing pauses, keep their
 * logs readable and their memory flat, and go on soon after it is back.
 *
 * <p>The owner has just fetched when it goes, so that there is something to send when it is back.
 */
final class DatabaseOutage implements Fault {
  private static final Duration WARNS_ONCE_IN = Duration.ofSeconds(30);

  /** Half a second, the cap of a relay's pauses at its store, and a fifth of it, their jitter. */
  private static final Duration LONGEST_BACKOFF = Duration.ofMillis(600);

  private static final double HEAP_MAY_GROW_MEGABYTES = 1;

  private final Duration length = Extent.of(Duration.ofMinutes(5), Duration.ofSeconds(20));

  @Override
  public int number() {
    return 11;
  }

  @Override
  public String title() {
    return "the database server away for minutes";
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
  public boolean measures() {
    return true;
  }

  @Override
  public void strike(FaultScene scene, SplittableRandom random) throws Exception {
    Mark mark = Mark.harmless(number()).repeats(scene.setup().window());
    List<Member> relays = scene.relays();
    var warned = new ArrayList<Long>();
    for (Member relay : relays) {
      warned.add(relay.child().warnings());
    }
    Member owner = scene.owner();
    owner.child().say("hold RELAY_FETCH_DONE 1");
    owner.child().await("AT RELAY_FETCH_DONE"::equals, FaultScene.PATIENCE);
    scene.begins(mark);
    scene.ownServer().stopImmediate();
    owner.child().say("go");
    // What failing takes once is in memory by then.
    FaultScene.letPass(length.dividedBy(4));
    var heaps = new ArrayList<Double>();
    for (Member relay : relays) {
      heaps.add(relay.child().heapMegabytes());
    }
    FaultScene.letPass(length.dividedBy(4).multipliedBy(3));
    for (int i = 0; i < relays.size(); i++) {
      Child relay = relays.get(i).child();
      double growth = relay.heapMegabytes() - heaps.get(i);
      measured(scene, Figure.HEAP_GROWTH, growth, HEAP_MAY_GROW_MEGABYTES);
      double warnings = relay.warnings() - warned.get(i);
      double most = (double) (1 + length.dividedBy(WARNS_ONCE_IN));
      measured(scene, Figure.WARNINGS, warnings, most);
    }
    scene.ownServer().restart();
    scene.ended(mark.recovery(LONGEST_BACKOFF.plusSeconds(2), Shown.SENT));
    scene.awaitFlow();
  }

  private void measured(FaultScene scene, Figure figure, double value, double limit) {
    scene.measured(new Measured(number(), figure, value, limit));
  }
}
