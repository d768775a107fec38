package io.rowpost.verification;

import io.rowpost.verification.Verdict.Check;
import io.rowpost.verification.Verdict.Finding;
import io.rowpost.verification.Verdict.Struck;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** What a run has shown, as a text and as a page that needs nothing but itself. */
record Report(FaultRun run, String server, Setup setup, Verdict verdict, Lag lag) {
  private static final int WIDTH = 900;
  private static final int HEIGHT = 160;

  private static final String PAGE =
      """
      <!DOCTYPE html>
      <html lang="en">
      <meta charset="utf-8">
      <title>%1$s</title>
      <style>
        body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem;
               color: #1c1c1c; background: #fff; }
        table { border-collapse: collapse; margin: 1rem 0; }
        th, td { text-align: left; padding: .2rem .8rem .2rem 0; border-bottom: 1px solid #ddd;
                 vertical-align: top; }
        td.n { text-align: right; font-variant-numeric: tabular-nums; }
        .bad { color: #b00020; font-weight: 600; }
        .good { color: #1b6e33; }
        svg { width: 100%%; height: auto; background: #fafafa; }
        code { font-size: .9em; }
      </style>
      <h1>%1$s: <span class="%2$s">%3$s</span></h1>
      <p>%4$s. Seed %5$d.</p>
      <h2>Verdict</h2>
      <table><tr><th>Guarantee<th>Violations<th>What would be one<th>Examples%6$s</table>
      <h2>What there was to judge</h2>
      <table>%7$s</table>
      <h2>Lag</h2>
      <p>Committed and not yet in the topic; the grey lines are faults.</p>
      %8$s
      <p>In the first topic and not yet handled.</p>
      %9$s
      <h2>Faults</h2>
      <table><tr><th>After<th>Fault<th>Process<th>Repeats<th>Went on after<th>Bound<th>In leases%10$s</table>
      <p>Seconds from the start of the run. A line without a bound is the begin of a fault, or of one
      that holds nothing up.</p>
      </html>
      """;

  /** Writes both into a folder, under the run's name. */
  void write(Path folder) throws IOException {
    Files.createDirectories(folder);
    Files.writeString(folder.resolve(run.name() + ".txt"), text());
    Files.writeString(folder.resolve(run.name() + ".html"), html());
  }

  String text() {
    var text = new StringBuilder();
    text.append(
        fill(
            "%s: %s%n%s, seed %d%n%n",
            run.name(), verdict.isClean() ? "sound" : "BROKEN", server, run.seed()));
    verdict
        .findings()
        .forEach(
            (check, finding) ->
                text.append(
                    fill(
                        "%-5s %-16s %6d  %s%n",
                        check.guarantee(),
                        check,
                        finding.count(),
                        finding.count() == 0 ? "" : finding.examples())));
    text.append(fill("%n%s%n%n", verdict.figures()));
    for (Struck struck : verdict.faults()) {
      if (!struck.mark().recovery().isZero() || struck.repeats() > 0) {
        text.append(
            fill(
                "%8.1f s  F%-2d  process %2d  %3d repeats  went on after %s of %s, %s leases%n",
                seconds(struck.nanos() - lag.startNanos()),
                struck.mark().fault(),
                struck.mark().victim(),
                struck.repeats(),
                struck.recovered(),
                struck.mark().recovery(),
                leases(struck.recovered())));
      }
    }
    return text.toString();
  }

  String html() {
    boolean clean = verdict.isClean();
    return fill(
        PAGE,
        escaped(run.name()),
        clean ? "good" : "bad",
        clean ? "sound" : "broken",
        escaped(server),
        run.seed(),
        rows(verdict.findings()),
        figures(),
        plot(lag.unpublished()),
        plot(lag.unhandled()),
        verdict.faults().stream().map(this::row).collect(Collectors.joining()));
  }

