package io.rowpost.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Measures ways in turn. */
final class Rounds {
  private final int warmUps;
  private final int rounds;

  Rounds(int warmUps, int rounds) {
    this.warmUps = warmUps;
    this.rounds = rounds;
  }

  /** Measures one way once. */
  interface Turn<W> {
    Map<String, Double> measure(W way) throws Exception;
  }

  /** Hears what was measured in rounds that count. */
  interface Listener<W> {
    void measured(W way, int round, Map<String, Double> figures);

    /** The way takes no part in later rounds. */
    void failed(W way, WayFailedException failure);
  }

  /** Measures all ways in every round, and begins each round with another one. */
  <W> void take(List<W> ways, Turn<W> turn, Listener<W> listener) throws Exception {
    List<W> turns = new ArrayList<>(ways);
    for (int round = -warmUps; round < rounds; round++) {
      for (int i = 0; i < ways.size(); i++) {
        W way = ways.get(Math.floorMod(round + i, ways.size()));
        if (!turns.contains(way)) {
          continue;
        }
        try {
          Map<String, Double> figures = turn.measure(way);
          if (round >= 0) {
            listener.measured(way, round, figures);
          }
        } catch (WayFailedException e) {
          turns.remove(way);
          listener.failed(way, e);
        }
      }
    }
  }
}
