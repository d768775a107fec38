package io.rowpost.verification;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Reports that are kept with the project, and their index, which is made from them.
 *
 * <p>{@code main} with the name of a run takes its last report in.
 */
final class Results {
  static final Path FOLDER = Path.of("results");
  static final String INDEX = "README.md";

  /** As {@link Report#text} begins. */
  private static final Pattern HEAD =
      Pattern.compile(
          "(?<name>\\S+): (?<verdict>\\w+)\\R"
              + "(?<server>.+), seed (?<seed>-?\\d+)\\R"
              + "(?<day>[\\d-]+)T\\S+, (?<seconds>\\d+) s, (?<events>\\d+) events\\R");

  private Results() {}

  /** Takes the last report of a run in. */
  public static void main(String[] arguments) throws IOException {
    if (arguments.length != 1) {
      System.err.println("No report was kept: RUN= names no run, such as RUN=soak-postgres_log");
      System.exit(2);
    }
    System.out.println("Kept: " + keep(FaultRun.REPORTS, arguments[0], FOLDER));
  }

  /** Copies a report under its day and name, and writes the index anew; returns the text's copy. */
  static Path keep(Path reports, String run, Path folder) throws IOException {
    Path text = reports.resolve(run + ".txt");
    Entry entry = Entry.read(text);
    Files.createDirectories(folder);
    Path kept = folder.resolve(entry.day + "-" + run + ".txt");
    Files.copy(text, kept, StandardCopyOption.REPLACE_EXISTING);
    Files.copy(reports.resolve(run + ".html"), page(kept), StandardCopyOption.REPLACE_EXISTING);
    Files.writeString(folder.resolve(INDEX), index(folder));
    return kept;
  }

  private static Path page(Path text) {
    return text.resolveSibling(text.getFileName().toString().replace(".txt", ".html"));
  }

  /** The index of the reports that lie in a folder. */
  static String index(Path folder) throws IOException {
    var entries = new ArrayList<Entry>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.filter(path -> path.toString().endsWith(".txt")).sorted().toList()) {
        entries.add(Entry.read(file));
      }
    }
    var rows = new StringBuilder();
    entries.forEach(entry -> rows.append(entry.row()));
    long events = entries.stream().mapToLong(Entry::events).sum();
    return String.format(
        Locale.ROOT,
        """
        # Results

        Reports of runs on real processes, as they were written: the text here, the page with its plots beside it.
        `make keep-report RUN=<name>` takes the last report of a run in and writes this list; a test compares the
        list with the reports. Red runs that found something belong here as well.

        | run | day | minutes | events | seed | verdict |
        |---|---|--:|--:|--:|---|
        %s
        In all %,d events in %d reports.
        """,
        rows,
        events,
        entries.size());
  }

  private record Entry(
      Path file, String name, String day, long seconds, long events, String seed, String verdict) {
    static Entry read(Path file) throws IOException {
      Matcher head = HEAD.matcher(Files.readString(file));
      if (!head.lookingAt()) {
        throw new IllegalArgumentException(file + " does not begin as a report does");
      }
      return new Entry(
          file,
          head.group("name"),
          head.group("day"),
          Long.parseLong(head.group("seconds")),
          Long.parseLong(head.group("events")),
          head.group("seed"),
          head.group("verdict"));
    }

    String row() {
      return String.format(
          Locale.ROOT,
          "| [%s](%s) | %s | %.1f | %,d | %s | %s |%n",
          name,
          file.getFileName(),
          day,
          seconds / 60.0,
          events,
          seed,
          verdict);
    }
  }
}
