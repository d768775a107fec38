package io.rowpost.verification;

import io.rowpost.verification.Mark.Shown;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.SplittableRandom;

/** F9: the database server ends every connection, once a second. */
final class LostConnections implements Fault {
  private static final String TERMINATE =
      """
      SELECT count(pg_terminate_backend(pid))
        FROM pg_stat_activity
       WHERE datname = current_database() AND pid <> pg_backend_pid()""";

  @Override
  public int number() {
    return 9;
  }

  @Override
  public String title() {
    return "pg_terminate_backend on every connection";
  }

  @Override
  public int strikes() {
    return 8;
  }

  @Override
  public boolean worksOn(Storage storage) {
    return storage.isPostgres();
  }

  @Override
  public void strike(FaultScene scene, SplittableRandom random) throws Exception {
    Mark mark = Mark.harmless(number()).repeats(scene.setup().window());
    scene.begins(mark);
    try (Connection connection = scene.tables().connect();
        Statement statement = connection.createStatement()) {
      statement.execute(TERMINATE);
    }
    // The broker still answers what it was handed before.
    scene.ended(mark.recovery(Mark.GOES_ON_WITHIN, Shown.NEW_SENT));
    FaultScene.letPass(Duration.ofSeconds(1));
  }
}
