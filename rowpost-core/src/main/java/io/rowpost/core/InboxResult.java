package io.rowpost.core;

/**
 * What the inbox did with a message. Every value means: the broker's copy may be acknowledged.
 *
 * <p>A message that has to be delivered again is never a result; it is an exception, or a member of
 * {@link InboxProcessor.BatchResult#redeliver()}.
 */
public enum InboxResult {
  /** The handler ran and its writes are committed. */
  PROCESSED,
  /** The effect was committed by an earlier delivery; the handler did not run. */
  DUPLICATE,
  /** Given up after the last attempt; the whole message is kept in the inbox's parked table. */
  FAILED,
  /**
   * Unknown and older than the retention window, so a repeat could not be told: parked, not run.
   */
  TOO_OLD
}
