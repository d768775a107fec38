package io.rowpost.testkit;

import org.jspecify.annotations.Nullable;

/**
 * A guarantee that did not hold.
 *
 * @param guarantee its number in the list of guarantees, such as I-5
 * @param what what was seen
 * @param cause what was thrown, where that is what was seen
 */
record SimViolation(String guarantee, String what, @Nullable Throwable cause) {
  @Override
  public String toString() {
    return guarantee + ": " + what;
  }
}
