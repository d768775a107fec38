package io.rowpost.core;

/**
 * State of an outgoing message.
 *
 * <p>Owning a record is a lease of the relay, never a fourth state.
 */
public enum OutboxStatus {
  /**
   * Committed, not yet confirmed by the broker: new, waiting behind its key, or between retries.
   */
  PENDING,
  /** Confirmed by the broker. Terminal. */
  SENT,
  /**
   * Given up after the last attempt, or discarded by an operator; only an audited retry reopens it.
   */
  FAILED
}
