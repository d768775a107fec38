package io.rowpost.verification;

import io.rowpost.core.OutboxAdmin;
import java.time.Duration;
import java.util.SplittableRandom;

/**
 * F33: a backlog of a million records waits for a relay with a heap of 64 MB, under many keys, or
 * under one. It leaves about as fast as small ones do, and the heap does not grow.
 *
 * <p>The mean of small backlogs before and after, since a machine may change its pace meanwhile.
 */
final class LargeBacklog implements Fault {
  private static final double LEAST_OF_STEADY = 0.8;
  private static final double HEAP_MAY_GROW_MEGABYTES = 8;
  private static final String RELAY = "default";
  private static final OutboxAdmin.Act ACT = new OutboxAdmin.Act("fault suite", "a backlog");

  /** As long as a million records of one key may take, one answer of the broker after another. */
  private static final Duration PATIENCE = Duration.ofHours(1);

  private enum Form {
    MANY_KEYS(100_000, Extent.of(1_000_000, 100_000), 20_000),
    ONE_KEY(1, Extent.of(1_000_000, 10_000), 2_000);

    private final int keys;
    private final int large;
    private final int small;

    Form(int keys, int large, int small) {
      this.keys = keys;
      this.large = large;
      this.small = small;
    }
  }

  private int strikes;

  @Override
  public int number() {
    return 33;
  }

  @Override
  public String title() {
    return "a backlog of a million records, of many keys or of one";
  }

  @Override
  public int strikes() {
    return Form.values().length;
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
        .with(Setting.MAX_IN_FLIGHT, 1_000);
  }

  @Override
  public void strike(FaultScene scene, SplittableRandom random) throws Exception {
    Form form = Form.values()[strikes++ % Form.values().length];
    Mark mark = Mark.harmless(number());
    // The first of a process is slower than any later one.
    var unused = drain(scene, form.small, form.keys);
    double before = drain(scene, form.small, form.keys);
    double heap = scene.owner().child().heapMegabytes();
    scene.begins(mark);
    double rate = drain(scene, form.large, form.keys);
    scene.ended(mark);
    double growth = scene.owner().child().heapMegabytes() - heap;
    double after = drain(scene, form.small, form.keys);
    scene.awaitFlow();
    scene.measured(
        new Measured(number(), Figure.DRAINED, rate, LEAST_OF_STEADY * (before + after) / 2));
    scene.measured(new Measured(number(), Figure.HEAP_GROWTH, growth, HEAP_MAY_GROW_MEGABYTES));
  }

  /** Records a second, from the first one published to the last. */
  private static double drain(FaultScene scene, int records, int keys) throws InterruptedException {
    OutboxAdmin operator = scene.operator();
    operator.pause(RELAY, ACT);
    scene.appendInBulk(records, keys);
    long before = scene.published();
    operator.resume(RELAY, ACT);
    FaultScene.require("a backlog is begun", FaultScene.PATIENCE, () -> scene.published() > before);
    long first = scene.published();
    long begins = System.nanoTime();
    FaultScene.require("a backlog is sent", PATIENCE, () -> scene.published() >= before + records);
    long last = scene.published();
    return (last - first) * 1e9 / (System.nanoTime() - begins);
  }
}
