package io.rowpost.verification;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Faults on all that is real: database, broker, and processes.
 *
 * <p>With {@code -Pfaults}: each class of faults in all of its forms, each in a run of its own.
 * With {@code CI=true} it is the crash points of application and consumers, and of the other
 * classes two a day, in turn, those that last in brief. {@link FaultMain} runs them for longer.
 */
@Timeout(value = 90, unit = TimeUnit.MINUTES)
@EnabledIfSystemProperty(named = "rowpost.faults", matches = "true")
class FaultsTest {
  private static final int A_DAY = 2;

  /** Relays have a test of their own. */
  private static List<Fault> crashes() {
    return List.of(new ApplicationKill(), new ConsumerKill());
  }

  private static List<Fault> others() {
    return Fault.all().stream().filter(fault -> fault.number() > 3).toList();
  }

  static Stream<List<Fault>> runs() {
    if ("true".equals(System.getenv("CI"))) {
      return Stream.of(crashes(), ofDay(LocalDate.now(ZoneOffset.UTC).toEpochDay()));
    }
    return Stream.concat(crashes().stream(), others().stream()).map(List::of);
  }

  private static List<Fault> ofDay(long day) {
    List<Fault> others = others();
    return IntStream.range(0, A_DAY)
        .mapToObj(i -> others.get(Math.floorMod(A_DAY * day + i, others.size())))
        .toList();
  }

  @ParameterizedTest
  @MethodSource("runs")
  void everyGuaranteeHolds(List<Fault> faults) throws Exception {
    String name = String.join("-", faults.stream().map(fault -> "F" + fault.number()).toList());
    for (FaultRun run :
        FaultRun.of(name, Storage.POSTGRES_LOG, faults, System.nanoTime()).apart()) {
      Verdict verdict = run.run();
      System.out.printf("%s, seed %d: %s%n", run.name(), run.seed(), verdict);
      assertThat(verdict.isClean()).as("%s, seed %d: %s", run.name(), run.seed(), verdict).isTrue();
      // The start of all has two marks, and each fault one at least.
      assertThat(verdict.faults()).hasSizeGreaterThanOrEqualTo(2 + run.faults().size());
      assertThat(verdict.figures().committed()).isPositive();
      assertThat(verdict.measured().isEmpty())
          .as("%s has measured nothing", run.name())
          .isEqualTo(run.faults().stream().noneMatch(Fault::measures));
    }
  }
}
