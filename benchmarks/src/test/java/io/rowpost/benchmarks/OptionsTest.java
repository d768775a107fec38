package io.rowpost.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class OptionsTest {
  private static Options of(String... arguments) {
    var options = new Options();
    new CommandLine(options).parseArgs(arguments);
    return options;
  }

  @Test
  void everythingIsMeasuredUnlessLessIsAsked() {
    assertThat(of().parts()).isEqualTo(Parts.all());
    assertThat(of("--quick").parts()).isEqualTo(Parts.quick()).hasSizeLessThan(Parts.all().size());
    assertThat(of("--only=kafka,idle").parts())
        .extracting(Part::name)
        .containsExactly("kafka", "idle");
  }

  @Test
  void whatIsNoPartIsRefusedWithTheParts() {
    assertThatThrownBy(() -> of("--only=kafak").parts())
        .isInstanceOf(RefusedException.class)
        .hasMessageContainingAll("Nothing was measured: 'kafak' is no part", "Fix: use ", "kafka");
  }

  @Test
  void namesOfPartsAreUnique() {
    assertThat(new Parts.Names()).doesNotHaveDuplicates();
  }

  @Test
  void resultsSayHowToMakeThemAgain() {
    assertThat(of("--write").command()).isEqualTo("make bench");
    assertThat(of("--quick").command()).isEqualTo("make bench-quick");
    assertThat(of("--only=kafka").command()).isEqualTo("make bench ARGS=\"--only=kafka\"");
  }

  @Test
  void onlyAFullRunTakesThePlaceOfAFullRun() {
    assertThat(of().results()).endsWithRaw(Path.of("results"));
    assertThat(of("--quick").results()).endsWithRaw(Path.of("target/results"));
    assertThat(of("--only=idle").results()).endsWithRaw(Path.of("target/results"));
  }
}
