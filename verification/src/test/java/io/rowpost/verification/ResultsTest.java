package io.rowpost.verification;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResultsTest {
  @TempDir private Path folder;

  /** So nobody can add up what no report says. */
  @Test
  void theIndexIsMadeFromTheReports() throws Exception {
    assertThat(Files.readString(Results.FOLDER.resolve(Results.INDEX)))
        .isEqualTo(Results.index(Results.FOLDER));
  }

  private Path report(String run, String verdict, String day, long events) throws IOException {
    Path reports = folder.resolve("reports");
    Files.createDirectories(reports);
    Files.writeString(
        reports.resolve(run + ".txt"),
        "%s: %s\nPostgreSQL 15, 2 cores, seed -7\n%sT10:15:30Z, 90 s, %d events\n\nI-1 ...\n"
            .formatted(run, verdict, day, events));
    Files.writeString(reports.resolve(run + ".html"), "<page of " + run + ">");
    return reports;
  }

  @Test
  void keepsReportsAndAddsThemUp() throws Exception {
    Path kept = folder.resolve("kept");
    Results.keep(report("soak-a", Report.SOUND, "2026-11-24", 1_200_000), "soak-a", kept);
    Path second = Results.keep(report("F6-b", Report.BROKEN, "2026-11-25", 34_567), "F6-b", kept);
    assertThat(second).isEqualTo(kept.resolve("2026-11-25-F6-b.txt"));
    assertThat(Files.readString(kept.resolve("2026-11-25-F6-b.html"))).isEqualTo("<page of F6-b>");
    assertThat(Files.readString(kept.resolve(Results.INDEX)))
        .contains(
            "| [soak-a](2026-11-24-soak-a.txt) | 2026-11-24 | 1.5 | 1,200,000 | -7 | sound |",
            "| [F6-b](2026-11-25-F6-b.txt) | 2026-11-25 | 1.5 | 34,567 | -7 | BROKEN |",
            "In all 1,234,567 events in 2 reports.");
  }

  @Test
  void whatIsNoReportIsRefused() throws Exception {
    Files.writeString(folder.resolve("x.txt"), "soak: sound");
    assertThatThrownBy(() -> Results.index(folder))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageEndingWith("x.txt does not begin as a report does");
  }
}
