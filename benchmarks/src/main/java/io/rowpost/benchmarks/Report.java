package io.rowpost.benchmarks;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Tables in Markdown, and their place in a document. */
final class Report {
  static final String BEGIN = "<!-- begin of what make bench writes -->\n";
  static final String END = "<!-- end of what make bench writes -->\n";

  /** Headings of the figures that have a column of their own, in this order. */
  private static final Map<String, String> HEADINGS = new LinkedHashMap<>();

  static {
    HEADINGS.put(Run.PER_SECOND, "events/s");
    HEADINGS.put(Run.CPU, "CPU µs");
    HEADINGS.put(Run.CLIENT_CPU, "client's");
    HEADINGS.put(Run.SERVER_CPU, "server's");
    HEADINGS.put(Run.WAL, "WAL bytes");
    HEADINGS.put(Run.DEAD, "dead rows");
    HEADINGS.put(Run.P50, "p50 ms");
    HEADINGS.put(Run.P99, "p99 ms");
    HEADINGS.put(Run.P999, "p99.9 ms");
    HEADINGS.put(Append.RoundTripsOf.ROUND_TRIPS, "round trips");
    HEADINGS.put(Latency.Idle.PERCENT, "% of a core");
    HEADINGS.put(Hardship.Memory.FIRST_MILLIS, "first publish, ms");
    HEADINGS.put(Hardship.Memory.GROWTH, "heap growth, MB");
  }

  private final List<String> lines = new ArrayList<>();

  /** What was measured where and how. */
  void settings(String heading, Map<String, String> rows) {
    line("| %s | |", heading);
    line("|---|---|");
    rows.forEach((name, value) -> line("| %s | %s |", name, value));
    line("");
  }

  /** A part's figures, one way in each row; ratios are those to the first of them. */
  void part(String part, String title, Results results) {
    List<String> ways = results.ways(part);
    List<String> figures =
        HEADINGS.keySet().stream()
            .filter(
                figure -> ways.stream().anyMatch(w -> results.median(part, w, figure).isPresent()))
            .toList();
    boolean rated = figures.contains(Run.PER_SECOND) && !figures.contains(Run.P50);
    boolean audited =
        ways.stream().anyMatch(way -> results.median(part, way, Run.LOST).isPresent());
    List<String> headings = new ArrayList<>(List.of(title));
    figures.forEach(figure -> headings.add(HEADINGS.get(figure)));
    if (rated) {
      headings.add(2, "ratio");
    }
    if (audited) {
      headings.add("lost / repeated / out of order");
    }
    row(headings);
    line("|---%s|", "|--:".repeat(headings.size() - 1));
    for (String way : ways) {
      List<String> cells = new ArrayList<>(List.of(results.title(way)));
      for (String figure : figures) {
        cells.add(results.median(part, way, figure).map(Report::number).orElse(""));
      }
      if (rated) {
        cells.add(2, ratio(results, part, way, ways.get(0)));
      }
      if (audited) {
        cells.add(audit(results, part, way));
      }
      row(cells);
    }
    line("");
    Results.Facts facts = results.facts().get(part);
    if (facts != null) {
      line(
          "`%s`, %s, %s; load average %.1f before, %.1f after",
          facts.command(), facts.date(), facts.machine(), facts.loadBefore(), facts.loadAfter());
      line("");
    }
  }

  private static String ratio(Results results, String part, String way, String base) {
    if (way.equals(base)) {
      return "1";
    }
    return results.ratio(part, way, base, Run.PER_SECOND).map(Report::text).orElse("");
  }

  private static String text(Spread ratio) {
    return "**%s** (%s to %s)"
        .formatted(number(ratio.median()), number(ratio.least()), number(ratio.most()));
  }

  private static String audit(Results results, String part, String way) {
    List<String> counts = new ArrayList<>();
    for (String figure : List.of(Run.LOST, Run.DUPLICATES, Run.DISORDER)) {
      results.spread(part, way, figure).ifPresent(worst -> counts.add(number(worst.most())));
    }
    return String.join(" / ", counts);
  }

  /** Each goal with what was measured. */
  void goals(List<Goal> goals, Results results) {
    line("| goal | | wanted | measured | met |");
    line("|---|---|--:|--:|---|");
    for (Goal goal : goals) {
      Optional<Double> measured = goal.figure().apply(results);
      if (measured.isPresent()) {
        double value = measured.get();
        String met = goal.isMetBy(value) ? "yes" : "**no**";
        row(List.of(goal.name(), goal.text(), goal.words(), number(value), met));
      }
    }
    line("");
  }

  private void row(List<String> cells) {
    lines.add("| " + String.join(" | ", cells) + " |");
  }

  private void line(String format, Object... values) {
    lines.add(String.format(Locale.ROOT, format, values));
  }

  /** With as many digits as mean something. */
  static String number(double value) {
    double size = Math.abs(value);
    int decimals = size >= 100 || size == Math.rint(size) ? 0 : size >= 10 ? 1 : 2;
    return String.format(Locale.ROOT, "%,." + decimals + "f", value);
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
