package io.rowpost.benchmarks;

import io.rowpost.benchmarks.Stage.Player;
import io.rowpost.testservers.ServerAbsentException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
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
    try (Stage stage =
        Stage.open(Path.of(System.getProperty("rowpost.bench.peers", "peers.classpath")))) {
      var bench = new Bench(options, stage);
      bench.run();
      if (!bench.complete) {
        System.exit(INCOMPLETE);
      }
    } catch (ServerAbsentException e) {
      System.err.println("Nothing was measured: " + e.getMessage());
      System.exit(NO_SERVER);
    }
  }

  private void run() throws Exception {
    try {
      for (Part part : Parts.all()) {
        if (options.only.isEmpty() || options.only.contains(part.name())) {
          progress(part.name() + ": " + part.title());
          part.run(this);
        }
      }
    } finally {
      if (broker != null) {
        broker.close();
      }
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
    List<Player> players = new ArrayList<>();
    try {
      for (Entrant entrant : entrants) {
        if (takesPart(entrant)) {
          players.add(stage.play(entrant));
        }
      }
      new Rounds(options.warmUps(), options.rounds())
          .take(
              players,
              turn,
              new Rounds.Listener<>() {
                @Override
                public void measured(Player player, int round, Map<String, Double> figures) {
                  add(new Run(part.name(), player.entrant().name(), round, figures));
                }

                @Override
                public void failed(Player player, WayFailedException failure) {
                  giveUp(failure);
                }
              });
    } finally {
      for (Player player : players) {
        player.close();
      }
    }
  }

  boolean takesPart(Entrant entrant) {
    return !entrant.peer() || (!options.noPeers && stage.has(entrant));
  }

  void add(Run run) {
    results.add(run);
    progress("  %s, round %d: %s".formatted(run.way(), run.round() + 1, figures(run)));
  }

  private void giveUp(WayFailedException failure) {
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
