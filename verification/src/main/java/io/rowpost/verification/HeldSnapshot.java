package io.rowpost.verification;

import io.rowpost.jdbc.Layout;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;

/**
 * F18: somebody reads in one snapshot for long, so that nothing which is deleted meanwhile can be
 * cleaned up; under as much load as all processes carry on a small machine.
 */
final class HeldSnapshot extends HeldTransaction {
  private static final String RATE = "300";

  /** Its rows are never changed. */
  private static final double MOST_TIMES_IN_THE_LOG = 1.2;

  /** Each settled row leaves a dead one behind, which the next reads pass. */
  private static final double MOST_TIMES_IN_ROWS = 2;

  HeldSnapshot() {
    super(Extent.of(Duration.ofMinutes(30), Duration.ofSeconds(20)));
  }

  @Override
  public int number() {
    return 18;
  }

  @Override
  public String title() {
    return "a repeatable-read snapshot held under load";
  }

  @Override
  public Setup adapt(Setup setup) {
    return super.adapt(setup)
        .with(Setting.HOPS, 1)
        .with(Setting.THREADS, 4)
        .with(Setting.RATE, RATE);
  }

  @Override
  double mostTimes(FaultScene scene) {
    return scene.storage().layout() == Layout.LOG ? MOST_TIMES_IN_THE_LOG : MOST_TIMES_IN_ROWS;
  }

  @Override
  AutoCloseable open(FaultScene scene) throws Exception {
    Connection reader = scene.tables().connect();
    reader.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
    reader.setAutoCommit(false);
    try (Statement statement = reader.createStatement()) {
      statement.execute("SELECT count(*) FROM rowpost_outbox");
    }
    return reader;
  }
}
