package io.rowpost.core;

/**
 * What a failed publish says about the messages that come next.
 *
 * <p>The idea of telling failures apart by type, so that no caller parses messages, is Kafka's
 * {@code RetriableException}.
 */
public enum FailureClass {
  /** This record is at fault (too large, rejected): its key is parked and an attempt is counted. */
  RECORD,
  /** Its topic is at fault (missing, no permission, full): held without counting an attempt. */
  DESTINATION,
  /**
   * The broker is at fault (unreachable, blocked): the whole relay backs off; no attempt counted.
   */
  BROKER
}
