package io.rowpost.jdbc;

/** A row that somebody else wrote and that is no record; it is parked as FAILED. */
final class UnreadableRowException extends Exception {
  private static final long serialVersionUID = 1L;

  UnreadableRowException(String message) {
    super(message);
  }
}
