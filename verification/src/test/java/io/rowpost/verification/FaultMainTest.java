package io.rowpost.verification;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is asked for is tried, or nothing is and the reason is told: never less in silence. */
class FaultMainTest {
  @Test
  void withoutArgumentsEachFaultIsTriedInAllItsForms() {
    FaultRun run = FaultMain.parse();
    assertThat(run.faults()).hasSameSizeAs(Fault.all());
    assertThat(run.time()).isZero();
    assertThat(run.storage()).isEqualTo(Storage.POSTGRES_LOG);
  }

  /** What one fault does to a figure must not be laid at the door of another. */
  @Test
  void whatMeasuresHasARunOfItsOwn() {
    List<FaultRun> runs = FaultMain.parse("F=6,11,7,17").apart();
    assertThat(runs)
        .extracting(FaultRun::name)
        .containsExactly(
            "F6,11,7,17-postgres_log",
            "F6,11,7,17-postgres_log-F11",
            "F6,11,7,17-postgres_log-F17");
    assertThat(runs.get(0).faults()).extracting(Fault::number).containsExactly(6, 7);
    assertThat(runs.get(1).faults()).extracting(Fault::number).containsExactly(11);
    assertThat(FaultMain.parse("F=11").apart())
        .extracting(FaultRun::name)
        .containsExactly("F11-postgres_log");
    assertThat(FaultMain.parse("F=6").apart())
        .extracting(FaultRun::name)
        .containsExactly("F6-postgres_log");
  }

  @Test
  void argumentsChoose() {
    FaultRun run = FaultMain.parse("F=7,6", "SEED=-5", "MINUTES=10", "STORAGE=mariadb");
    assertThat(run.faults()).extracting(Fault::number).containsExactly(6, 7);
    assertThat(run.seed()).isEqualTo(-5);
    assertThat(run.time()).isEqualTo(Duration.ofMinutes(10));
    assertThat(run.storage()).isEqualTo(Storage.MARIADB);
  }

  @Test
  void hoursAskForASoak() {
    FaultRun run = FaultMain.parse("HOURS=0.1", "SEED=7");
    assertThat(run.name()).isEqualTo("soak-postgres_log");
    assertThat(run.faults()).hasSizeGreaterThan(10).noneMatch(Fault::measures);
    assertThat(run.apart()).containsExactly(run);
    assertThat(run.time()).isEqualTo(Duration.ofMinutes(6));
    assertThat(run.aging()).isEqualTo(Duration.ofMinutes(2));
    assertThat(run.setup().number(Setting.RETENTION)).isEqualTo(120_000);
  }

  @Test
  void whatMeasuresHasNoPlaceInASoak() {
    assertThatThrownBy(() -> FaultMain.parse("HOURS=1", "F=6,11"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("F=6,11 measures, which takes a run without HOURS=");
  }

  @Test
  void aSoakIsNoRunOfMinutes() {
    assertThatThrownBy(() -> FaultMain.parse("HOURS=1", "MINUTES=10"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("MINUTES= and HOURS= are two kinds of run");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "F=99          | F=99, but on postgres_log there are [1, 2, 3,",
        "F=            | F=, but on",
        "F=6,x         | F=6,x, but on",
        "SEED=x        | SEED=x is no whole number",
        "MINUTES=-1    | MINUTES=-1 is less than 0",
        "MINUTES=1.5   | MINUTES=1.5 is no whole number",
        "HOURS=0       | HOURS=0 is not above 0 and at most 1000",
        "HOURS=1001    | HOURS=1001 is not above 0 and at most 1000",
        "HOURS=two     | HOURS=two is no number",
        "STORAGE=mysql | STORAGE=mysql is none of [postgres_log, postgres_row, mariadb]",
        "seed=7        | seed=7 is none of F=6,7 SEED=7",
        "F             | F is none of F=6,7 SEED=7"
      })
  void whatMakesNoSenseIsRefused(String argument, String reason) {
    assertThatThrownBy(() -> FaultMain.parse(argument))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(reason);
  }

  @Test
  void whatCannotBeTriedThereIsRefused() {
    assertThatThrownBy(() -> FaultMain.parse("F=9", "STORAGE=mariadb"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("F=9, but on mariadb there are");
  }
}
