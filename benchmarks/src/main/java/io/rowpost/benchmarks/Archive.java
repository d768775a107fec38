package io.rowpost.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** The results as files: the runs of each part, the goals, and pictures. */
final class Archive {
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  private final Path folder;
  private final Path runs;

  /** The folder is created if it is not there. */
  Archive(Path folder) throws IOException {
    this.folder = folder;
    this.runs = Files.createDirectories(folder.resolve("runs"));
  }

  /** What is known of a part. */
  private record Stored(Results.Facts facts, Map<String, Results.Described> ways, List<Run> runs) {}

  /** Adds what was measured before of a part, if it was. */
  void read(String part, Results results) throws IOException {
    Path file = runs.resolve(part + ".json");
    if (Files.exists(file)) {
      Stored stored = JSON.readValue(Files.readAllBytes(file), Stored.class);
      stored.ways().forEach(results::describe);
      stored.runs().forEach(results::add);
      results.addFacts(part, stored.facts());
    }
  }

  /**
   * Writes {@code runs/<part>.json}, with every run of a part, and anew, from all parts, the
   * pictures and {@code latest.json}, which leads from a goal to its figure.
   */
  void write(String part, Results results) throws IOException {
    Map<String, Results.Described> ways = new LinkedHashMap<>(results.ways());
    ways.keySet().retainAll(results.ways(part));
    var stored =
        new Stored(
            Objects.requireNonNull(results.facts().get(part), part), ways, results.runs(part));
    Files.write(runs.resolve(part + ".json"), JSON.writeValueAsBytes(stored));
    Files.write(
        folder.resolve("latest.json"), JSON.writeValueAsBytes(latest(Goals.all(), results)));
    Charts.write(folder, results);
  }

  static Map<String, Object> latest(List<Goal> goals, Results results) {
    var latest = new LinkedHashMap<String, Object>();
    results
        .newest()
        .ifPresent(
            facts -> {
              latest.put("date", facts.date());
              latest.put("machine", facts.machine());
              latest.put("versions", facts.versions());
            });
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
