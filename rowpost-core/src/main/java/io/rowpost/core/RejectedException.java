package io.rowpost.core;

/**
 * Rowpost refused what it was given, before any SQL: nothing was appended or processed.
 *
 * <p>The caller's transaction is untouched and can go on.
 */
public final class RejectedException extends RowpostException {
  private static final long serialVersionUID = 1L;

  private final String field;

  /**
   * Creates the exception.
   *
   * @param field the refused field, as the API spells it
   */
  public RejectedException(String code, String field, String what, String fix) {
    super(code, what, fix, null);
    this.field = field;
  }

  /** The field that was refused, as the API spells it. */
  public String field() {
    return field;
  }
}
