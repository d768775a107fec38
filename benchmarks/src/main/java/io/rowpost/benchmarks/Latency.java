package io.rowpost.benchmarks;

import io.rowpost.benchmarks.Stage.Player;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToIntFunction;

/**
 * How long after its commit an event is at the sink, at a steady rate.
 *
 * @param perSecond the rate of each way; 0 if it is not known, which leaves the way out
 * @param sameProcess the names of ways that append where their relay runs; the others append in
 *     another JVM
 */
record Latency(
    String name,
    String title,
    ToIntFunction<Bench.Measured> perSecond,
    List<Entrant> entrants,
    List<Entrant> sameProcess)
    implements Part {
  private static final Duration LIMIT = Duration.ofMinutes(3);

  @Override
  public void run(Bench bench) throws Exception {
    int seconds = bench.options().latencySeconds();
    List<Entrant> able =
        entrants.stream()
            .filter(entrant -> perSecond.applyAsInt(bench.measured(entrant)) > 0)
            .toList();
    bench.rounds(
        this,
        able,
        bench.options().latencyRounds(),
        player -> {
          int rate = perSecond.applyAsInt(bench.measured(player.entrant()));
          player.clear();
          return measure(player, rate, rate * seconds);
        });
  }

  private Map<String, Double> measure(Player player, int rate, int events) throws Exception {
    WayProcess relay = player.process();
    WayProcess producer = sameProcess.contains(player.entrant()) ? relay : player.second();
    Path committed = Files.createTempFile("rowpost-bench", ".committed");
    Path arrived = Files.createTempFile("rowpost-bench", ".arrived");
    try {
      relay.call(LIMIT, "relay", events);
      producer.call(LIMIT, "produce", rate, events, committed);
      String audit = relay.call(LIMIT, "stop", arrived);
      Map<String, Double> figures = percentiles(Arrivals.read(committed), Arrivals.read(arrived));
      figures.put(Run.PER_SECOND, (double) rate);
      figures.putAll(Drain.audit(audit));
      return figures;
    } finally {
      Files.delete(committed);
      Files.delete(arrived);
    }
  }

  /** An event may be at the sink before its producer hears of the commit: then it took nothing. */
  static Map<String, Double> percentiles(long[] committed, long[] arrived) {
    long[] micros = new long[committed.length];
    int known = 0;
    for (int i = 0; i < committed.length; i++) {
      if (arrived[i] > 0) {
        micros[known++] = Math.max(0, arrived[i] - committed[i]);
      }
    }
    var figures = new HashMap<String, Double>();
    if (known > 0) {
      Arrays.sort(micros, 0, known);
      figures.put(Run.P50, micros[(int) (known * 0.5)] / 1e3);
      figures.put(Run.P99, micros[(int) (known * 0.99)] / 1e3);
      figures.put(Run.P999, micros[(int) (known * 0.999)] / 1e3);
    }
    return figures;
  }

  /** What a relay costs that has nothing to do. */
  record Idle(List<Entrant> entrants) implements Part {
    static final String PERCENT = "percent_of_core";

    @Override
    public String name() {
      return Parts.IDLE;
    }

    @Override
    public String title() {
      return "a relay that has nothing to do";
    }

    @Override
    public void run(Bench bench) throws Exception {
      Path arrived = Files.createTempFile("rowpost-bench", ".arrived");
      int seconds = bench.options().watchSeconds();
      bench.rounds(
          this,
          entrants,
          new Rounds(0, 1),
          player -> {
            player.clear();
            player.process().call(LIMIT, "relay 0");
            // Its start is not idle yet, nor is the compiler.
            bench.watch(Duration.ofSeconds(2));
            Meter meter = player.meter();
            meter.begin();
            bench.watch(Duration.ofSeconds(seconds));
            double micros = meter.end(1).getOrDefault(Run.CPU, 0.0);
            player.process().call(LIMIT, "stop", arrived);
            return new HashMap<>(Map.of(PERCENT, micros / (seconds * 1e6) * 100));
          });
      Files.delete(arrived);
    }
  }
}
