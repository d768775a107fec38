package io.rowpost.benchmarks;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** What `make bench` was asked for. */
@Command(
    name = "make bench",
    sortOptions = false,
    header = "Measures Rowpost beside raw SQL and beside other outboxes, on one machine.",
    description = {
      "",
      "It starts a PostgreSQL and a Kafka of its own and stops them again. Nothing else should run"
          + " meanwhile. Flags are passed as ARGS=\"...\".",
      ""
    },
    footer = {
      "",
      "Exit status: 0 measured, 1 a way failed or lost, repeated or reordered events, 2 a flag was"
          + " refused, 3 the servers could not be started."
    })
final class Options {
  @Option(names = "--quick", description = "The main ratios, in less than five minutes.")
  boolean quick;

  @Option(
      names = "--only",
      paramLabel = "PART",
      split = ",",
      description = "Only these parts: ${COMPLETION-CANDIDATES}.",
      completionCandidates = Parts.Names.class)
  List<String> only = List.of();

  @Option(names = "--write", description = "Put the tables into the READMEs, between their marks.")
  boolean write;

  @Option(
      names = "--ways",
      paramLabel = "WAY",
      split = ",",
      description = "Only these ways, such as log,raw-cursor; the results name them.")
  List<String> ways = List.of();

  @Option(
      names = "--results",
      paramLabel = "FOLDER",
      description =
          "Where the results go; by default benchmarks/results, each part's in the place of its"
              + " last ones, and benchmarks/target/results with --quick, --ways or --profile.")
  @Nullable Path results;

  @Option(
      names = "--profile",
      description =
          "Each way's JVM writes a flight recording into the results' folder; that slows it down.")
  boolean profile;

  @Option(names = "--help", usageHelp = true, description = "Show this text.")
  boolean help;

  /** What is to be measured. */
  List<Part> parts() {
    if (only.isEmpty()) {
      return quick ? Parts.quick() : Parts.all();
    }
    List<String> known = new Parts.Names();
    for (String name : only) {
      if (!known.contains(name)) {
        throw new RefusedException(
            "'%s' is no part".formatted(name), "use %s.".formatted(String.join(", ", known)));
      }
    }
    return Parts.all().stream().filter(part -> only.contains(part.name())).toList();
  }

  boolean wants(Entrant entrant) {
    return ways.isEmpty() || ways.contains(entrant.name());
  }

  /** How to measure a part the same way again. */
  String command(Part part) {
    List<String> flags = new ArrayList<>();
    flags.add("--only=" + part.name());
    if (!ways.isEmpty()) {
      flags.add("--ways=" + String.join(",", ways));
    }
    if (profile) {
      flags.add("--profile");
    }
    String target = quick ? "make bench-quick" : "make bench";
    return "%s ARGS=\"%s\"".formatted(target, String.join(" ", flags));
  }

  /** Whether parts are measured as they are published. */
  boolean inFull() {
    return !quick && ways.isEmpty() && !profile;
  }

  /** Only what is measured in full takes the place of what was measured so before. */
  Path results() {
    if (results != null) {
      return results;
    }
    return Path.of(
        System.getProperty("rowpost.bench.folder", "."), inFull() ? "results" : "target/results");
  }

  /** Where flight recordings go, if any are wanted. */
  Optional<Path> profiles() {
    return profile ? Optional.of(results()) : Optional.empty();
  }

  int rounds() {
    return quick ? 3 : 5;
  }

  int warmUps() {
    return quick ? 1 : 2;
  }

  /** How long each way appends before: the compiler needs many thousand transactions. */
  int appendWarmUpMillis() {
    return quick ? 6_000 : 25_000;
  }

  /** How long each way appends. */
  int appendMillis() {
    return quick ? 1_000 : 3_000;
  }

  int backlog() {
    return quick ? 100_000 : 500_000;
  }

  int kafkaBacklog() {
    return quick ? 50_000 : 500_000;
  }

  /** What is drained with a hardship and without it. */
  int hardBacklog() {
    return quick ? 50_000 : 200_000;
  }

  /** As much of a backlog as a way can drain in a bearable time. */
  int share(int backlog, Entrant entrant) {
    return Math.min(backlog, quick ? entrant.events() / 4 : entrant.events());
  }

  int latencySeconds() {
    return quick ? 3 : 10;
  }

  int history() {
    return quick ? 1_000_000 : 10_000_000;
  }

  int longBacklog() {
    return quick ? 200_000 : 1_000_000;
  }

  Rounds latencyRounds() {
    return quick ? new Rounds(1, 1) : new Rounds(1, 3);
  }

  /** For how long an open writer or a slow broker is watched. */
  int watchSeconds() {
    return quick ? 6 : 30;
  }
}
