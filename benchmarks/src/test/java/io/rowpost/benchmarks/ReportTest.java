package io.rowpost.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReportTest {
  @Test
  void tablesAreMarkdown() {
    var samples = new Samples();
    samples.add("by hand", new Figure(80_000, 2.54, 56));
    samples.add("by Rowpost", new Figure(60_000, 5, 1056));
    var report = new Report();
    report.settings(Map.of("JDK", "17"));
    report.rates("drain", "records", samples);
    report.counts("in one transaction", "round trips", Map.of("append", 3.0));

    assertThat(report.text())
        .isEqualTo(
            """
            | | |
            |---|---|
            | JDK | 17 |

            | drain | records/s | ratio | CPU µs | WAL bytes |
            |---|--:|--:|--:|--:|
            | by hand | 80,000 | 1 | 2.5 | 56 |
            | by Rowpost | 60,000 | **0.75** (0.75 to 0.75) | 5.0 | 1,056 |

            | in one transaction | round trips |
            |---|--:|
            | append | 3.00 |

            """);
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
