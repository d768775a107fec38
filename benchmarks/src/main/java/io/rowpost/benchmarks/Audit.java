package io.rowpost.benchmarks;

import java.util.BitSet;
import java.util.Map;

/** Counts what was lost, repeated or out of order among the events of one run. Thread-safe. */
final class Audit {
  private final int from;
  private final int to;
  private final BitSet seen = new BitSet();
  private final int[] lastOfKey = new int[Events.KEYS];
  private int duplicates;
  private int disorder;

  /** Expects the events of these numbers, each once, in the order of their numbers per key. */
  Audit(int from, int to) {
    this.from = from;
    this.to = to;
    java.util.Arrays.fill(lastOfKey, -1);
  }

  synchronized void saw(int number) {
    if (seen.get(number)) {
      duplicates++;
      return;
    }
    seen.set(number);
    int key = number % Events.KEYS;
    if (number < lastOfKey[key]) {
      disorder++;
    } else {
      lastOfKey[key] = number;
    }
  }

  synchronized Map<String, Double> figures() {
    int lost = to - from - seen.get(from, to).cardinality();
    return Map.of(
        Run.LOST, (double) lost,
        Run.DUPLICATES, (double) duplicates,
        Run.DISORDER, (double) disorder);
  }
}
