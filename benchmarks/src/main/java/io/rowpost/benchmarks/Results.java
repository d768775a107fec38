package io.rowpost.benchmarks;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Everything that was measured.
 *
 * <p>Quoted are medians. Ratios are taken within each round first: what slows the machine down for
 * a while slows both ways down, and their ratio stays.
 */
final class Results {
  private final List<Run> runs = new ArrayList<>();
  private final Map<String, Entrant> ways = new LinkedHashMap<>();
  private final Map<String, String> settings = new LinkedHashMap<>();

  void add(Run run) {
    runs.add(run);
  }

  /** Notes how a way was set. */
  void addSettings(Entrant way, String words) {
    ways.put(way.name(), way);
    settings.put(way.name(), words);
  }

  /** How the ways were set, by their names. */
  Map<String, String> settings() {
    return Map.copyOf(settings);
  }

  String title(String way) {
    Entrant entrant = ways.get(way);
    return entrant == null ? way : entrant.title();
  }

  /** Events that an audit has objected to, of ways of a kind. */
  double badEvents(Predicate<Entrant> kind) {
    double bad = 0;
    for (Run run : runs) {
      Entrant way = ways.get(run.way());
      if (way != null && kind.test(way)) {
        for (String figure : List.of(Run.LOST, Run.DUPLICATES, Run.DISORDER)) {
          bad += run.figures().getOrDefault(figure, 0.0);
        }
      }
    }
    return bad;
  }

  List<Run> runs() {
    return List.copyOf(runs);
  }

  List<String> parts() {
    return runs.stream().map(Run::part).distinct().toList();
  }

  List<String> ways(String part) {
    return runs.stream().filter(run -> run.part().equals(part)).map(Run::way).distinct().toList();
  }

  private List<Run> of(String part, String way) {
    return runs.stream().filter(run -> run.part().equals(part) && run.way().equals(way)).toList();
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
