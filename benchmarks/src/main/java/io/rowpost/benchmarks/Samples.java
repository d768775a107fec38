package io.rowpost.benchmarks;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * Figures of several ways to do the same, taken in turn.
 *
 * <p>Quoted are medians. Ratios are taken within each round first: what slows the machine down for
 * a while slows both ways down, and their ratio stays.
 */
final class Samples {
  private final Map<String, List<Figure>> figures = new LinkedHashMap<>();

  /** One way to do it. */
  interface Way {
    Figure measure() throws Exception;
  }

  /**
   * Measures all ways in every round, and begins each round with another one.
   *
   * @param warmUps rounds before that do not count
   * @param ways by name; the first one is what the others are compared with
   */
  static Samples take(int warmUps, int rounds, Map<String, Way> ways) throws Exception {
    var samples = new Samples();
    List<Map.Entry<String, Way>> turns = List.copyOf(ways.entrySet());
    turns.forEach(turn -> samples.figures.put(turn.getKey(), new ArrayList<>()));
    for (int round = -warmUps; round < rounds; round++) {
      for (int i = 0; i < turns.size(); i++) {
        Map.Entry<String, Way> turn = turns.get(Math.floorMod(round + i, turns.size()));
        Figure figure = turn.getValue().measure();
        if (round >= 0) {
          samples.add(turn.getKey(), figure);
        }
      }
    }
    return samples;
  }

  void add(String way, Figure figure) {
    figures.computeIfAbsent(way, w -> new ArrayList<>()).add(figure);
  }

  List<String> ways() {
    return List.copyOf(figures.keySet());
  }

  double median(String way, ToDoubleFunction<Figure> part) {
    return Spread.of(of(way).stream().map(part::applyAsDouble).toList()).median();
  }

  /** The rate of a way as a part of another's, round by round. */
  Spread ratio(String way, String base) {
    List<Figure> ways = of(way);
    List<Figure> bases = of(base);
    if (ways.size() != bases.size()) {
      throw new IllegalStateException("%s and %s were not taken in turn".formatted(way, base));
    }
    var ratios = new ArrayList<Double>();
    for (int i = 0; i < ways.size(); i++) {
      ratios.add(ways.get(i).perSecond() / bases.get(i).perSecond());
    }
    return Spread.of(ratios);
  }

  private List<Figure> of(String way) {
    List<Figure> found = figures.get(way);
    if (found == null) {
      throw new IllegalStateException("%s was not measured".formatted(way));
    }
    return found;
  }
}
