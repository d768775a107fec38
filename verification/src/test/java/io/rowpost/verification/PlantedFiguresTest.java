package io.rowpost.verification;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowpost.verification.FaultScene.Cast;
import io.rowpost.verification.Verdict.Check;
import java.sql.Connection;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** A limit counts only if what is beyond it is found; with {@code CI=true} in brief. */
@Timeout(value = 90, unit = TimeUnit.MINUTES)
@EnabledIfSystemProperty(named = "rowpost.prove", matches = "true")
class PlantedFiguresTest {
  @Test
  void aRelayThatKeepsItsFailuresWarnsTooOftenAndGrows() throws Exception {
    assertThat(beyondLimits(PlantedRelay.Bug.KEEPS_FAILURES, new DatabaseOutage()))
        .anyMatch(example -> example.contains(Figure.WARNINGS.meaning()))
        .anyMatch(example -> example.contains(Figure.HEAP_GROWTH.meaning()));
  }

  @Test
  void aRelayThatWaitsForTheOldestWriterIsLate() throws Exception {
    assertThat(beyondLimits(PlantedRelay.Bug.OLDEST_WRITER, new OpenWriter()))
        .anyMatch(example -> example.contains(Figure.SENT_WITHIN.meaning()));
  }

  @Test
  void aRelayThatPassesItsDeadRowsIsLateBesideASnapshot() throws Exception {
    assertThat(beyondLimits(PlantedRelay.Bug.PASSES_DEAD_ROWS, new HeldSnapshot()))
        .anyMatch(example -> example.contains(Figure.SENT_WITHIN.meaning()));
  }

  @Test
  void aRelayThatCountsWhatIsParkedIsSlowerTheMoreItIs() throws Exception {
    assertThat(beyondLimits(PlantedRelay.Bug.COUNTS_PARKED, new LargeBacklog()))
        .anyMatch(example -> example.contains(Figure.DRAINED.meaning()));
  }

  @Test
  void aPurgeThatLocksTheTableHoldsUpAppends() throws Exception {
    var locking =
        new LargePurge() {
          @Override
          long purge(FaultScene scene) throws Exception {
            try (Connection connection = scene.tables().connect();
                Statement statement = connection.createStatement()) {
              connection.setAutoCommit(false);
              statement.execute("LOCK TABLE rowpost_outbox IN SHARE ROW EXCLUSIVE MODE");
              long purged = statement.executeUpdate("DELETE FROM rowpost_outbox");
              statement.execute("SELECT pg_sleep(1)");
              connection.commit();
              return purged;
            }
          }
        };
    Verdict verdict =
        FaultRun.of("planted-LOCKS", Storage.POSTGRES_LOG, List.of(locking), System.nanoTime())
            .run();
    assertThat(verdict.findings().get(Check.BEYOND_LIMIT).examples())
        .anyMatch(example -> example.contains(Figure.APPENDED_WITHIN.meaning()));
  }

  private static List<String> beyondLimits(PlantedRelay.Bug bug, Fault fault) throws Exception {
    return PlantedBugsTest.run(bug, Cast.SOUND.relay(PlantedRelay.class), fault)
        .findings()
        .get(Check.BEYOND_LIMIT)
        .examples();
  }
}
