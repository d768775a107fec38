package io.rowpost.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** The results as files: every run, the goals, and pictures. */
final class Archive {
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  private final Path folder;

  /** The folder is created if it is not there. */
  Archive(Path folder) throws IOException {
    this.folder = Files.createDirectories(folder);
  }

  /**
   * Writes {@code runs.json}, with everything, and {@code latest.json}, which leads from a goal to
   * its figure.
   *
   * @param facts what is to be known of all figures, such as the machine
   */
  void write(Results results, Map<String, Object> facts) throws IOException {
    var all = new LinkedHashMap<>(facts);
    all.put("settings", results.settings());
    all.put("runs", results.runs());
    Files.write(folder.resolve("runs.json"), JSON.writeValueAsBytes(all));
    Files.write(
        folder.resolve("latest.json"), JSON.writeValueAsBytes(latest(Goals.all(), results, facts)));
    Charts.write(folder, results);
  }

  static Map<String, Object> latest(List<Goal> goals, Results results, Map<String, Object> facts) {
    var latest = new LinkedHashMap<>(facts);
    for (Goal goal : goals) {
      Optional<Double> measured = goal.figure().apply(results);
      measured.ifPresent(value -> latest.put(goal.name(), Outcome.of(goal, value)));
    }
    return latest;
  }

  /**
   * One goal's entry.
   *
   * @param measured the median, or the median of the ratios within rounds
   * @param goal the bound
   * @param atMost whether the bound is the most, not the least
   * @param what what was compared
   */
  record Outcome(double measured, double goal, boolean atMost, boolean met, String what) {
    static Outcome of(Goal goal, double measured) {
      return new Outcome(
          measured, goal.bound(), goal.atMost(), goal.isMetBy(measured), goal.text());
    }
  }
}
