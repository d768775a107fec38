package io.rowpost.verification;

import java.util.SplittableRandom;

/** F31: one relay becomes many, and many one, in order. */
final class RelayStorm implements Fault {
  private static final int MOST_RELAYS = 4;

  @Override
  public int number() {
    return 31;
  }

  @Override
  public String title() {
    return "relays from one to many to one";
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
    while (scene.relays().size() < MOST_RELAYS) {
      scene.startRelay();
    }
    while (scene.relays().size() > 1) {
      Member leaving = scene.relays().get(random.nextInt(scene.relays().size()));
      scene.dismiss(leaving);
      leaving.quit();
    }
    scene.awaitFlow();
    scene.startRelay();
    scene.ended(mark);
    scene.awaitFlow();
  }
}
