package io.rowpost.benchmarks;

import io.rowpost.benchmarks.Stage.Player;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** How fast a backlog leaves. */
final class Drain {
  static final String NOWHERE = "drain";
  static final String KAFKA = "kafka";

  /** Slower than this, and a way is given up. */
  private static final int SECONDS = 120;

  private static final Duration LIMIT = Duration.ofSeconds(SECONDS + 30);

  private Drain() {}

  /** Drains to a sink that takes everything at once. */
  record ToNowhere(List<Entrant> entrants) implements Part {
    @Override
    public String name() {
      return NOWHERE;
    }

    @Override
    public String title() {
      return "drain a backlog to a no-op publisher";
    }

    @Override
    public void run(Bench bench) throws Exception {
      int backlog = bench.options().backlog();
      bench.rounds(
          this,
          entrants,
          player -> {
            int events = bench.options().share(backlog, player.entrant());
            player.clear();
            player.fill(0, events);
            return measure(player, 0, events, "");
          });
    }
  }

  /** Drains to Kafka; then the topic is read and audited too. */
  record ToKafka(List<Entrant> entrants) implements Part {
    @Override
    public String name() {
      return KAFKA;
    }

    @Override
    public String title() {
      return "drain a backlog to Kafka, acks=all, idempotent";
    }

    @Override
    public void run(Bench bench) throws Exception {
      int backlog = bench.options().kafkaBacklog();
      Broker broker = bench.broker();
      bench.rounds(
          this,
          entrants,
          // A smaller backlog leaves the compiler less to learn from.
          new Rounds(2 * bench.options().warmUps(), bench.options().rounds()),
          player -> {
            int events = bench.options().share(backlog, player.entrant());
            player.clear();
            player.fill(0, events);
            String prefix = broker.newTopic();
            Map<String, Double> figures =
                measure(player, 0, events, "%s %s".formatted(broker.servers(), prefix));
            figures.putAll(broker.audit(prefix, events));
            return figures;
          });
    }
  }

  /** Drains what was filled, from the first event at the sink to the last one. */
  static Map<String, Double> measure(Player player, int from, int to, String sink)
      throws Exception {
    WayProcess process = player.process();
    Meter meter = player.meter();
    process.send("drain", from, to, SECONDS, sink);
    process.await(WayMain.BEGIN, LIMIT);
    meter.begin();
    String[] end = process.await(WayMain.END, LIMIT).split(" ", -1);
    int events = to - from;
    Map<String, Double> figures = meter.end(events, Long.parseLong(end[1]) / 1e9);
    figures.putAll(audit(process.await(WayMain.DONE, LIMIT)));
    figures.put(Run.DEAD, meter.deadTuples(events));
    return figures;
  }

  /** What a way tells of its own audit. */
  static Map<String, Double> audit(String answer) {
    String[] counts = answer.split(" ", -1);
    return Map.of(
        Run.LOST, Double.valueOf(counts[0]),
        Run.DUPLICATES, Double.valueOf(counts[1]),
        Run.DISORDER, Double.valueOf(counts[2]));
  }
}
