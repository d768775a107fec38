package io.rowpost.testkit;

/**
 * Unwinds the stack of a process that has crashed. An error, so that nobody takes it for a failure
 * of a call; whoever catches it all the same meets it again at the next port.
 */
final class SimDeath extends Error {
  private static final long serialVersionUID = 1L;

  SimDeath() {
    super("the simulated process has crashed", null, false, false);
  }
}
