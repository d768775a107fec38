package scenario.order;

import java.io.PrintStream;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import picocli.CommandLine.Help.Ansi;

/** Prints the demo's lines, with colours where a person is watching. Thread-safe. */
final class Terminal {
  private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss.SSS");

  private final PrintStream out;

  Terminal(PrintStream out) {
    this.out = out;
  }

  /** A line as it stands, with picocli's markup for colours. */
  void print(String line) {
    out.println(Ansi.AUTO.string(line));
  }

  /** A line of the story, with the time of day. */
  void tell(String line) {
    print("@|faint %s|@  %s".formatted(LocalTime.now(ZoneId.systemDefault()).format(TIME), line));
  }

  void heading(String line) {
    print("%n@|bold %s|@".formatted(line));
  }

  /** A measured time for people, with two digits that count: 0.08 ms, 1.3 ms, 47 ms, 4.1 s. */
  static String span(long nanos) {
    double millis = nanos / 1e6;
    if (millis < 1) {
      return "%.2f ms".formatted(millis);
    }
    if (millis < 10) {
      return "%.1f ms".formatted(millis);
    }
    return millis < 1000 ? "%.0f ms".formatted(millis) : "%.1f s".formatted(millis / 1000);
  }
}
