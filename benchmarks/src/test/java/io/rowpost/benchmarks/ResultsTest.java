package io.rowpost.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ResultsTest {
  private static Results rates(double[] base, double[] way) {
    var results = new Results();
    for (int round = 0; round < base.length; round++) {
      results.add(new Run("drain", "base", round, Map.of(Run.PER_SECOND, base[round])));
    }
    for (int round = 0; round < way.length; round++) {
      results.add(new Run("drain", "way", round, Map.of(Run.PER_SECOND, way[round])));
    }
    return results;
  }

  @Test
  void aSpreadIsLeastMiddleAndMost() {
    assertThat(Spread.of(List.of(7.0))).isEqualTo(new Spread(7, 7, 7));
    assertThat(Spread.of(List.of(9.0, 1.0, 2.0))).isEqualTo(new Spread(1, 2, 9));
    assertThat(Spread.of(List.of(4.0, 9.0, 1.0, 2.0))).isEqualTo(new Spread(1, 3, 9));
    assertThatThrownBy(() -> Spread.of(List.of())).isInstanceOf(IllegalArgumentException.class);
  }

  /** Here the ratio of the medians would be 0.5, though one way was never below 0.8. */
  @Test
  void ratiosAreTakenWithinARound() {
    Results results = rates(new double[] {100, 1000, 10}, new double[] {50, 800, 9});

    assertThat(results.ratio("drain", "way", "base", Run.PER_SECOND))
        .contains(new Spread(0.5, 0.8, 0.9));
    assertThat(results.median("drain", "way", Run.PER_SECOND)).contains(50.0);
  }

  @Test
  void whatFailedInARoundHasNoRatioOfIt() {
    Results results = rates(new double[] {100, 1000}, new double[] {50});

    assertThat(results.ratio("drain", "way", "base", Run.PER_SECOND))
        .contains(new Spread(0.5, 0.5, 0.5));
    assertThat(results.ratio("drain", "absent", "base", Run.PER_SECOND)).isEmpty();
  }

  @Test
  void allWaysAreMeasuredInEachRoundInAnyOrderAndWarmUpsDoNotCount() throws Exception {
    List<String> calls = new ArrayList<>();
    List<String> counted = new ArrayList<>();
    int rounds = 20;
    new Rounds(1, rounds)
        .take(
            List.of("a", "b", "fails"),
            way -> {
              calls.add(way);
              if (way.equals("fails")) {
                throw new WayFailedException("as planned");
              }
              return Map.of();
            },
            new Rounds.Listener<>() {
              @Override
              public void measured(String way, int round, Map<String, Double> figures) {
                counted.add(way + round);
              }

              @Override
              public void failed(String way, WayFailedException failure) {
                counted.add(way);
              }
            });

    assertThat(calls.subList(0, 3)).containsExactlyInAnyOrder("a", "b", "fails");
    Set<List<String>> orders = new HashSet<>();
    List<String> expected = new ArrayList<>(List.of("fails"));
    for (int round = 0; round < rounds; round++) {
      orders.add(calls.subList(3 + 2 * round, 5 + 2 * round));
      expected.addAll(List.of("a" + round, "b" + round));
    }
    assertThat(orders).containsExactlyInAnyOrder(List.of("a", "b"), List.of("b", "a"));
    assertThat(counted).containsExactlyInAnyOrderElementsOf(expected);
  }

  @Test
  void theFirstWayOfAPartIsTheFirstInTablesWhoeverWasMeasuredFirst() {
    var results = new Results();
    results.addInOrder(
        List.of("base", "absent", "way"),
        List.of(
            new Run("drain", "way", 0, Map.of()),
            new Run("drain", "base", 0, Map.of()),
            new Run("drain", "way", 1, Map.of()),
            new Run("drain", "base", 1, Map.of())));

    assertThat(results.ways("drain")).containsExactly("base", "way");
    assertThat(results.runs("drain")).extracting(Run::round).containsExactly(0, 1, 0, 1);
  }

  @Test
  void anAuditSeesLossRepeatsAndDisorder() {
    var audit = new Audit(0, 2 * Events.KEYS + 3);
    audit.saw(Events.KEYS);
    audit.saw(0); // of the same key, and later than its successor
    audit.saw(1);
    audit.saw(1);

    assertThat(audit.figures())
        .isEqualTo(Map.of(Run.LOST, 2.0 * Events.KEYS, Run.DUPLICATES, 1.0, Run.DISORDER, 1.0));
  }

  @Test
  void onlyRowpostIsHeldToItsPromises() {
    var results = new Results();
    for (Entrant entrant : List.of(Entrant.LOG, Entrant.RAW_NOTIFY, Entrant.DEBEZIUM)) {
      results.describe(
          entrant.name(), new Results.Described(entrant.title(), entrant.rowpost(), ""));
      results.add(new Run("drain", entrant.name(), 0, Map.of(Run.LOST, 1.0)));
    }

    assertThat(results.badEvents("drain")).isEqualTo(1);
  }

  @Test
  void latencyIsFromTheCommitAndNeverBelowZero() {
    Map<String, Double> figures =
        Latency.percentiles(
            new long[] {1_000, 2_000, 3_000, 4_000}, new long[] {900, 3_000, 5_000, 0});

    assertThat(figures).containsEntry(Run.P50, 1.0).containsEntry(Run.P99, 2.0);
  }
}
