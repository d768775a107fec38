package io.rowpost.testservers;

/** Says why a server is not there for tests. The message is the reason, fit for a test report. */
public final class ServerAbsentException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  ServerAbsentException(String reason) {
    super(reason);
  }

  ServerAbsentException(String reason, Throwable cause) {
    super(reason, cause);
  }
}
