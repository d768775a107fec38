package io.rowpost.benchmarks;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Drains beside what makes it hard, and without it in the same round. */
record Hardship(String name, String title, List<Entrant> entrants) implements Part {
  @Override
  public void run(Bench bench) throws Exception {
    int backlog = bench.options().hardBacklog();
    int history = bench.options().history();
    bench.rounds(
        this,
        entrants,
        player -> {
          boolean keeps = player.entrant().condition() == Entrant.Condition.HISTORY;
          int from = keeps ? player.numbers(history, backlog) : 0;
          if (!keeps) {
            player.clear();
          }
          player.fill(from, from + backlog);
          return Drain.measure(player, from, from + backlog, "");
        });
  }

  /** What it costs to delete what was sent. */
  record Purge(List<Entrant> entrants) implements Part {
    private static final Duration LIMIT = Duration.ofMinutes(10);

    @Override
    public String name() {
      return Parts.PURGE;
    }

    @Override
    public String title() {
      return "delete what was sent";
    }

    @Override
    public void run(Bench bench) throws Exception {
      int backlog = bench.options().hardBacklog();
      bench.rounds(
          this,
          entrants,
          new Rounds(bench.options().warmUps(), 3),
          player -> {
            player.clear();
            player.fill(0, backlog);
            player.process().call(LIMIT, "settle 0", backlog);
            Meter meter = player.meter();
            meter.begin();
            int purged = Integer.parseInt(player.process().call(LIMIT, "purge"));
            Map<String, Double> figures = meter.end(purged);
            figures.put(Run.LOST, (double) (backlog - purged));
            return figures;
          });
    }
  }

  /** A long backlog, a slow broker and little memory. */
  record Memory(List<Entrant> entrants) implements Part {
    static final String FIRST_MILLIS = "first_publish_ms";
    static final String GROWTH = "heap_growth_mb";
    static final String HEAP = "-Xmx64m";

    private static final int BROKER_MILLIS = 20;

    @Override
    public String name() {
      return Parts.MEMORY;
    }

    @Override
    public String title() {
      return "a long backlog, a broker of 20 ms, a heap of 64 MB";
    }

    @Override
    public void run(Bench bench) throws Exception {
      int seconds = bench.options().watchSeconds();
      for (Entrant entrant : entrants.stream().filter(bench::takesPart).toList()) {
        try (Stage.Player player = bench.stage().play(entrant, "-Xms64m", HEAP)) {
          player.clear();
          player.fill(0, bench.options().longBacklog());
          String[] found =
              player
                  .process()
                  .call(Duration.ofMinutes(3), "slow", seconds, BROKER_MILLIS)
                  .split(" ", -1);
          double growth = Long.parseLong(found[2]) - Long.parseLong(found[1]);
          bench.add(
              new Run(
                  name(),
                  entrant.name(),
                  0,
                  new HashMap<>(
                      Map.of(
                          FIRST_MILLIS, Long.parseLong(found[0]) / 1e3,
                          GROWTH, growth / (1 << 20)))));
        } catch (WayFailedException e) {
          bench.giveUp(e);
        }
      }
    }
  }
}
