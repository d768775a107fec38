package io.rowpost.verification;

import io.rowpost.verification.Event.Kind;
import java.time.Duration;

/**
 * What may follow a fault, so that a history can be judged without knowing the faults.
 *
 * @param fault its number in the list of faults
 * @param victim the process it struck, or {@link #NOBODY}; what that one does is no recovery
 * @param repeats how many messages may be published again until the next mark
 * @param recovery the time until things go on, or zero where nothing stood still
 * @param shownBy what shows that things go on: SENT, EXIT or OK
 */
record Mark(int fault, int victim, long repeats, Duration recovery, Kind shownBy) {
  static final int NOBODY = -1;

  /**
   * The number of what is no fault: all processes start at once, and answers that come late since
   * two cores are busy with that let messages be sent again.
   */
  static final int START = 0;

  static final long ANY_NUMBER = Long.MAX_VALUE;

  /** Of a fault that nothing may follow from: no repeat, and nobody is held up. */
  static Mark harmless(int fault) {
    return new Mark(fault, NOBODY, 0, Duration.ZERO, Kind.SENT);
  }

  Mark victim(Member member) {
    return new Mark(fault, member.process(), repeats, recovery, shownBy);
  }

  Mark repeats(long allowed) {
    return new Mark(fault, victim, allowed, recovery, shownBy);
  }

  Mark recovery(Duration bound, Kind shown) {
    return new Mark(fault, victim, repeats, bound, shown);
  }

  static Mark of(Event event) {
    return new Mark(
        (int) event.number(),
        event.key(),
        event.hash(),
        Duration.ofNanos(event.message()),
        Kind.of(event.hop()));
  }

  void write(HistoryWriter history, Kind beginsOrEnds) {
    history.write(
        beginsOrEnds, shownBy.code(), victim, fault, Event.NO_ID, recovery.toNanos(), repeats);
  }
}
