package io.rowpost.verification;

import io.rowpost.verification.Event.Kind;
import java.time.Duration;
import java.util.SplittableRandom;

/**
 * A transaction stays open for long, and nobody else may feel it: of the messages that commit
 * meanwhile, 99 in 100 are at the broker hardly later than in the calm before.
 */
abstract class HeldTransaction implements Fault {
  /** For processes that have just been started to become as fast as they will be. */
  private static final Duration WARM_UP = Duration.ofSeconds(5);

  private final Duration length;

  /**
   * One of a length.
   *
   * @param length of the calm, and of the fault behind it
   */
  HeldTransaction(Duration length) {
    this.length = length;
  }

  /** Opens it; what is returned ends it. */
  abstract AutoCloseable open(FaultScene scene) throws Exception;

  /** How many times as long as in the calm a message may take, beside a poll. */
  abstract double mostTimes(FaultScene scene);

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
    return setup.patient();
  }

  @Override
  public void strike(FaultScene scene, SplittableRandom random) throws Exception {
    FaultScene.letPass(WARM_UP);
    Span calm = Span.of(length);
    Mark mark = Mark.harmless(number());
    scene.begins(mark);
    Span held;
    AutoCloseable transaction = open(scene);
    try {
      held = Span.of(length);
    } finally {
      transaction.close();
    }
    scene.ended(mark);
    scene.awaitFlow();
    double limit =
        mostTimes(scene) * p99Millis(scene, calm) + scene.setup().time(Setting.POLL).toMillis();
    scene.measured(new Measured(number(), Figure.SENT_WITHIN, p99Millis(scene, held), limit));
  }

  private static double p99Millis(FaultScene scene, Span span) {
    return Delays.of(scene.history(), Kind.OK, Kind.SENT, span).p99Millis();
  }
}
