package io.rowpost.verification;

import io.rowpost.verification.Plot.Line;
import io.rowpost.verification.Samples.Measure;
import io.rowpost.verification.Verdict.Check;
import io.rowpost.verification.Verdict.Finding;
import io.rowpost.verification.Verdict.Struck;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What a run has shown, as a text and as a page that needs nothing but itself.
 *
 * @param ended when the run was over
 */
record Report(
    FaultRun run,
    String server,
    Setup setup,
    Verdict verdict,
    Lag lag,
    Samples samples,
    Instant ended) {

  static final String SOUND = "sound";
  static final String BROKEN = "BROKEN";

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
      <p>%4$s. Seed %5$d. %11$s.</p>
      <h2>Verdict</h2>
      <table><tr><th>Guarantee<th>Violations<th>What would be one<th>Examples%6$s</table>
      <h2>What there was to judge</h2>
      <table>%7$s</table>
      %14$s
      <h2>Lag</h2>
      <p>Committed and not yet in the topic; the grey lines are faults.</p>
      %8$s
      <p>In the first topic and not yet handled.</p>
      %9$s
      <h2>What it took</h2>
      <p>The most that one process of its kind took, then the tables.</p>
      %12$s
      <h2>Growth</h2>
      <p>In the longest life of each kind of process: the median of its second quarter and of its last
      one. Growing is what is more than a fifth above, and by more than a slack.</p>
      <table><tr><th>Process<th>Life<th>What<th>Early<th>Late<th>Verdict%13$s</table>
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
            "%s: %s%n%s, seed %d%n%s%n%n",
            run.name(), verdict.isClean() ? SOUND : BROKEN, server, run.seed(), extent()));
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
    for (Measured measured : verdict.measured()) {
      text.append(
          fill(
              "F%-2d  %s: %s, %s%n",
              measured.fault(),
              measured.figure().meaning(),
              measured.valueText(),
              measured.limitText()));
    }
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
    appendCurves(text);
    return text.toString();
  }

  /** When, how long, and how much. */
  private String extent() {
    return fill(
        "%s, %.0f s, %d events",
        DateTimeFormatter.ISO_INSTANT.format(ended.truncatedTo(ChronoUnit.SECONDS)),
        seconds(lag.endNanos() - lag.startNanos()),
        verdict.figures().events());
  }

  private void appendCurves(StringBuilder text) {
    text.append(fill("%n%-44s %10s %10s %10s%n", "what it took", "first", "last", "highest"));
    for (Measure measure : Measure.values()) {
      samples.lines(measure).forEach(line -> appendCurve(text, line, measure.unit()));
    }
    samples.deadRows().forEach(line -> appendCurve(text, line, "dead rows"));
    samples.tableSizes().forEach(line -> appendCurve(text, line, "MB"));
    samples.growth().forEach(growth -> text.append(fill("%n%s", growth)));
    text.append(fill("%n"));
  }

  private static void appendCurve(StringBuilder text, Line line, String unit) {
    text.append(
        fill(
            "%-44s %10.1f %10.1f %10.1f%n",
            line.name() + ", " + unit, line.first(), line.last(), line.highest()));
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
        plot().svg("messages", List.of(lag.line("unpublished", lag.unpublished()))),
        plot().svg("messages", List.of(lag.line("unhandled", lag.unhandled()))),
        verdict.faults().stream().map(this::row).collect(Collectors.joining()),
        extent(),
        curves(),
        samples.growth().stream().map(Report::row).collect(Collectors.joining()),
        measured(verdict.measured()));
  }

  private Plot plot() {
    return new Plot(lag.startNanos(), lag.endNanos(), verdict.faults());
  }

  private String curves() {
    var svg = new StringBuilder();
    for (Measure measure : Measure.values()) {
      svg.append(plot().svg(measure.unit(), samples.lines(measure)));
    }
    if (!samples.deadRows().isEmpty()) {
      svg.append(plot().svg("dead rows", samples.deadRows()));
    }
    return svg.append(plot().svg("MB of tables", samples.tableSizes())).toString();
  }

  private static String row(Growth growth) {
    return fill(
        "%n<tr><td>%s %d<td class=\"n\">%.0f s<td>%s<td class=\"n\">%.1f<td class=\"n\">%.1f"
            + "<td class=\"%s\">%s",
        growth.role(),
        growth.process(),
        growth.seconds(),
        growth.measure().unit(),
        growth.early(),
        growth.late(),
        growth.isGrowing() ? "bad" : "good",
        growth.isGrowing() ? "growing" : "flat");
  }

  /** Nothing where nothing was measured. */
  private static String measured(List<Measured> all) {
    if (all.isEmpty()) {
      return "";
    }
    var table =
        new StringBuilder(
            "<h2>Measured</h2>\n<table><tr><th>Fault<th>Guarantee<th>What<th>Measured<th>Limit");
    for (Measured one : all) {
      table.append(
          fill(
              "%n<tr><td>F%d<td>%s<td>%s<td class=\"n %s\">%s<td class=\"n\">%s",
              one.fault(),
              one.figure().guarantee(),
              one.figure().meaning(),
              one.isBeyondItsLimit() ? "bad" : "good",
              one.valueText(),
              one.limitText()));
    }
    return table.append("</table>").toString();
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
    return figure("events in the history", figures.events())
        + figure("appends begun", figures.appends())
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
        .orElse(fault == Mark.START ? "all processes start" : "");
  }

  private String leases(Duration time) {
    Duration lease = setup.time(Setting.LEASE);
    return fill("%.2f", (double) time.toNanos() / lease.toNanos());
  }

  /** In one form wherever it is run: an SVG knows no decimal comma. */
  private static String fill(String form, Object... values) {
    return String.format(Locale.ROOT, form, values);
  }

  private static double seconds(long nanos) {
    return nanos / 1e9;
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }
}
