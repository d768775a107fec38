package io.rowpost.benchmarks;

import io.rowpost.benchmarks.Stage.Player;
import io.rowpost.testservers.ServerAbsentException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;

/** Measures what an outbox costs: {@code make bench}. */
public final class Bench {
  private static final int INCOMPLETE = 1;
  private static final int REFUSED = 2;
  private static final int NO_SERVER = 3;

  private final Options options;
  private final Stage stage;
  private final Results results = new Results();
  private final long began = System.nanoTime();
  private @Nullable Broker broker;
  private boolean complete = true;

  private Bench(Options options, Stage stage) {
    this.options = options;
    this.stage = stage;
  }

  /** Measures and prints the tables; exits with a status that says whether it could. */
  public static void main(String[] arguments) throws Exception {
    var options = new Options();
    var commandLine = new CommandLine(options);
    try {
      commandLine.parseArgs(arguments);
    } catch (CommandLine.ParameterException e) {
      System.err.println("Nothing was measured: " + e.getMessage());
      System.err.println("  Fix: use the flags that --help shows.");
      System.exit(REFUSED);
    }
    if (options.help) {
      commandLine.usage(System.out);
      return;
    }
    try {
      options.parts(); // refuses before anything is started
    } catch (RefusedException e) {
      System.err.println(e.getMessage());
      System.exit(REFUSED);
    }
    try (Stage stage =
        Stage.open(
            Path.of(System.getProperty("rowpost.bench.peers", "peers.classpath")),
            options.profiles())) {
      var bench = new Bench(options, stage);
      bench.run();
      if (!bench.complete) {
        System.exit(INCOMPLETE);
      }
    } catch (RefusedException e) {
      System.err.println(e.getMessage());
      System.exit(REFUSED);
    } catch (ServerAbsentException e) {
      System.err.println("Nothing was measured: " + e.getMessage());
      System.exit(NO_SERVER);
    }
  }

  private void run() throws Exception {
    var archive = new Archive(options.results());
    List<Part> measured = options.parts();
    if (options.inFull()) {
      for (Part part : Parts.all()) {
        if (!measured.contains(part)) {
          archive.read(part.name(), results);
        }
      }
    }
    try {
      for (Part part : measured) {
        progress(part.name() + ": " + part.title());
        double before = Machine.loadAverage();
        part.run(this);
        results.addFacts(part.name(), facts(part, before));
        archive.write(part.name(), results);
        complete &= results.badEvents(part.name()) == 0;
      }
    } finally {
      if (broker != null) {
        broker.close();
      }
    }
    String text = report();
    System.out.print(text);
    if (options.write) {
      write(text);
    }
    tellWhatFallsShort();
  }

  private Results.Facts facts(Part part, double loadBefore) {
    return new Results.Facts(
        options.command(part),
        LocalDate.now(ZoneOffset.UTC).toString(),
        Machine.description(),
        loadBefore,
        Machine.loadAverage(),
        Machine.versions(stage));
  }

  private String report() {
    var report = new Report();
    var settings = new LinkedHashMap<String, String>();
    settings.put("Machine", Machine.description());
    settings.putAll(Machine.versions(stage));
    settings.put(
        "Kafka topics",
        "%d partitions, one broker; acks=all, idempotent".formatted(Broker.PARTITIONS));
    settings.put(
        "Rounds",
        ("medians of %d (purge, latency 3), the ways in an order that is drawn, after %d to warm up (Kafka: %d, append: %d s);"
                + " ratios of each round (least to most)")
            .formatted(
                options.rounds(),
                options.warmUps(),
                2 * options.warmUps(),
                options.appendWarmUpMillis() / 1_000));
    settings.put(
        "Work",
        "backlogs of %,d events (to Kafka %,d, beside a hardship %,d) of %d bytes, %,d keys; slow peers get less"
            .formatted(
                options.backlog(),
                options.kafkaBacklog(),
                options.hardBacklog(),
                Events.PAYLOAD_BYTES,
                Events.KEYS));
    report.settings("", settings);
    report.goals(Goals.all(), results);
    for (Part part : Parts.all()) {
      if (results.parts().contains(part.name())) {
        report.part(part.name(), part.title(), results);
      }
    }
    var ways = new LinkedHashMap<String, String>();
    results.ways().values().stream()
        .filter(way -> !way.settings().isEmpty())
        .forEach(way -> ways.put(way.title(), way.settings()));
    report.settings("settings", ways);
    return report.text();
  }

