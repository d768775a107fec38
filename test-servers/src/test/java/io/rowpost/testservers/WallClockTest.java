package io.rowpost.testservers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("once")
class WallClockTest {

  private static final Duration TEN_MINUTES = Duration.ofMinutes(10);
  private static final long PARK_NANOS = Duration.ofMillis(100).toNanos();
  private static final long HALF_A_MINUTE = Duration.ofSeconds(30).toMillis();

  @TempDir private Path folder;

  @Test
  void isSetWhileItsProcessRuns() throws Exception {
    WallClock clock = WallClock.require(folder.resolve("clock"));
    Process child = ChildJvm.start(TimeMain.class, clock.environment(), List.of());
    try (BufferedReader lines = child.inputReader(StandardCharsets.UTF_8);
        Writer questions = child.outputWriter(StandardCharsets.UTF_8)) {
      awaitAhead(lines, questions, Duration.ZERO);
      clock.set(TEN_MINUTES);
      awaitAhead(lines, questions, TEN_MINUTES);
      clock.set(TEN_MINUTES.negated());
      awaitAhead(lines, questions, TEN_MINUTES.negated());
      clock.set(Duration.ZERO);
      awaitAhead(lines, questions, Duration.ZERO);
    } finally {
      child.destroyForcibly();
    }
  }

  /** To half a minute; its monotonic clock, and its waits, are the machine's all the while. */
  private static void awaitAhead(BufferedReader lines, Writer questions, Duration expected) {
    assertThat(
            Await.until(
                TEN_MINUTES,
                () -> Math.abs(ahead(lines, questions) - expected.toMillis()) < HALF_A_MINUTE))
        .isTrue();
  }

  private static long ahead(BufferedReader lines, Writer questions) {
    try {
      questions.write("\n");
      questions.flush();
      String[] times = lines.readLine().split(" ", -1);
      long nanos = Long.parseLong(times[1]) - System.nanoTime();
      assertThat(Duration.ofNanos(nanos).abs().toMillis()).isLessThan(HALF_A_MINUTE);
      assertThat(Long.parseLong(times[2])).isGreaterThan(PARK_NANOS / 2);
      return Long.parseLong(times[0]) - System.currentTimeMillis();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void saysWhatIsMissing() {
    assertThatThrownBy(() -> WallClock.in(folder, folder.resolve("clock")))
        .isInstanceOf(ServerAbsentException.class)
        .hasMessageContaining("install the package faketime");
  }

  /** Tells both of its clocks at every line. */
  static final class TimeMain {

    private TimeMain() {}

    public static void main(String[] arguments) throws IOException {
      for (int read = System.in.read(); read >= 0; read = System.in.read()) {
        long before = System.nanoTime();
        LockSupport.parkNanos(PARK_NANOS);
        long now = System.nanoTime();
        System.out.println(System.currentTimeMillis() + " " + now + " " + (now - before));
      }
    }
  }
}
