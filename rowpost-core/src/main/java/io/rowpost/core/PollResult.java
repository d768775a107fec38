package io.rowpost.core;

/**
 * What one cycle of a relay settled.
 *
 * @param sent records the broker confirmed
 * @param retried records whose attempt failed and that will be tried again
 * @param failed records given up
 * @param waiting records set aside behind their key or destination, or until they are due
 */
public record PollResult(int sent, int retried, int failed, int waiting) {
  static final PollResult NOTHING = new PollResult(0, 0, 0, 0);

  /** All records that this cycle settled. */
  public int settled() {
    return sent + retried + failed + waiting;
  }
}
