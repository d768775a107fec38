package io.rowpost.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
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
    Part kafka = of("--only=kafka").parts().get(0);
    assertThat(of("--write").command(kafka)).isEqualTo("make bench ARGS=\"--only=kafka\"");
    assertThat(of("--quick").command(kafka)).isEqualTo("make bench-quick ARGS=\"--only=kafka\"");
    assertThat(of("--ways=log,row", "--profile").command(kafka))
        .isEqualTo("make bench ARGS=\"--only=kafka --ways=log,row --profile\"");
  }

  @Test
  void onlyWhatIsMeasuredInFullTakesThePlaceOfTheLastResults() {
    assertThat(of().results()).endsWithRaw(Path.of("results"));
    assertThat(of("--only=idle").results()).isEqualTo(of().results());
    for (String less : List.of("--quick", "--ways=log", "--profile")) {
      assertThat(of(less).results()).endsWithRaw(Path.of("target/results"));
    }
  }
}
