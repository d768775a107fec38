package io.rowpost.core;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A store could not do its work: the database is away, refused a statement, or lost a connection.
 */
public final class StoreException extends RowpostException {
  private static final long serialVersionUID = 1L;

  private final Outcome outcome;

  /** Creates the exception; see {@link RowpostException} for the parts. */
  public StoreException(
      String code, String what, String fix, Outcome outcome, @Nullable Throwable cause) {
    super(code, what, fix, cause);
    this.outcome = Objects.requireNonNull(outcome, "outcome");
  }

  /** What became of the transaction. */
  public Outcome outcome() {
    return outcome;
  }

  /** What became of the transaction in which the failure happened. */
  public enum Outcome {
    /** Nothing of it is in the database. */
    ROLLED_BACK,
    /** The connection died in COMMIT: it may or may not be in the database. */
    UNKNOWN
  }
}
