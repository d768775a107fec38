package io.rowpost.core;

/** Another owner holds the lease: the fence refused the transaction and nothing was changed. */
public final class LeaseLostException extends RowpostException {
  private static final long serialVersionUID = 1L;

  /** Creates the exception for the lease that the fence no longer found. */
  public LeaseLostException(Lease lease) {
    super(
        "ROWPOST-302",
        "Nothing was settled: relay \"%s\" lost its lease (token %d) to another owner."
            .formatted(lease.relay(), lease.token()),
        "none needed; this relay stands by. If it repeats, raise the lease above the longest pause"
            + " of the process.",
        null);
  }
}
