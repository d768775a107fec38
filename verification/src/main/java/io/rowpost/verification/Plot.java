package io.rowpost.verification;

import io.rowpost.verification.Verdict.Struck;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Draws lines over the time of a run as SVG, with a vertical line for each fault.
 *
 * @param startNanos the left end
 * @param endNanos the right end
 */
record Plot(long startNanos, long endNanos, List<Struck> faults) {
  private static final int WIDTH = 900;
  private static final int HEIGHT = 160;

  /** Lines for many faults are pale, so that they are no wall. */
  private static final double FAULTS_AT_FULL_COLOR = 40;

  private static final List<String> COLORS =
      List.of("#0b57d0", "#b3541e", "#1b6e33", "#7b3fa0", "#008b8b", "#c2185b", "#5d6d1a", "#555");

  /**
   * A line.
   *
   * @param nanos in order, as long as {@code values}
   */
  @SuppressWarnings("ArrayRecordComponent") // drawn, and never compared
  record Line(String name, long[] nanos, double[] values) {
    double highest() {
      return Arrays.stream(values).max().orElse(0);
    }

    double first() {
      return values.length == 0 ? 0 : values[0];
    }

    double last() {
      return values.length == 0 ? 0 : values[values.length - 1];
    }
  }

  /** All lines on one scale from 0, their names below. */
  String svg(String unit, List<Line> lines) {
    double highest = Math.max(1, lines.stream().mapToDouble(Line::highest).max().orElse(1));
    var svg = new StringBuilder();
    svg.append(fill("<svg viewBox=\"0 0 %d %d\" role=\"img\">", WIDTH, HEIGHT + 20));
    double opacity = Math.min(1, FAULTS_AT_FULL_COLOR / Math.max(1, faults.size()));
    for (Struck struck : faults) {
      double x = x(struck.nanos());
      svg.append(
          fill(
              "%n<line x1=\"%.1f\" x2=\"%.1f\" y1=\"0\" y2=\"%d\" stroke=\"#bbb\""
                  + " stroke-opacity=\"%.2f\"/>",
              x, x, HEIGHT, opacity));
    }
    for (int i = 0; i < lines.size(); i++) {
      append(svg, lines.get(i), color(i), highest);
    }
    svg.append(
        fill(
            "%n<text x=\"4\" y=\"%d\" font-size=\"12\">highest %,.0f %s; %.0f s",
            HEIGHT + 15, highest, unit, (endNanos - startNanos) / 1e9));
    for (int i = 0; lines.size() > 1 && i < lines.size(); i++) {
      svg.append(fill(" <tspan dx=\"8\" fill=\"%s\">%s</tspan>", color(i), lines.get(i).name()));
    }
    return svg.append("</text></svg>").toString();
  }

  private void append(StringBuilder svg, Line line, String color, double highest) {
    svg.append(fill("%n<polyline fill=\"none\" stroke=\"%s\" points=\"", color));
    for (int i = 0; i < line.nanos().length; i++) {
      double y = HEIGHT - (HEIGHT - 10.0) * line.values()[i] / highest;
      svg.append(fill("%s%.1f,%.1f", i == 0 ? "" : " ", x(line.nanos()[i]), y));
    }
    svg.append("\"/>");
  }

  private static String color(int line) {
    return COLORS.get(line % COLORS.size());
  }

  private double x(long nanos) {
    return WIDTH * (double) (nanos - startNanos) / Math.max(1, endNanos - startNanos);
  }

  /** In one form wherever it is run: an SVG knows no decimal comma. */
  private static String fill(String form, Object... values) {
    return String.format(Locale.ROOT, form, values);
  }
}
