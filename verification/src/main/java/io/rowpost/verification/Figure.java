package io.rowpost.verification;

/** What a run may measure, beside a limit that the fault states. */
enum Figure {
  WARNINGS("I-10", "warnings and errors in a relay's log", "", Bound.AT_MOST),
  HEAP_GROWTH("I-19", "growth of a relay's heap after a collection", "MB", Bound.AT_MOST),
  SENT_WITHIN("I-10", "from commit to the broker's answer, 99 %", "ms", Bound.AT_MOST),
  APPENDED_WITHIN("I-10", "from an append to its commit, 99 %", "ms", Bound.AT_MOST),
  DRAINED("I-10", "records of a backlog published", "a second", Bound.AT_LEAST),
  PURGED("I-14", "rows that a purge deleted", "", Bound.AT_LEAST);

  /** On which side of its limit a figure is good. */
  private enum Bound {
    AT_MOST,
    AT_LEAST
  }

  private static final Figure[] VALUES = values();

  private final String guarantee;
  private final String meaning;
  private final String unit;
  private final Bound bound;

  Figure(String guarantee, String meaning, String unit, Bound bound) {
    this.guarantee = guarantee;
    this.meaning = meaning;
    this.unit = unit;
    this.bound = bound;
  }

  /** How it stands in a file, which no other version of this code ever reads. */
  @SuppressWarnings("EnumOrdinal")
  int code() {
    return ordinal();
  }

  static Figure of(int code) {
    return VALUES[code];
  }

  String guarantee() {
    return guarantee;
  }

  String meaning() {
    return meaning;
  }

  /** Empty for a number of things. */
  String unit() {
    return unit;
  }

  /** The limit's side in words. */
  String side() {
    return bound == Bound.AT_MOST ? "at most" : "at least";
  }

  /** What is no number keeps no limit. */
  boolean keeps(double value, double limit) {
    return bound == Bound.AT_MOST ? value <= limit : value >= limit;
  }
}
