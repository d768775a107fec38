package io.rowpost.verification;

import io.rowpost.testservers.Await;
import io.rowpost.testservers.OwnDatabaseServer;
import io.rowpost.verification.Mark.Shown;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Locale;
import java.util.SplittableRandom;

/**
 * F26: the disk of the database is full, and has space again.
 *
 * <p>Every other time the server needs space for its log too. PostgreSQL cannot go on without, and
 * is started again when there is space, as an operator would.
 */
final class DiskFull implements Fault {
  /** A segment of the log is a sixteenth of a gigabyte; some of them may lie ready. */
  private static final int SEGMENTS = 8;

  /** In the driver's words, and in those of ROWPOST-219. */
  private static final String REASON = "no space left";

  private int strikes;

  @Override
  public int number() {
    return 26;
  }

  @Override
  public String title() {
    return "the database's disk is full";
  }

  @Override
  public int strikes() {
    return 2;
  }

  @Override
  public boolean fillsDisk() {
    return true;
  }

  @Override
  public boolean worksOn(Storage storage) {
    return storage.isPostgres();
  }

  @Override
  public void strike(FaultScene scene, SplittableRandom random) throws Exception {
    boolean withoutLog = strikes++ % 2 == 1;
    Mark mark = Mark.harmless(number()).repeats(scene.setup().window());
    OwnDatabaseServer server = scene.ownServer();
    scene.begins(mark);
    server.fillDisk();
    complains(scene);
    if (withoutLog) {
      takeTheLog(scene);
      if (!Await.until(FaultScene.PATIENCE, () -> !answers(scene))) {
        throw new IllegalStateException("the server goes on without a log");
      }
    }
    FaultScene.letPass(scene.setup().time(Setting.LEASE));
    server.freeDisk();
    if (!Await.until(FaultScene.PATIENCE, () -> !server.isRunning() || answers(scene))) {
      throw new IllegalStateException("the server has space and does not answer");
    }
    if (!server.isRunning()) {
      server.restart();
    }
    scene.ended(mark.recovery(Mark.GOES_ON_WITHIN, Shown.SENT));
    scene.awaitFlow();
  }

  /** Who appends is told so; unless the server has just ended, since its log had no room either. */
  private static void complains(FaultScene scene) throws InterruptedException {
    Child application = scene.application().child();
    application.say("complain");
    String complaint =
        application.await(line -> line.startsWith(ApplicationChild.REFUSED), FaultScene.PATIENCE);
    if (!complaint.toLowerCase(Locale.ROOT).contains(REASON) && answers(scene)) {
      throw new IllegalStateException("on a full disk an append says " + complaint);
    }
  }

  private static void takeTheLog(FaultScene scene) throws SQLException {
    try (Connection connection = scene.tables().connect();
        Statement statement = connection.createStatement()) {
      for (int i = 0; i < SEGMENTS; i++) {
        scene.ownServer().fillDisk();
        statement.execute("SELECT pg_logical_emit_message(false, 'full', 'x')");
        statement.execute("SELECT pg_switch_wal()");
      }
    } catch (SQLException e) {
      if (answers(scene)) {
        throw e;
      }
    }
  }

  private static boolean answers(FaultScene scene) {
    try (Connection connection = scene.tables().connect();
        Statement statement = connection.createStatement()) {
      statement.execute("SELECT pg_logical_emit_message(true, 'full', 'x')");
      return true;
    } catch (SQLException away) {
      return false;
    }
  }
}
