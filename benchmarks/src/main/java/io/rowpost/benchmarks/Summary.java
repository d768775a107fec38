package io.rowpost.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The few figures for the project's first page, in its languages. */
enum Summary {
  ENGLISH(
      "README.md",
      " | drain, events/s | to Kafka, events/s | transactions/s, beside no outbox"
          + " | latency at 200 events/s, p50 / p99, ms"),
  KOREAN(
      "README.ko.md",
      " | 밀린 메시지 발행(drain), 건/초 | Kafka 발행, 건/초 | 트랜잭션/초, 아웃박스 없음 대비"
          + " | 초당 200건일 때 지연 p50 / p99, ms");

  private static final List<Entrant> ROWS =
      List.of(Entrant.LOG, Entrant.ROW, Entrant.DEBEZIUM, Entrant.NAMASTACK, Entrant.MODULITH);

  private final String file;
  private final String headings;

  Summary(String file, String headings) {
    this.file = file;
    this.headings = headings;
  }

  /** The page, beside the folder of the benchmarks. */
  String file() {
    return file;
  }

  String table(Results results) {
    List<String> lines = new ArrayList<>();
    lines.add("| " + headings + " |");
    lines.add("|---|--:|--:|--:|--:|");
    for (Entrant entrant : ROWS) {
      String way = entrant.name();
      Optional<String> drained =
          results.median(Drain.NOWHERE, way, Run.PER_SECOND).map(Report::number);
      if (drained.isPresent()) {
        lines.add(
            "| %s | %s | %s | %s | %s |"
                .formatted(
                    entrant.title(),
                    drained.get(),
                    figure(results.median(Drain.KAFKA, way, Run.PER_SECOND)),
                    figure(
                        results
                            .ratio(Parts.APPEND, way, Entrant.NO_OUTBOX.name(), Run.PER_SECOND)
                            .map(Spread::median)),
                    figure(results.median(Parts.LATENCY, way, Run.P50))
                        + " / "
                        + figure(results.median(Parts.LATENCY, way, Run.P99))));
      }
    }
    return String.join("\n", lines) + "\n\n";
  }

  private static String figure(Optional<Double> value) {
    return value.map(Report::number).orElse("-");
  }
}
