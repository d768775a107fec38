package io.rowpost.testservers;

/**
 * Finds MySQL, which is never started from here.
 *
 * <p>It is the server that {@code ROWPOST_TEST_MYSQL_URL} names (such as {@code
 * jdbc:mysql://127.0.0.1:3306/?user=root&password=..}), in the Maven profile {@code mysql}, which
 * sets {@code rowpost.test.mysql=true}. Safe for use by threads.
 */
public final class MySqlServer {

  private static final DatabaseProduct PRODUCT = DatabaseProduct.MYSQL;
  private static final String VARIABLE = "ROWPOST_TEST_MYSQL_URL";
  private static final String SWITCH = "rowpost.test.mysql";

  private static final Once<DatabaseServer> SHARED = new Once<>(MySqlServer::find);

  private MySqlServer() {}

  /**
   * The server for this JVM's tests.
   *
   * @throws ServerAbsentException if it was not asked for, or is not there
   */
  public static DatabaseServer shared() {
    return SHARED.get();
  }

  /**
   * As {@link #shared()}, but skips the test if absent, under {@code CI=true} too.
   *
   * <p>Who asked for it by the profile, and names no server, does not get a skip but a failure.
   */
  public static DatabaseServer require() {
    Requirement requirement = isAskedFor() ? Requirement.FAIL : Requirement.SKIP;
    return requirement.of(MySqlServer::shared);
  }

  private static boolean isAskedFor() {
    return Boolean.getBoolean(SWITCH);
  }

  private static DatabaseServer find() {
    if (!isAskedFor()) {
      throw new ServerAbsentException("MySQL: only with -Pmysql and " + VARIABLE);
    }
    return RunningServer.named(PRODUCT, VARIABLE, System.getenv(VARIABLE))
        .orElseThrow(() -> new ServerAbsentException("MySQL: " + VARIABLE + " is not set"));
  }
}
