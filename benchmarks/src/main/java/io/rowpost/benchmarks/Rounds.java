package io.rowpost.benchmarks;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Measures ways in turn. */
final class Rounds {
  /** Of the orders, which are the same in each invocation. */
  private static final long SEED = 11;

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

  /**
   * Measures all ways in every round, each time in another order: what one leaves behind, such as
   * dead rows, must not meet the same one always.
   */
  <W> void take(List<W> ways, Turn<W> turn, Listener<W> listener) throws Exception {
    List<W> turns = new ArrayList<>(ways);
    var random = new Random(SEED);
    for (int round = -warmUps; round < rounds; round++) {
      Collections.shuffle(turns, random);
      for (W way : List.copyOf(turns)) {
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
