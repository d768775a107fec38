package io.rowpost.benchmarks;

import java.nio.file.Path;
import java.util.List;
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

  @Option(
      names = "--write",
      description = "Put the tables into the READMEs, between their marks.")
  boolean write;

  @Option(names = "--no-peers", description = "Leave out other outboxes.")
  boolean noPeers;

  @Option(
      names = "--results",
      paramLabel = "FOLDER",
      description = "Where the results go; by default ${DEFAULT-VALUE}.")
  Path results = Path.of(System.getProperty("rowpost.bench.results", "results"));

  @Option(names = "--help", usageHelp = true, description = "Show this text.")
  boolean help;

  /** How to run the same again. */
  String command() {
    String parts = only.isEmpty() ? "" : " ARGS=--only=" + String.join(",", only);
    return (quick ? "make bench-quick" : "make bench") + parts;
  }

  int rounds() {
    return quick ? 3 : 5;
  }

  int warmUps() {
    return quick ? 1 : 2;
  }

  /** How long each way appends. */
  int appendMillis() {
    return quick ? 1_000 : 5_000;
  }

  /** A backlog, for those who are not too slow for it. */
  int backlog() {
    return quick ? 100_000 : 500_000;
  }

  /** A backlog for ways that send to Kafka. */
  int kafkaBacklog() {
    return quick ? 50_000 : 200_000;
  }

  int latencySeconds() {
    return quick ? 4 : 20;
  }

  int history() {
    return quick ? 1_000_000 : 10_000_000;
  }

  /** For how long an open writer or a slow broker is watched. */
  int watchSeconds() {
    return quick ? 6 : 30;
  }
}
