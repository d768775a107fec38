package io.rowpost.verification;

import io.rowpost.verification.Event.Kind;
import java.time.Duration;
import java.util.SplittableRandom;

/** F36: a million sent rows are purged while the application appends, which may hardly feel it. */
class LargePurge implements Fault {
  private static final double MOST_TIMES = 2;
  private static final int KEYS = 1_000;
  private static final Duration CALM = Duration.ofSeconds(10);

  private final int rows = Extent.of(1_000_000, 200_000);

  @Override
  public int number() {
    return 36;
  }

  @Override
  public String title() {
    return "a purge of very many sent rows under load";
  }

  @Override
  public int strikes() {
    return 1;
  }

  @Override
  public boolean measures() {
    return true;
  }

  @Override
  public Setup adapt(Setup setup) {
    return setup
        .patient()
        .with(Setting.HOPS, 1)
        .with(Setting.CONSUMERS, 0)
        .with(Setting.THREADS, 4)
        .with(Setting.RATE, 400)
        .with(Setting.MAX_IN_FLIGHT, 1_000)
        .with(Setting.KEEP_SENT, "yes");
  }

  @Override
  public void strike(FaultScene scene, SplittableRandom random) throws Exception {
    long before = scene.published();
    scene.appendInBulk(rows, KEYS);
    scene.awaitPublished(before + rows);
    scene.awaitFlow();
    Span calm = Span.of(CALM);
    Mark mark = Mark.harmless(number());
    scene.begins(mark);
    long begins = System.nanoTime();
    long purged = purge(scene);
    Span strike = new Span(begins, System.nanoTime());
    scene.remains().purged(purged);
    scene.ended(mark);
    scene.awaitFlow();
    scene.measured(new Measured(number(), Figure.PURGED, purged, rows));
    scene.measured(
        new Measured(
            number(),
            Figure.APPENDED_WITHIN,
            p99Millis(scene, strike),
            MOST_TIMES * p99Millis(scene, calm)));
  }

  /** Returns how many rows are gone. */
  long purge(FaultScene scene) throws Exception {
    return scene.operator().purge(Duration.ZERO);
  }

  private static double p99Millis(FaultScene scene, Span span) {
    return Delays.of(scene.history(), Kind.INVOKE, Kind.OK, span).p99Millis();
  }
}
