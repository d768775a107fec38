package io.rowpost.testservers;

/** A running database server on which tests get databases of their own. Safe for use by threads. */
public interface DatabaseServer {

  /**
   * Creates an empty database named {@code rowpost_test_<random>}.
   *
   * <p>It is dropped by {@link TestDatabase#close()}, or when the JVM exits.
   */
  default TestDatabase createDatabase() {
    return createDatabase("");
  }

  /**
   * As {@link #createDatabase()}, for a test of what may differ between databases of one server.
   *
   * @param options as {@code CREATE DATABASE} takes them behind the name, such as {@code CHARACTER
   *     SET latin1}; empty for the server's own
   */
  TestDatabase createDatabase(String options);

  /** Product, version and address, for test reports; never a password. */
  String description();

  /** The number before the first dot of the server's version, such as 15. */
  int majorVersion();
}
