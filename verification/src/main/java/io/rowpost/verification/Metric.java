package io.rowpost.verification;

import io.rowpost.verification.Event.Kind;

/**
 * A figure that Rowpost told of itself, and what it could be by what is known without asking it.
 *
 * @param said {@link #ABSENT} if it told none
 */
record Metric(Name name, long said, long least, long most) {
  static final long ABSENT = -1;

  /** Which figure. */
  enum Name {
    PENDING("pending"),
    FAILED("failed"),
    DISCARDED("discarded"),
    SENT("sent and kept"),
    OLDEST_PENDING("age of the oldest pending record in ms"),
    COMPLETED("completed by a consumer"),
    UNACKNOWLEDGED("published and not acknowledged");

    private static final Name[] VALUES = values();

    private final String words;

    Name(String words) {
      this.words = words;
    }

    /** How it stands in a file, which no other version of this code ever reads. */
    @SuppressWarnings("EnumOrdinal")
    int code() {
      return ordinal();
    }
  }

  static Metric exactly(Name name, long said, long truth) {
    return new Metric(name, said, truth, truth);
  }

  static Metric of(Event event) {
    return new Metric(Name.VALUES[event.key()], event.number(), event.message(), event.hash());
  }

  void write(HistoryWriter history) {
    history.write(Kind.METRIC, 0, name.code(), said, Event.NO_ID, least, most);
  }

  boolean isTrue() {
    return least <= said && said <= most;
  }

  @Override
  public String toString() {
    return "%s: told %d, and it is %d to %d".formatted(name.words, said, least, most);
  }
}
