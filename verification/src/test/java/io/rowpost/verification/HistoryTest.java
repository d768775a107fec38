package io.rowpost.verification;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rowpost.verification.Event.Kind;
import io.rowpost.verification.Mark.Shown;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HistoryTest {
  private static final UUID ID = new UUID(-5, 7);

  @TempDir private Path folder;

  /** Writes until it is killed. */
  static final class WriterMain {
    private WriterMain() {}

    public static void main(String[] arguments) {
      try (var history = new HistoryWriter(Path.of(arguments[0]), 3)) {
        for (long number = 1; ; number++) {
          history.write(Kind.OK, 0, 0, number, ID, 0, 0);
          ChildControl.say("WROTE " + number);
        }
      }
    }
  }

  private List<Event> events() {
    var events = new ArrayList<Event>();
    History.read(folder).forEach(events::add);
    return events;
  }

  @Test
  void keepsEveryField() {
    long before = System.nanoTime();
    try (var history = new HistoryWriter(folder, 12)) {
      history.write(Kind.EFFECT, 2, 99, Long.MAX_VALUE, ID, -1, Long.MIN_VALUE);
    }
    Event event = events().get(0);
    assertThat(event.nanos()).isBetween(before, System.nanoTime());
    assertThat(event.wallMillis()).isPositive();
    assertThat(event)
        .isEqualTo(
            new Event(
                Kind.EFFECT,
                2,
                12,
                99,
                event.nanos(),
                event.wallMillis(),
                Long.MAX_VALUE,
                ID,
                -1,
                Long.MIN_VALUE));
  }

  @Test
  void keepsAMark() {
    Mark mark = new Mark(6, 4, Long.MAX_VALUE, Duration.ofMillis(2200), Shown.NEW_HANDLED);
    try (var history = new HistoryWriter(folder, 0)) {
      mark.write(history, Kind.FAULT_ENDS);
    }
    assertThat(Mark.of(events().get(0))).isEqualTo(mark);
  }

  @Test
  void keepsAMetric() {
    Metric metric = new Metric(Metric.Name.OLDEST_PENDING, Metric.ABSENT, 3, Long.MAX_VALUE);
    try (var history = new HistoryWriter(folder, 0)) {
      metric.write(history);
    }
    assertThat(Metric.of(events().get(0))).isEqualTo(metric);
  }

  @Test
  void keepsWhatWasMeasured() {
    var measured = new Measured(36, Figure.PURGED, 0.791, 0.8);
    try (var history = new HistoryWriter(folder, 0)) {
      measured.write(history);
    }
    assertThat(Measured.of(events().get(0))).isEqualTo(measured);
  }

  @Test
  void readsFilesInTheOrderOfProcessesAndNoPartOfAnEvent() throws Exception {
    try (var other = new HistoryWriter(folder, 2);
        var one = new HistoryWriter(folder, 1)) {
      other.write(Kind.OK, 0, 0, 3, ID, 0, 0);
      one.write(Kind.OK, 0, 0, 1, ID, 0, 0);
      one.write(Kind.OK, 0, 0, 2, ID, 0, 0);
    }
    Files.write(History.file(folder, 1), new byte[Event.BYTES - 1], StandardOpenOption.APPEND);
    assertThat(events()).extracting(Event::number).containsExactly(1L, 2L, 3L);
  }

  @Test
  void isWrittenByAThreadThatIsInterrupted() {
    try (var history = new HistoryWriter(folder, 1)) {
      Thread.currentThread().interrupt();
      history.write(Kind.OK, 0, 0, 1, ID, 0, 0);
      assertThat(Thread.interrupted()).isTrue();
      history.write(Kind.OK, 0, 0, 2, ID, 0, 0);
    }
    assertThat(events()).extracting(Event::number).containsExactly(1L, 2L);
  }

  @Test
  void isNeverWrittenOver() {
    new HistoryWriter(folder, 1).close();
    assertThatThrownBy(() -> new HistoryWriter(folder, 1)).isInstanceOf(UncheckedIOException.class);
  }

  @Test
  void aKillLosesNothingThatWasWritten() throws Exception {
    try (var child =
        new Child(WriterMain.class, folder.resolve("log"), List.of(folder.toString()), Map.of())) {
      child.await("WROTE 1000"::equals, Duration.ofMinutes(1));
      child.kill();
    }
    List<Event> events = events();
    assertThat(events).hasSizeGreaterThanOrEqualTo(1000);
    for (int i = 0; i < events.size(); i++) {
      assertThat(events.get(i).number()).isEqualTo(i + 1);
    }
  }

  @Test
  void anEventCostsFewMicroseconds() {
    int events = 100_000;
    long began = System.nanoTime();
    try (var history = new HistoryWriter(folder, 1)) {
      for (int i = 0; i < events; i++) {
        history.write(Kind.OK, 0, 0, i, ID, 0, 0);
      }
    }
    long each = (System.nanoTime() - began) / events;
    System.out.printf("an event of a history: %d ns%n", each);
    assertThat(each).isLessThan(TimeUnit.MILLISECONDS.toNanos(1));
  }

  @Test
  void aPayloadTellsWhetherItsBytesAreItsOwn() {
    Payload payload = Payload.of(ID, 3, 77, 100);
    byte[] bytes = payload.bytes();
    assertThat(Payload.read(bytes)).isEqualTo(payload);
    assertThat(payload.next().hop()).isEqualTo(1);
    assertThat(payload.next().hash()).isNotEqualTo(payload.hash());
    bytes[60] ^= 1;
    assertThat(Payload.read(bytes).hash()).isZero();
  }
}