  private void write(String text) throws IOException {
    Path folder = Path.of(System.getProperty("rowpost.bench.folder", ".")).toAbsolutePath();
    Path own = folder.resolve("README.md");
    Files.writeString(own, Report.insert(Files.readString(own), text));
    for (Summary summary : Summary.values()) {
      Path page = folder.resolveSibling(summary.file());
      String document = Files.readString(page);
      if (document.contains(Report.BEGIN)) {
        Files.writeString(page, Report.insert(document, summary.table(results)));
      } else {
        progress(summary.file() + " has no marks for a table and stays as it is");
      }
    }
  }

  private void tellWhatFallsShort() {
    for (Goal goal : Goals.all()) {
      goal.figure()
          .apply(results)
          .filter(measured -> !goal.isMetBy(measured))
          .ifPresent(
              measured ->
                  System.err.printf(
                      "falls short: %s: %s is %s, wanted %s%n",
                      goal.name(), goal.text(), Report.number(measured), goal.words()));
    }
  }

  Options options() {
    return options;
  }

  Stage stage() {
    return stage;
  }

  Results results() {
    return results;
  }

  Broker broker() {
    if (broker == null) {
      broker = new Broker();
    }
    return broker;
  }

  /** Starts all ways that can be had, measures them in turn, and ends them. */
  void rounds(Part part, List<Entrant> entrants, Rounds.Turn<Player> turn) throws Exception {
    rounds(part, entrants, new Rounds(options.warmUps(), options.rounds()), turn);
  }

  void rounds(Part part, List<Entrant> entrants, Rounds rounds, Rounds.Turn<Player> turn)
      throws Exception {
    List<Player> players = new ArrayList<>();
    try {
      for (Entrant entrant : entrants) {
        if (takesPart(entrant)) {
          players.add(stage.play(entrant));
        }
      }
      List<Player> able = new ArrayList<>();
      for (Player player : players) {
        if (isUp(player)) {
          able.add(player);
        }
      }
      List<Run> runs = new ArrayList<>();
      rounds.take(
          able,
          turn,
          new Rounds.Listener<>() {
            @Override
            public void measured(Player player, int round, Map<String, Double> figures) {
              var run = new Run(part.name(), player.entrant().name(), round, figures);
              runs.add(run);
              tell(run);
            }

            @Override
            public void failed(Player player, WayFailedException failure) {
              giveUp(failure);
            }
          });
      results.addInOrder(entrants.stream().map(Entrant::name).toList(), runs);
    } finally {
      for (Player player : players) {
        player.close();
      }
    }
  }

  /** What is known of a way from earlier parts. */
  record Measured(Optional<Double> appendsPerSecond, Optional<Double> drainsPerSecond) {
    /** Half of what it can do for long, or 0 if that was not measured. */
    int halfOfMost() {
      double drains = drainsPerSecond.orElse(Double.MAX_VALUE);
      return appendsPerSecond.map(appends -> (int) (Math.min(appends, drains) / 2)).orElse(0);
    }
  }

  Measured measured(Entrant entrant) {
    return new Measured(
        results.median("append", entrant.name(), Run.PER_SECOND),
        results.median("drain", entrant.name(), Run.PER_SECOND));
  }

  /** Lets what is measured go on for a while. */
  void watch(Duration time) throws InterruptedException {
    new CountDownLatch(1).await(time.toMillis(), TimeUnit.MILLISECONDS);
  }

  private boolean isUp(Player player) throws SQLException {
    try {
      Entrant entrant = player.entrant();
      results.describe(
          entrant.name(),
          new Results.Described(entrant.title(), entrant.rowpost(), player.process().settings()));
      player.harden(options.history());
      return true;
    } catch (WayFailedException e) {
      giveUp(e);
      return false;
    }
  }

  /** Names a way that runs in this JVM, with the settings of another one. */
  void describe(String way, String title) {
    results.describe(way, new Results.Described(title, false, ""));
  }

  boolean takesPart(Entrant entrant) {
    return options.wants(entrant) && stage.has(entrant);
  }

  void add(Run run) {
    results.add(run);
    tell(run);
  }

  private void tell(Run run) {
    progress("  %s, round %d: %s".formatted(run.way(), run.round() + 1, figures(run)));
  }

  void giveUp(WayFailedException failure) {
    complete = false;
    progress("  FAILED: " + failure.getMessage());
  }

  private static String figures(Run run) {
    List<String> all = new ArrayList<>();
    run.figures()
        .forEach((name, value) -> all.add(String.format(Locale.ROOT, "%s %,.2f", name, value)));
    return String.join(", ", all);
  }

  void progress(String what) {
    Duration since = Duration.ofNanos(System.nanoTime() - began);
    System.err.printf("%02d:%02d %s%n", since.toMinutes(), since.toSecondsPart(), what);
  }
}
