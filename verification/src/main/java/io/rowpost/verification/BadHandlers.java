package io.rowpost.verification;

import io.rowpost.verification.ConsumerChild.Poison;
import java.util.List;
import java.util.SplittableRandom;

/** F32: a message whose handler throws, hangs, overflows the stack, or ends its process. */
final class BadHandlers implements Fault {
  private final List<Poison> poisons;
  private int strikes;

  BadHandlers() {
    this(List.of(Poison.values()));
  }

  BadHandlers(List<Poison> poisons) {
    this.poisons = poisons;
  }

  @Override
  public int number() {
    return 32;
  }

  @Override
  public String title() {
    return "handlers that throw, hang, overflow the stack, exhaust the memory, or exit";
  }

  @Override
  public int strikes() {
    return poisons.size();
  }

  @Override
  public boolean endsProcesses() {
    return poisons.stream().anyMatch(poison -> poison.deadly);
  }

  @Override
  public void strike(FaultScene scene, SplittableRandom random) throws Exception {
    Mark mark = Mark.harmless(number());
    scene.begins(mark);
    scene.poison(poisons.get(strikes++ % poisons.size()));
    scene.ended(mark);
    scene.awaitFlow();
  }
}
