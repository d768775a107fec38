package io.rowpost.benchmarks;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Everything that was measured.
 *
 * <p>Quoted are medians. Ratios are taken within each round first: what slows the machine down for
 * a while slows both ways down, and their ratio stays.
 */
final class Results {
  private final List<Run> runs = new ArrayList<>();
  private final Map<String, Described> ways = new LinkedHashMap<>();
  private final Map<String, Facts> facts = new LinkedHashMap<>();

  /**
   * A way in words.
   *
   * @param rowpost whether it promises what Rowpost promises: peers and SQL by hand do not
   * @param settings how it was set
   */
  record Described(String title, boolean rowpost, String settings) {}

  /**
   * When and where a part was measured.
   *
   * @param command how to measure it again
   * @param date in UTC, such as 2026-11-24
   */
  record Facts(
      String command,
      String date,
      String machine,
      double loadBefore,
      double loadAfter,
      Map<String, String> versions) {}

  void add(Run run) {
    runs.add(run);
  }

  /** Adds runs way by way: tables compare with the first one, whoever was measured first. */
  void addInOrder(List<String> order, List<Run> measured) {
    for (String way : order) {
      measured.stream().filter(run -> run.way().equals(way)).forEach(this::add);
    }
  }

  void describe(String way, Described described) {
    ways.put(way, described);
  }

  void addFacts(String part, Facts measured) {
    facts.put(part, measured);
  }

  /** Those that were started in a JVM of their own, by their names. */
  Map<String, Described> ways() {
    return Collections.unmodifiableMap(ways);
  }

  /** By the names of parts. */
  Map<String, Facts> facts() {
    return Collections.unmodifiableMap(facts);
  }

  /** Of the part that was measured last. */
  Optional<Facts> newest() {
    return facts.values().stream().max(Comparator.comparing(Facts::date));
  }

  String title(String way) {
    Described described = ways.get(way);
    return described == null ? way : described.title();
  }

  /** Events that an audit has objected to, in a part, of Rowpost. */
  double badEvents(String part) {
    double bad = 0;
    for (Run run : runs) {
      Described way = ways.get(run.way());
      if (run.part().equals(part) && way != null && way.rowpost()) {
        for (String figure : List.of(Run.LOST, Run.DUPLICATES, Run.DISORDER)) {
          bad += run.figures().getOrDefault(figure, 0.0);
        }
      }
    }
    return bad;
  }

  List<Run> runs(String part) {
    return runs.stream().filter(run -> run.part().equals(part)).toList();
  }

  List<String> parts() {
    return runs.stream().map(Run::part).distinct().toList();
  }

  List<String> ways(String part) {
    return runs(part).stream().map(Run::way).distinct().toList();
  }

  private List<Run> of(String part, String way) {
    return runs(part).stream().filter(run -> run.way().equals(way)).toList();
  }

  /** A figure over the rounds, if it was measured. */
  Optional<Spread> spread(String part, String way, String figure) {
    List<Double> values = new ArrayList<>();
    for (Run run : of(part, way)) {
      Double value = run.figures().get(figure);
      if (value != null) {
        values.add(value);
      }
    }
    return values.isEmpty() ? Optional.empty() : Optional.of(Spread.of(values));
  }

  /** A figure of all ways of a part that have it. */
  Map<String, Spread> spreads(String part, String figure) {
    Map<String, Spread> spreads = new LinkedHashMap<>();
    for (String way : ways(part)) {
      spread(part, way, figure).ifPresent(spread -> spreads.put(way, spread));
    }
    return spreads;
  }

  Optional<Double> median(String part, String way, String figure) {
    return spread(part, way, figure).map(Spread::median);
  }

  /** A figure of a way as a part of another's, round by round. */
  Optional<Spread> ratio(String part, String way, String base, String figure) {
    List<Double> ratios = new ArrayList<>();
    for (Run run : of(part, way)) {
      for (Run other : of(part, base)) {
        Double value = run.figures().get(figure);
        Double bound = other.figures().get(figure);
        if (other.round() == run.round() && value != null && bound != null) {
          ratios.add(value / bound);
        }
      }
    }
    return ratios.isEmpty() ? Optional.empty() : Optional.of(Spread.of(ratios));
  }
}
