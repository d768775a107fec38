package io.rowpost.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Tables in Markdown, and their place in a document. */
final class Report {
  static final String BEGIN = "<!-- begin of what make bench writes -->\n";
  static final String END = "<!-- end of what make bench writes -->\n";

  private final List<String> lines = new ArrayList<>();

  /** What was measured where and how. */
  void settings(Map<String, String> rows) {
    line("| | |");
    line("|---|---|");
    rows.forEach((name, value) -> line("| %s | %s |", name, value));
    line("");
  }

  /** Rates of several ways; the first of them is the base of the ratios. */
  void rates(String what, String unit, Samples samples) {
    String base = samples.ways().get(0);
    line("| %s | %s/s | ratio | CPU µs | WAL bytes |", what, unit);
    line("|---|--:|--:|--:|--:|");
    for (String way : samples.ways()) {
      line(
          "| %s | %,.0f | %s | %.1f | %,.0f |",
          way,
          samples.median(way, Figure::perSecond),
          way.equals(base) ? "1" : text(samples.ratio(way, base)),
          samples.median(way, Figure::cpuMicros),
          samples.median(way, Figure::walBytes));
    }
    line("");
  }

  private static String text(Spread ratio) {
    return String.format(
        Locale.ROOT, "**%.2f** (%.2f to %.2f)", ratio.median(), ratio.least(), ratio.most());
  }

  /** Counts by name. */
  void counts(String what, String count, Map<String, Double> rows) {
    line("| %s | %s |", what, count);
    line("|---|--:|");
    rows.forEach((name, number) -> line("| %s | %.2f |", name, number));
    line("");
  }

  private void line(String format, Object... values) {
    lines.add(String.format(Locale.ROOT, format, values));
  }

  /** The tables, with an empty line after each. */
  String text() {
    return String.join("\n", lines) + "\n";
  }

  /**
   * Puts this between the marks of a document.
   *
   * @throws RefusedException if it has not both of them once, in this order
   */
  static String insert(String document, String text) {
    int begin = document.indexOf(BEGIN);
    int end = document.indexOf(END);
    boolean placed =
        begin >= 0
            && end > begin
            && document.lastIndexOf(BEGIN) == begin
            && document.lastIndexOf(END) == end;
    if (!placed) {
      throw new RefusedException(
          "the README has no place for the table",
          "put these two lines where it belongs:\n" + BEGIN + END.strip());
    }
    return document.substring(0, begin + BEGIN.length()) + "\n" + text + document.substring(end);
  }
}
