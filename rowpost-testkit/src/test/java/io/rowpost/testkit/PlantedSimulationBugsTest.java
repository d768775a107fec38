package io.rowpost.testkit;

import static org.assertj.core.api.Assertions.fail;

import io.rowpost.core.FaultPoint;
import io.rowpost.testkit.BrokenSimulations.Bug;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Plants bugs in the parts of simulated worlds and looks that a guarantee breaks soon: a simulator
 * that stays green on broken parts proves nothing on sound ones.
 */
@Tag("once")
class PlantedSimulationBugsTest {
  private static final int ENOUGH_SEEDS = 3_000;

  static List<Bug> bugs() {
    return BrokenSimulations.all();
  }

  @AfterAll
  static void watchNoMore() {
    FaultPoint.watch(null);
  }

  @ParameterizedTest
  @MethodSource("bugs")
  void breaksAGuarantee(Bug bug) {
    for (long seed = 1; seed <= ENOUGH_SEEDS; seed++) {
      SimViolation violation = new Simulation(seed, bug.parts()).run().violation();
      if (violation != null && violation.guarantee().equals(bug.breaks())) {
        System.out.printf("%-32s seed %4d  %s%n", bug, seed, violation);
        return;
      }
    }
    fail("none of %d seeds breaks %s by: %s", ENOUGH_SEEDS, bug.breaks(), bug);
  }
}
