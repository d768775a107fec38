package io.rowpost.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SamplesTest {
  @Test
  void aSpreadIsLeastMiddleAndMost() {
    assertThat(Spread.of(List.of(7.0))).isEqualTo(new Spread(7, 7, 7));
    assertThat(Spread.of(List.of(9.0, 1.0, 2.0))).isEqualTo(new Spread(1, 2, 9));
    assertThat(Spread.of(List.of(4.0, 9.0, 1.0, 2.0))).isEqualTo(new Spread(1, 3, 9));
  }

  @Test
  void nothingHasNoSpread() {
    assertThatThrownBy(() -> Spread.of(List.of())).isInstanceOf(IllegalArgumentException.class);
  }

  /** Here the ratio of the medians would be 0.5, though one way was never below 0.8. */
  @Test
  void ratiosAreTakenWithinARound() {
    var samples = new Samples();
    for (double base : new double[] {100, 1000, 10}) {
      samples.add("base", new Figure(base, 0, 0));
    }
    for (double way : new double[] {50, 800, 9}) {
      samples.add("way", new Figure(way, 0, 0));
    }

    assertThat(samples.ratio("way", "base")).isEqualTo(new Spread(0.5, 0.8, 0.9));
    assertThat(samples.median("way", Figure::perSecond)).isEqualTo(50);
  }

  @Test
  void waysAreMeasuredInTurnAndWarmUpsDoNotCount() throws Exception {
    List<String> calls = new ArrayList<>();
    Map<String, Samples.Way> ways = new LinkedHashMap<>();
    for (String name : List.of("a", "b")) {
      ways.put(
          name,
          () -> {
            calls.add(name);
            return new Figure(calls.size(), 0, 0);
          });
    }

    Samples samples = Samples.take(1, 2, ways);

    assertThat(calls).containsExactly("b", "a", "a", "b", "b", "a");
    assertThat(samples.ways()).containsExactly("a", "b");
    assertThat(samples.median("a", Figure::perSecond)).isEqualTo((3 + 6) / 2.0);
    assertThat(samples.median("b", Figure::perSecond)).isEqualTo((4 + 5) / 2.0);
  }

  @Test
  void waysThatWereNotTakenInTurnHaveNoRatio() {
    var samples = new Samples();
    samples.add("base", new Figure(1, 0, 0));
    samples.add("base", new Figure(1, 0, 0));
    samples.add("way", new Figure(1, 0, 0));

    assertThatThrownBy(() -> samples.ratio("way", "base")).hasMessageContaining("in turn");
    assertThatThrownBy(() -> samples.ratio("other", "base")).hasMessageContaining("other");
  }
}