  private static String rows(Map<Check, Finding> findings) {
    var rows = new StringBuilder();
    findings.forEach(
        (check, finding) ->
            rows.append(
                fill(
                    "%n<tr><td>%s %s<td class=\"n %s\">%d<td>%s<td>%s",
                    check.guarantee(),
                    check,
                    finding.count() == 0 ? "good" : "bad",
                    finding.count(),
                    check.meaning(),
                    escaped(String.join("; ", finding.examples())))));
    return rows.toString();
  }

  private String figures() {
    Verdict.Figures figures = verdict.figures();
    return figure("appends begun", figures.appends())
        + figure("committed", figures.committed())
        + figure("rolled back", figures.refused())
        + figure("of unknown outcome", figures.unknown())
        + figure("messages in the topics", figures.published())
        + figure("of these, repeats", figures.repeats())
        + figure("effects", figures.effects())
        + figure("given up, on purpose", figures.parked())
        + figure("ms from commit to topic, median", lag.publishMillis(0.5))
        + figure("ms from commit to topic, 99 %", lag.publishMillis(0.99));
  }

  private static String figure(String what, long value) {
    return fill("%n<tr><td>%s<td class=\"n\">%,d", what, value);
  }

  private String row(Struck struck) {
    Mark mark = struck.mark();
    boolean bounded = !mark.recovery().isZero();
    return fill(
            "%n<tr><td class=\"n\">%.1f<td>F%d %s%s<td class=\"n\">%s<td class=\"n\">%d",
            seconds(struck.nanos() - lag.startNanos()),
            mark.fault(),
            escaped(title(mark.fault())),
            struck.ended() ? "" : " begins",
            mark.victim() == Mark.NOBODY ? "" : mark.victim(),
            struck.repeats())
        + fill(
            "<td class=\"n %s\">%s<td class=\"n\">%s<td class=\"n\">%s",
            struck.isSlow() ? "bad" : "",
            bounded ? fill("%.2f s", seconds(struck.recovered().toNanos())) : "",
            bounded ? fill("%.2f s", seconds(mark.recovery().toNanos())) : "",
            bounded ? leases(struck.recovered()) : "");
  }

  private String title(int fault) {
    return run.faults().stream()
        .filter(candidate -> candidate.number() == fault)
        .map(Fault::title)
        .findFirst()
        .orElse("");
  }

  private String leases(Duration time) {
    Duration lease = setup.time(Setting.LEASE);
    return fill("%.2f", (double) time.toNanos() / lease.toNanos());
  }

  /** A step line, with a vertical line for each fault. */
  private String plot(long[] values) {
    long highest = 1;
    for (long value : values) {
      highest = Math.max(highest, value);
    }
    var svg = new StringBuilder();
    svg.append(fill("<svg viewBox=\"0 0 %d %d\" role=\"img\">", WIDTH, HEIGHT + 20));
    for (Struck struck : verdict.faults()) {
      double x = x((struck.nanos() - lag.startNanos()) / (double) lag.stepNanos(), values.length);
      svg.append(
          fill(
              "%n<line x1=\"%.1f\" x2=\"%.1f\" y1=\"0\" y2=\"%d\" stroke=\"#bbb\"/>",
              x, x, HEIGHT));
    }
    svg.append(fill("%n<polyline fill=\"none\" stroke=\"#0b57d0\" points=\""));
    for (int i = 0; i < values.length; i++) {
      double y = HEIGHT - (HEIGHT - 10.0) * values[i] / highest;
      svg.append(fill("%.1f,%.1f ", x(i, values.length), y));
    }
    svg.append("\"/>");
    String scale =
        fill("highest %,d messages; %.0f s", highest, seconds(lag.stepNanos() * values.length));
    svg.append(
        fill("%n<text x=\"4\" y=\"%d\" font-size=\"12\">%s</text></svg>", HEIGHT + 15, scale));
    return svg.toString();
  }

  /** In one form wherever it is run: an SVG knows no decimal comma. */
  private static String fill(String form, Object... values) {
    return String.format(Locale.ROOT, form, values);
  }

  private static double x(double step, int steps) {
    return WIDTH * step / steps;
  }

  private static double seconds(long nanos) {
    return nanos / 1e9;
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }
}
