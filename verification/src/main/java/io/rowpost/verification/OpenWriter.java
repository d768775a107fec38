package io.rowpost.verification;

import io.rowpost.testservers.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;

/**
 * F17: a transaction that has appended stays open, and with it one that has written to another
 * database of the server. In the end the first one commits, far behind where relays have read.
 */
final class OpenWriter extends HeldTransaction {
  private static final double MOST_TIMES = 1.2;

  OpenWriter() {
    super(Extent.of(Duration.ofMinutes(10), Duration.ofSeconds(20)));
  }

  @Override
  public int number() {
    return 17;
  }

  @Override
  public String title() {
    return "idle open writers, in the same database and in another";
  }

  @Override
  double mostTimes(FaultScene scene) {
    return MOST_TIMES;
  }

  @Override
  AutoCloseable open(FaultScene scene) throws Exception {
    TestDatabase another = scene.anotherDatabase();
    Connection writer = write(another);
    scene.application().child().tell("open");
    return () -> {
      scene.application().child().tell("commit");
      writer.rollback();
      writer.close();
      another.close();
    };
  }

  /** A transaction that has an id of its own. */
  private static Connection write(TestDatabase database) throws SQLException {
    Connection connection = database.connect();
    try (Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE unfinished (number bigint NOT NULL)");
      connection.setAutoCommit(false);
      statement.execute("INSERT INTO unfinished (number) VALUES (1)");
    }
    return connection;
  }
}
