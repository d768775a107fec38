package io.rowpost.verification;

import java.util.Arrays;
import java.util.UUID;

/** Numbers ids from 0, in the order in which they come. 20 to 40 bytes an id. */
final class Ids {
  static final int UNKNOWN = -1;

  /** Pairs of halves; the place of a pair is its number. */
  private long[] halves = new long[2 << 10];

  /** Open addressing: 1 + the number of an id, 0 for a free place. */
  private int[] table = new int[2 << 10];

  private int count;

  int count() {
    return count;
  }

  /** The number of an id, a new one if it has none. */
  int add(UUID id) {
    if (2 * count >= table.length) {
      grow();
    }
    int place = place(id.getMostSignificantBits(), id.getLeastSignificantBits());
    if (table[place] == 0) {
      halves[2 * count] = id.getMostSignificantBits();
      halves[2 * count + 1] = id.getLeastSignificantBits();
      table[place] = ++count;
    }
    return table[place] - 1;
  }

  /** The number of an id, or {@link #UNKNOWN}. */
  int find(UUID id) {
    return table[place(id.getMostSignificantBits(), id.getLeastSignificantBits())] - 1;
  }

  UUID get(int number) {
    return new UUID(halves[2 * number], halves[2 * number + 1]);
  }

  private int place(long high, long low) {
    long mixed = high * 0x9E3779B97F4A7C15L;
    mixed = ((mixed ^ mixed >>> 32) + low) * 0xD6E8FEB86659FD93L;
    int mask = table.length - 1;
    int place = (int) (mixed >>> 32) & mask;
    while (table[place] != 0 && !holds(table[place] - 1, high, low)) {
      place = (place + 1) & mask;
    }
    return place;
  }

  private boolean holds(int number, long high, long low) {
    return halves[2 * number] == high && halves[2 * number + 1] == low;
  }

  private void grow() {
    halves = Arrays.copyOf(halves, 2 * halves.length);
    table = new int[2 * table.length];
    for (int i = 0; i < count; i++) {
      table[place(halves[2 * i], halves[2 * i + 1])] = i + 1;
    }
  }
}
