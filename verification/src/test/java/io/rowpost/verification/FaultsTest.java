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
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Faults on all that is real: database, broker, and processes.
 *
 * <p>With {@code -Pfaults}: each class of faults in all of its forms, each in a run of its own, on
 * PostgreSQL with the log layout. With {@code CI=true} it is the crash points of application and
 * consumers there, and of the other classes two a day, in turn, those that last in brief; when all
 * have been tried, again with the row layout, and then on MariaDB. {@link FaultMain} runs them for
 * longer.
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

  static Stream<Arguments> runs() {
    if ("true".equals(System.getenv("CI"))) {
      long day = LocalDate.now(ZoneOffset.UTC).toEpochDay();
      return Stream.concat(Stream.of(Arguments.of(Storage.POSTGRES_LOG, crashes())), ofDay(day));
    }
    return Stream.concat(crashes().stream(), others().stream())
        .map(fault -> Arguments.of(Storage.POSTGRES_LOG, List.of(fault)));
  }

  /** What cannot be done in the storage whose turn it is is done in the log layout. */
  private static Stream<Arguments> ofDay(long day) {
    List<Fault> others = others();
    Storage[] storages = Storage.values();
    return IntStream.range(0, A_DAY)
        .mapToLong(i -> A_DAY * day + i)
        .mapToObj(
            turn -> {
              Fault fault = others.get((int) Math.floorMod(turn, (long) others.size()));
              long round = Math.floorDiv(turn, (long) others.size());
              Storage storage = storages[(int) Math.floorMod(round, (long) storages.length)];
              return Arguments.of(
                  fault.worksOn(storage) ? storage : Storage.POSTGRES_LOG, List.of(fault));
            });
  }

  @ParameterizedTest
  @MethodSource("runs")
  void everyGuaranteeHolds(Storage storage, List<Fault> faults) throws Exception {
    String numbers = String.join("-", faults.stream().map(fault -> "F" + fault.number()).toList());
    for (FaultRun run :
        FaultRun.of(numbers + "-" + storage, storage, faults, System.nanoTime()).apart()) {
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
