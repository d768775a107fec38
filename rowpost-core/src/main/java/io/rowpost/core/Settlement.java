package io.rowpost.core;

import java.time.Duration;
import java.util.Objects;

/** Outcome of one fetched record, as the store is to write it down. */
public sealed interface Settlement {
  /** The broker confirmed the record. */
  record Sent() implements Settlement {}

  /**
   * The record waits, behind its key or its destination; no attempt is counted.
   *
   * @param delay how long it waits at least if it is the head of its key (zero: due at once)
   * @param reason why, for people; never payload content
   */
  record Waiting(Duration delay, String reason) implements Settlement {
    /** Checks that the delay is not negative. */
    public Waiting {
      requireNotNegative(delay);
      Objects.requireNonNull(reason, "reason");
    }
  }

  /**
   * The attempt failed and another follows; one attempt is counted.
   *
   * @param delay from now, by the store's clock
   * @param error what happened; stores cut it to 4,096 characters
   */
  record Retry(Duration delay, String error) implements Settlement {
    /** Checks that the delay is not negative. */
    public Retry {
      requireNotNegative(delay);
      Objects.requireNonNull(error, "error");
    }
  }

  /**
   * The last attempt failed; one attempt is counted and the record becomes FAILED.
   *
   * @param error what happened; stores cut it to 4,096 characters
   * @param blocking whether later records of its key wait until an operator acts
   */
  record Failed(String error, boolean blocking) implements Settlement {
    /** Checks that the error is given. */
    public Failed {
      Objects.requireNonNull(error, "error");
    }
  }

  private static void requireNotNegative(Duration delay) {
    if (delay.isNegative()) {
      throw new IllegalArgumentException("delay " + delay + " is negative");
    }
  }
}
