package io.rowpost.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class OptionsTest {
  @Test
  void flagsMayStandInAnyOrder() {
    assertThat(Options.of(List.of())).isEqualTo(new Options(false, false, false));
    assertThat(Options.of(List.of("--write", "--quick"))).isEqualTo(new Options(true, true, false));
    assertThat(Options.of(List.of("--help"))).isEqualTo(new Options(false, false, true));
  }

  @Test
  void whatIsNoFlagIsRefusedWithTheFlagsThereAre() {
    assertThatThrownBy(() -> Options.of(List.of("--quick", "--qiuck")))
        .isInstanceOf(RefusedException.class)
        .hasMessage(
            "Nothing was measured: '--qiuck' is no flag.%n  Fix: use --quick, --write, --help."
                .formatted());
  }

  @Test
  void theTableSaysHowToMakeItAgain() {
    assertThat(Options.of(List.of("--write")).command()).isEqualTo("make bench");
    assertThat(Options.of(List.of("--quick")).command()).isEqualTo("make bench ARGS=--quick");
  }
}
