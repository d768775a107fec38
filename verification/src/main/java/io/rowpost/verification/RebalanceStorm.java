package io.rowpost.verification;

import java.time.Duration;
import java.util.SplittableRandom;

/** F30: consumers come, go and die so often that their partitions move all the time. */
final class RebalanceStorm implements Fault {
  private static final int CHANGES = 6;
  private static final int MOST_CONSUMERS = 3;

  @Override
  public int number() {
    return 30;
  }

  @Override
  public String title() {
    return "storm of rebalances";
  }

  @Override
  public int strikes() {
    return 1;
  }

  @Override
  public boolean endsProcesses() {
    return true;
  }

  @Override
  public void strike(FaultScene scene, SplittableRandom random) throws Exception {
    Mark mark = Mark.harmless(number());
    scene.begins(mark);
    for (int i = 0; i < CHANGES; i++) {
      int there = scene.consumers().size();
      if (there == 1 || (there < MOST_CONSUMERS && random.nextBoolean())) {
        scene.startConsumer();
      } else {
        Member leaving = scene.consumers().get(random.nextInt(there));
        scene.dismiss(leaving);
        if (random.nextBoolean()) {
          leaving.quit();
        } else {
          leaving.kill();
        }
      }
      FaultScene.letPass(Duration.ofMillis(random.nextInt(1000)));
    }
    while (scene.consumers().size() < 2) {
      scene.startConsumer();
    }
    scene.ended(mark);
    scene.awaitFlow();
  }
}
