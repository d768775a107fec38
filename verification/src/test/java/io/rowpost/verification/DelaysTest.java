package io.rowpost.verification;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowpost.verification.Event.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class DelaysTest {
  private static final long MILLI = 1_000_000;

  private final List<Event> events = new ArrayList<>();

  private void add(Kind kind, int hop, long number, long millis) {
    var id = new UUID(1, number);
    events.add(new Event(kind, hop, 1, 0, millis * MILLI, 0, number, id, 0, 0));
  }

  private Delays delays(Kind from, Kind to, long beginsMillis, long endsMillis) {
    return Delays.of(events, from, to, new Span(beginsMillis * MILLI, endsMillis * MILLI));
  }

  @Test
  void measuresWhatBeginsInTheSpan() {
    add(Kind.OK, 0, 1, 99);
    add(Kind.OK, 0, 2, 100);
    add(Kind.OK, 0, 3, 199);
    add(Kind.OK, 0, 4, 200);
    for (long number = 1; number <= 4; number++) {
      add(Kind.SENT, 0, number, 300);
    }
    assertThat(delays(Kind.OK, Kind.SENT, 100, 200).nanos())
        .containsExactly(101 * MILLI, 200 * MILLI);
  }

  @Test
  void countsTheFirstEndOfTheFirstHopInWhateverOrderFilesAreRead() {
    add(Kind.SENT, 0, 1, 130);
    add(Kind.SENT, 0, 1, 170);
    add(Kind.OK, 0, 1, 120);
    // What follows from it carries its id along.
    add(Kind.SENT, 1, 2, 121);
    add(Kind.SENT, 0, 2, 125);
    add(Kind.OK, 0, 2, 120);
    // A relay may be faster than the answer to a commit.
    add(Kind.SENT, 0, 3, 110);
    add(Kind.OK, 0, 3, 120);
    assertThat(delays(Kind.OK, Kind.SENT, 100, 200).nanos())
        .containsExactly(0, 5 * MILLI, 10 * MILLI);
  }

  @Test
  void aMessageThatWasNeverSentIsTheSlowest() {
    long now = System.nanoTime() / MILLI;
    add(Kind.OK, 0, 1, now - 5000);
    assertThat(delays(Kind.OK, Kind.SENT, now - 6000, now).p99Millis()).isBetween(5000., 60_000.);
  }

  @Test
  void whatWasRolledBackTookNoTime() {
    add(Kind.INVOKE, 0, 1, 100);
    add(Kind.FAIL, 0, 1, 150);
    add(Kind.INVOKE, 0, 2, 100);
    add(Kind.OK, 0, 2, 101);
    assertThat(delays(Kind.INVOKE, Kind.OK, 0, 200).nanos()).containsExactly(MILLI);
  }

  @Test
  void ninetyNineOfAHundredAreFaster() {
    for (int i = 0; i < 200; i++) {
      add(Kind.OK, 0, i, 100);
      add(Kind.SENT, 0, i, 101 + i);
    }
    assertThat(delays(Kind.OK, Kind.SENT, 100, 200).p99Millis()).isEqualTo(199);
    assertThat(delays(Kind.OK, Kind.SENT, 300, 400).p99Millis()).isNaN();
  }
}
