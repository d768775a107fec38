package io.rowpost.testkit;

import org.jspecify.annotations.Nullable;

/**
 * What came of one seed.
 *
 * @param seed the seed
 * @param world the world as it was at the end
 */
record SimResult(long seed, SimWorld world) {
  @Nullable SimViolation violation() {
    return world.violation();
  }

  /** The violation behind everything that led to it. */
  String story() {
    return world.history.render(world.scheduler.actors(), world.ledger)
        + "\nSeed "
        + seed
        + " violates "
        + violation()
        + "\nRepeat it: make sim SEED="
        + seed
        + "\n";
  }
}
