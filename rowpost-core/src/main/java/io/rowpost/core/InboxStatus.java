package io.rowpost.core;

/** State of a received message for one consumer. */
public enum InboxStatus {
  /** A handler is at work in an open transaction; never committed. */
  PROCESSING,
  /** The handler's writes are committed. Terminal, but for an audited forget. */
  COMPLETED,
  /** The handler's last run was rolled back; a redelivery or an operator runs it again. */
  FAILED
}
