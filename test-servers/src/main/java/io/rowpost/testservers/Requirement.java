package io.rowpost.testservers;

import java.util.function.Supplier;
import org.opentest4j.TestAbortedException;

/** What becomes of a test whose server is absent. */
enum Requirement {
  /** The test is skipped, with the reason. */
  SKIP,
  /** The test fails, with the reason. */
  FAIL;

  /** Under {@code CI=true} nothing is skipped: a green run there must have run everything. */
  static Requirement ofEnvironment() {
    return "true".equals(System.getenv("CI")) ? FAIL : SKIP;
  }

  <T> T of(Supplier<T> server) {
    try {
      return server.get();
    } catch (ServerAbsentException absent) {
      if (this == FAIL) {
        throw new AssertionError(absent.getMessage(), absent);
      }
      throw new TestAbortedException(absent.getMessage(), absent);
    }
  }
}
