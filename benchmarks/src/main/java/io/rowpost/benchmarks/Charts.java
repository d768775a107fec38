package io.rowpost.benchmarks;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.style.Styler;

/** Pictures of parts: a bar for each way. */
final class Charts {
  private static final int WIDTH = 1000;
  private static final int HEIGHT = 500;
  private static final int SLOPE_OF_NAMES = 30;

  /** What is less is drawn like this. */
  private static final double LEAST = 0.01;

  private Charts() {}

  static void write(Path folder, Results results) throws IOException {
    for (String part : results.parts()) {
      Map<String, String> figures = new LinkedHashMap<>();
      if (!results.spreads(part, Run.P50).isEmpty()) {
        figures.put(Run.P50, "p50");
        figures.put(Run.P99, "p99");
        figures.put(Run.P999, "p99.9");
        draw(folder, part, "ms, logarithmic", figures, results);
      } else if (!results.spreads(part, Run.PER_SECOND).isEmpty()) {
        figures.put(Run.PER_SECOND, "events/s");
        draw(folder, part, "events/s, logarithmic", figures, results);
      }
    }
  }

  private static void draw(
      Path folder, String part, String axis, Map<String, String> figures, Results results)
      throws IOException {
    CategoryChart chart =
        new CategoryChartBuilder().width(WIDTH).height(HEIGHT).title(part).yAxisTitle(axis).build();
    chart.getStyler().setYAxisLogarithmic(true);
    chart.getStyler().setXAxisLabelRotation(SLOPE_OF_NAMES);
    chart.getStyler().setLegendVisible(figures.size() > 1);
    chart.getStyler().setLegendPosition(Styler.LegendPosition.InsideNE);
    List<String> ways = results.ways(part);
    double least = Double.MAX_VALUE;
    for (Map.Entry<String, String> figure : figures.entrySet()) {
      List<Double> values = new ArrayList<>();
      for (String way : ways) {
        double value = results.median(part, way, figure.getKey()).orElse(LEAST);
        values.add(Math.max(value, LEAST));
        least = Math.min(least, Math.max(value, LEAST));
      }
      chart.addSeries(figure.getValue(), ways, values);
    }
    // Bars begin at zero otherwise, which a logarithm has not.
    chart.getStyler().setYAxisMin(Math.pow(10, Math.floor(Math.log10(least))));
    BitmapEncoder.saveBitmap(
        chart, folder.resolve(part + ".png").toString(), BitmapEncoder.BitmapFormat.PNG);
  }
}
