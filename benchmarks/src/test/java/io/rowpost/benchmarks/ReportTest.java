package io.rowpost.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class ReportTest {
  private static final Goal MET =
      Goal.atLeast("P0.ratio", 0.5, "a ratio", results -> Optional.of(0.75));
  private static final Goal MISSED =
      Goal.atMost("P0.cost", 6, "a cost", results -> Optional.of(7.25));
  private static final Goal UNKNOWN =
      Goal.atMost("P0.unknown", 6, "not measured", results -> Optional.empty());

  private static Results results() {
    var results = new Results();
    for (Entrant entrant : List.of(Entrant.RAW_CURSOR, Entrant.LOG)) {
      results.describe(
          entrant.name(), new Results.Described(entrant.title(), entrant.rowpost(), "as it is"));
    }
    results.addFacts(
        "drain",
        new Results.Facts("make bench", "2026-11-24", "this one", 0.5, 2.04, Map.of("JDK", "17")));
    Map<String, Double> clean = Map.of(Run.LOST, 0.0, Run.DUPLICATES, 0.0, Run.DISORDER, 0.0);
    for (String way : List.of("raw-cursor", "log")) {
      double rate = way.equals("log") ? 60_000 : 80_000;
      var figures = new HashMap<>(clean);
      figures.put(Run.PER_SECOND, rate);
      figures.put(Run.CPU, 2.54);
      results.add(new Run("drain", way, 0, figures));
    }
    return results;
  }

  @Test
  void tablesAreMarkdown() {
    var report = new Report();
    report.settings("", Map.of("JDK", "17"));
    report.goals(List.of(MET, MISSED, UNKNOWN), results());
    report.part("drain", "drain", results());

    assertThat(report.text())
        .isEqualTo(
            """
            |  | |
            |---|---|
            | JDK | 17 |

            | goal | | wanted | measured | met |
            |---|---|--:|--:|---|
            | P0.ratio | a ratio | at least 0.50 | 0.75 | yes |
            | P0.cost | a cost | at most 6 | 7.25 | **no** |

            | drain | events/s | ratio | CPU µs | lost / repeated / out of order |
            |---|--:|--:|--:|--:|
            | raw SQL: read between two snapshots | 80,000 | 1 | 2.54 | 0 / 0 / 0 |
            | Rowpost, log layout | 60,000 | **0.75** (0.75 to 0.75) | 2.54 | 0 / 0 / 0 |

            `make bench`, 2026-11-24, this one; load average 0.5 before, 2.0 after

            """);
  }

  @Test
  void goalsLeadToTheirFigures() {
    Map<String, Object> latest = Archive.latest(List.of(MET, MISSED, UNKNOWN), results());

    assertThat(latest)
        .isEqualTo(
            Map.of(
                "date",
                "2026-11-24",
                "machine",
                "this one",
                "versions",
                Map.of("JDK", "17"),
                "P0.ratio",
                new Archive.Outcome(0.75, 0.5, false, true, "a ratio"),
                "P0.cost",
                new Archive.Outcome(7.25, 6, true, false, "a cost")));
  }

  @Test
  void resultsAreFilesOfJsonAndPictures(@TempDir Path folder) throws Exception {
    new Archive(folder).write("drain", results());

    JsonNode latest = new JsonMapper().readTree(folder.resolve("latest.json"));
    assertThat(latest.get("P3.log_vs_raw_cursor").get("measured").asDouble()).isEqualTo(0.75);
    assertThat(latest.get("P3.log_vs_raw_cursor").get("met").asBoolean()).isTrue();
    assertThat(latest.has("P3.log_vs_namastack")).isFalse();
    JsonNode runs = new JsonMapper().readTree(folder.resolve("runs/drain.json")).get("runs");
    assertThat(runs).hasSize(2);
    assertThat(folder.resolve("drain.png")).isNotEmptyFile();
  }

  @Test
  void whatWasMeasuredBeforeIsReadAgain(@TempDir Path folder) throws Exception {
    var archive = new Archive(folder);
    archive.write("drain", results());

    var read = new Results();
    archive.read("drain", read);
    archive.read("never-measured", read);

    assertThat(read.runs("drain")).isEqualTo(results().runs("drain"));
    assertThat(read.ways()).isEqualTo(results().ways());
    assertThat(read.facts()).isEqualTo(results().facts());
    assertThat(read.parts()).containsExactly("drain");
  }

  @Test
  void onlyWhatStandsBetweenTheMarksIsReplaced() {
    String document = "before\n" + Report.BEGIN + "old\n" + Report.END + "after\n";

    String once = Report.insert(document, "new\n\n");

    assertThat(once).isEqualTo("before\n" + Report.BEGIN + "\nnew\n\n" + Report.END + "after\n");
    assertThat(Report.insert(once, "new\n\n")).isEqualTo(once);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        Report.BEGIN,
        Report.END + Report.BEGIN,
        Report.BEGIN + Report.END + Report.END
      })
  void aDocumentWithoutItsPlaceIsRefused(String document) {
    assertThatThrownBy(() -> Report.insert(document, "new\n"))
        .isInstanceOf(RefusedException.class)
        .hasMessageContainingAll("Nothing was measured", "Fix: ", Report.BEGIN.strip());
  }

  @Test
  void theReadmeHasThePlace() throws Exception {
    String readme = Files.readString(Path.of("README.md"));

    assertThat(Report.insert(readme, "new\n")).contains(Report.BEGIN + "\nnew\n" + Report.END);
  }
}
