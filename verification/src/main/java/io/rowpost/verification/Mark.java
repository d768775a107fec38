package io.rowpost.verification;

import io.rowpost.verification.Event.Kind;
import java.time.Duration;

/**
 * What may follow a fault, so that a history can be judged without knowing the faults.
 *
 * @param fault its number in the list of faults
 * @param victim the process it struck, or {@link #NOBODY}
 * @param repeats how many messages may be published again until the next mark
 * @param recovery the time until things go on, or zero where nothing stood still
 * @param shownBy what shows that things go on
 */
record Mark(int fault, int victim, long repeats, Duration recovery, Shown shownBy) {
  static final int NOBODY = -1;

  /** The number of what is no fault: all processes start at once. */
  static final int START = 0;

  /** Until things go on once a connection, the database or the broker is there again. */
  static final Duration GOES_ON_WITHIN = Duration.ofSeconds(2);

  /** What shows after a mark that things go on. */
  enum Shown {
    /**
     * Another than the victim was told that the broker has a message. Where nobody can be told so
     * of what was handed over before the mark.
     */
    SENT,
    /** The same, of a message that was begun after the mark. */
    NEW_SENT,
    /** The victim has handled a message. */
    HANDLED,
    /** The same, of a message that was begun after the mark. */
    NEW_HANDLED;

    private static final Shown[] VALUES = values();

    /** How it stands in a file, which no other version of this code ever reads. */
    @SuppressWarnings("EnumOrdinal")
    int code() {
      return ordinal();
    }

    static Shown of(int code) {
      return VALUES[code];
    }
  }

  /** Of a fault that nothing may follow from: no repeat, and nobody is held up. */
  static Mark harmless(int fault) {
    return new Mark(fault, NOBODY, 0, Duration.ZERO, Shown.SENT);
  }

  Mark victim(Member member) {
    return new Mark(fault, member.process(), repeats, recovery, shownBy);
  }

  Mark repeats(long allowed) {
    return new Mark(fault, victim, allowed, recovery, shownBy);
  }

  Mark recovery(Duration bound, Shown shown) {
    return new Mark(fault, victim, repeats, bound, shown);
  }

  /** Whether an event shows that things go on, of a message begun after this mark or before. */
  boolean isShownBy(Event event, boolean isNew) {
    boolean byVictim = event.process() == victim;
    return switch (shownBy) {
      case SENT -> event.kind() == Kind.SENT && !byVictim;
      case NEW_SENT -> event.kind() == Kind.SENT && !byVictim && isNew;
      case HANDLED -> event.kind() == Kind.EXIT && byVictim;
      case NEW_HANDLED -> event.kind() == Kind.EXIT && byVictim && isNew;
    };
  }

  static Mark of(Event event) {
    return new Mark(
        (int) event.number(),
        event.key(),
        event.hash(),
        Duration.ofNanos(event.message()),
        Shown.of(event.hop()));
  }

  void write(HistoryWriter history, Kind beginsOrEnds) {
    history.write(
        beginsOrEnds, shownBy.code(), victim, fault, Event.NO_ID, recovery.toNanos(), repeats);
  }
}
