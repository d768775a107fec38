package io.rowpost.benchmarks;

import io.rowpost.benchmarks.Stage.Player;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A backlog from the outbox through Kafka and the inbox to its effects in another database. */
record EndToEnd(List<Entrant> entrants) implements Part {
  private static final Duration LIMIT = Duration.ofMinutes(3);
  private static final String EFFECTS = "SELECT count(*) FROM effects";

  /** Those that were rolled back too, but asking for it costs nothing of what is measured. */
  private static final String NUMBERED =
      "SELECT coalesce(pg_sequence_last_value('effects_id_seq'), 0)";

  /** Order within a key is that of numbers, as it was at the append. */
  private static final String AUDIT =
      """
      SELECT count(*) AS effects,
             count(DISTINCT number) AS events,
             count(*) FILTER (WHERE number < before) AS disorder,
             extract(epoch FROM max(at) - min(at)) AS seconds
      FROM (SELECT number, at, lag(number) OVER (PARTITION BY key ORDER BY id) AS before
            FROM effects) e
      """;

  @Override
  public String name() {
    return Parts.END_TO_END;
  }

  @Override
  public String title() {
    return "outbox, Kafka, inbox, effect; PostgreSQL on both sides";
  }

  @Override
  public void run(Bench bench) throws Exception {
    int events = bench.options().kafkaBacklog();
    Broker broker = bench.broker();
    try (Player receiver = bench.stage().play(Entrant.INBOX_BATCH)) {
      bench.rounds(this, entrants, sender -> measure(bench, sender, receiver, broker, events));
    }
  }

  private static Map<String, Double> measure(
      Bench bench, Player sender, Player receiver, Broker broker, int events) throws Exception {
    receiver.clear();
    sender.clear();
    sender.fill(0, events);
    String prefix = broker.newTopic();
    WayProcess relay = sender.process();
    receiver.process().call(LIMIT, "consume", broker.servers(), prefix);
    Meter meter = sender.meter(receiver);
    relay.send("drain 0", events, LIMIT.toSeconds(), broker.servers(), prefix);
    relay.await(WayMain.BEGIN, LIMIT);
    meter.begin();
    relay.await(WayMain.END, LIMIT);
    long limit = System.nanoTime() + LIMIT.toNanos();
    for (String figure : List.of(NUMBERED, EFFECTS)) {
      while (Sql.number(receiver.connection(), figure) < events) {
        if (System.nanoTime() - limit > 0) {
          throw new WayFailedException(sender.entrant().name() + ": effects are missing");
        }
        bench.watch(Duration.ofMillis(20));
      }
    }
    Map<String, Double> figures = meter.end(events);
    relay.await(WayMain.DONE, LIMIT);
    receiver.process().call(LIMIT, "unsubscribe");
    figures.putAll(audit(receiver.connection(), events));
    return figures;
  }

  private static Map<String, Double> audit(Connection connection, int events) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(AUDIT)) {
      row.next();
      long effects = row.getLong("effects");
      long distinct = row.getLong("events");
      var figures = new HashMap<String, Double>();
      figures.put(Run.LOST, (double) (events - distinct));
      figures.put(Run.DUPLICATES, (double) (effects - distinct));
      figures.put(Run.DISORDER, (double) row.getLong("disorder"));
      figures.put(Run.PER_SECOND, effects / row.getDouble("seconds"));
      return figures;
    }
  }
}
