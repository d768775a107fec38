package io.rowpost.verification;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.rowpost.verification.Event.Kind;
import io.rowpost.verification.Mark.Shown;
import java.io.ByteArrayInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.w3c.dom.Element;

class ReportTest {
  private static final Payload KEPT = Payload.of(new UUID(1, 1), 0, 1, 10);
  private static final Payload LOST = Payload.of(new UUID(2, 2), 0, 2, 10);

  @TempDir private Path folder;

  /** One message that is published and one that is lost, with a fault between them. */
  private Report report() {
    try (var history = new HistoryWriter(folder, 1)) {
      for (Payload payload : List.of(KEPT, LOST)) {
        history.write(Kind.INVOKE, payload, 0);
        history.write(Kind.OK, payload, 0);
        history.write(Kind.SAVED, payload, 0);
        if (payload.equals(KEPT)) {
          history.write(Kind.PUBLISHED, payload, 0);
          history.write(Kind.EXIT, payload, 0);
          history.write(Kind.EFFECT, payload, 0);
          Mark.harmless(1)
              .recovery(Duration.ofSeconds(3), Shown.SENT)
              .write(history, Kind.FAULT_ENDS);
        }
      }
      new Measured(11, Figure.WARNINGS, 3, 1).write(history);
    }
    History history = History.read(folder);
    FaultRun run = FaultRun.of("a<b", Storage.MARIADB, List.of(new RelayKill()), 42);
    Lag lag = Lag.of(history);
    return new Report(
        run,
        "MariaDB & co",
        Setup.standard(),
        Checker.check(history, 1),
        lag,
        samples(lag),
        Instant.parse("2026-11-24T10:15:30.5Z"));
  }

  /** A relay of which each sample takes more than the one before, and a table. */
  private static Samples samples(Lag lag) {
    return new Samples(
        IntStream.range(0, 40)
            .mapToObj(
                i ->
                    new Samples.OfProcess(
                        lag.startNanos() + i * lag.stepNanos(),
                        Samples.Role.RELAY,
                        4,
                        i % 3 == 0 ? Samples.ABSENT : 1_000_000L * (i + 1),
                        90_000_000,
                        20,
                        30))
            .toList(),
        List.of(new Samples.OfTable(lag.startNanos(), "rowpost_outbox", 7, 2_500_000)));
  }

  @Test
  void countsWhatIsBehind() {
    Lag lag = report().lag();
    assertThat(lag.unpublished()[lag.unpublished().length - 1]).isOne();
    assertThat(lag.unhandled()[lag.unhandled().length - 1]).isZero();
    assertThat(lag.publishMillis()).hasSize(1);
  }

  @Test
  void tellsWhatIsWrongAndHowToRepeatIt() throws Exception {
    Report report = report();
    report.write(folder);
    assertThat(Files.readString(folder.resolve("a<b.txt")))
        .contains("BROKEN", "MariaDB & co, seed 42", "LOST", LOST.id().toString(), "F1")
        .contains("2026-11-24T10:15:30Z, 0 s, 11 events")
        .contains("F11  warnings and errors in a relay's log: 3.00, at most 1.00")
        .containsPattern("relay, MB of live heap +2\\.0 +39\\.0 +39\\.0")
        .containsPattern("rowpost_outbox, dead rows +7\\.0 +7\\.0 +7\\.0")
        .contains("15.0, then 36.0 MB of live heap: GROWING", "20.0, then 20.0 threads: flat");
    assertThat(Files.readString(folder.resolve("a<b.html")))
        .contains("a&lt;b", "MariaDB &amp; co", "Seed 42", LOST.id() + " at hop 0")
        .contains("kill -9 of a relay at each step")
        .contains(
            "<td>F11<td>I-10<td>warnings", "<td class=\"n bad\">3.00<td class=\"n\">at most 1")
        .doesNotContain("http:", "https:", "src=", "href=");
  }

  @Test
  void drawsALineOverTheWholeTimeInEveryLanguage() throws Exception {
    Report report = report();
    Locale before = Locale.getDefault();
    Locale.setDefault(Locale.GERMANY);
    String html;
    try {
      html = report.html();
    } finally {
      Locale.setDefault(before);
    }
    String svg = html.substring(html.indexOf("<svg"), html.indexOf("</svg>") + "</svg>".length());
    Document drawing =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(new ByteArrayInputStream(svg.getBytes(UTF_8)));
    assertThat(drawing.getElementsByTagName("line").getLength()).isOne();
    String[] points =
        ((Element) drawing.getElementsByTagName("polyline").item(0))
            .getAttribute("points")
            .split(" ", -1);
    assertThat(points[0]).matches("0\\.0,\\d+\\.\\d");
    assertThat(points).hasSizeGreaterThan(500);
  }
}
