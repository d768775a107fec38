package io.rowpost.verification;

import io.rowpost.verification.ConsumerChild.Poison;
import java.util.List;
import java.util.SplittableRandom;

/** F32: a message whose handler throws, hangs, or overflows the stack. */
final class BadHandlers implements Fault {
  private static final List<Poison> POISONS = List.of(Poison.values());

  private int strikes;

  @Override
  public int number() {
    return 32;
  }

  @Override
  public String title() {
    return "handlers that throw, hang, or overflow the stack";
  }

  @Override
  public int strikes() {
    return POISONS.size();
  }

  @Override
  public void strike(FaultScene scene, SplittableRandom random) throws Exception {
    Mark mark = Mark.harmless(number());
    scene.begins(mark);
    scene.poison(POISONS.get(strikes++ % POISONS.size()));
    scene.ended(mark);
    scene.awaitFlow();
  }
}
