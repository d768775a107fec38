package io.rowpost.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowpost.core.FaultPoint;
import io.rowpost.core.InMemoryTransaction;
import io.rowpost.core.InboxAdmin;
import io.rowpost.core.InboxRecord;
import io.rowpost.core.InboxStore;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The engine in simulated worlds: a small part of what {@code make sim} runs. */
class SimulationTest {
  private static final int SEEDS = 6_000;

  @AfterAll
  static void watchNoMore() {
    FaultPoint.watch(null);
  }

  @Test
  void guaranteesHoldWhateverFails() throws InterruptedException {
    var seeds = new SimSeeds(1, SEEDS, Simulation::new);
    seeds.run(2, finished -> {});

    assertThat(seeds.failures()).as("make sim SEED=<seed> tells what happened").isEmpty();
    assertThat(seeds.finished()).isEqualTo(SEEDS);
    assertEverythingHappened(seeds.tally());
  }

  /** A simulator that silently does nothing is green too. */
  private static void assertEverythingHappened(SimTally tally) {
    assertThat(FaultPoint.values()).allSatisfy(point -> assertThat(tally.of(point)).isPositive());
    assertThat(SimFault.values()).allSatisfy(fault -> assertThat(tally.of(fault)).isPositive());
    assertThat(tally.messages).isGreaterThan(20L * SEEDS);
    assertThat(tally.faults()).isGreaterThan(20L * SEEDS);
  }

  @Test
  void aSeedRepeatsExactly() {
    for (long seed = 1; seed <= 50; seed++) {
      SimResult first = new Simulation(seed).run();
      SimResult second = new Simulation(seed).run();
      assertThat(second.world().history).isEqualTo(first.world().history);
      assertThat(second.story()).isEqualTo(first.story());
    }
    assertThat(new Simulation(1).run().world().history)
        .isNotEqualTo(new Simulation(2).run().world().history);
  }

  @Test
  void aViolationIsToldWithItsHistoryAndTheCommandThatRepeatsIt() throws InterruptedException {
    var broken =
        new SimParts() {
          @Override
          InboxStore<InMemoryTransaction> inbox(InboxStore<InMemoryTransaction> sound) {
            return new BrokenInboxStores.FailedIsADuplicate().breaking(sound);
          }
        };
    var seeds = new SimSeeds(1, 200, seed -> new Simulation(seed, broken));
    seeds.run(1, finished -> {});

    assertThat(seeds.failures()).isNotEmpty();
    long seed = seeds.failures().get(0).seed();
    assertThat(new Simulation(seed, broken).run().story())
        .contains("committed message 0 (t", "took effect message", "Seed " + seed + " violates I-")
        .endsWith("Repeat it: make sim SEED=" + seed + "\n");
  }

  /** Here in the audit at the end, which is nobody's step. */
  @Test
  void whatIsThrownOutsideOfAStepIsAViolationToo() throws InterruptedException {
    int count = 20;
    var broken =
        new SimParts() {
          @Override
          InboxStore<InMemoryTransaction> inbox(InboxStore<InMemoryTransaction> sound) {
            return new DelegatingInboxStore(sound) {
              @Override
              public InboxAdmin admin() {
                return new DelegatingInboxAdmin(super.admin()) {
                  @Override
                  public Optional<InboxRecord> get(String consumer, String messageId) {
                    throw new IllegalStateException("no row is shown");
                  }
                };
              }
            };
          }
        };
    var seeds = new SimSeeds(1, count, seed -> new Simulation(seed, broken));
    seeds.run(1, finished -> {});

    assertThat(seeds.finished()).isEqualTo(count);
    assertThat(seeds.failures())
        .extracting(failure -> failure.violation().toString())
        .hasSize(count)
        .contains("no surprise: thrown outside of a step");
  }

  @Test
  void runsOneSeedOrMany() throws InterruptedException {
    assertThat(output(0, "--seed=7")).startsWith("Seed 7: every guarantee held.");
    assertThat(output(0, "--seeds=20"))
        .contains("crashed relay", "relay settle done", "20 seeds in ", " 0 seeds failed.");
    assertThat(output(0, "--help")).startsWith("Usage: make sim");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"--sed=7", "--seed", "--seed=", "--seed=x", "--seeds=-1", "--seeds=0", "7"})
  void refusesWhatItDoesNotKnow(String argument) throws InterruptedException {
    assertThat(output(2, argument)).startsWith("Refused: " + argument).contains("Usage: make sim");
  }

  private static String output(int status, String... arguments) throws InterruptedException {
    var bytes = new ByteArrayOutputStream();
    try (var out = new PrintStream(bytes, true, StandardCharsets.UTF_8)) {
      assertThat(Simulator.run(arguments, out)).isEqualTo(status);
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }
}
