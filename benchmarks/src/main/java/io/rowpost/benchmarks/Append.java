package io.rowpost.benchmarks;

import io.rowpost.benchmarks.Stage.Player;
import io.rowpost.testservers.TestDatabase;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What an event, or an inbox, adds to business transactions of many clients. */
record Append(String name, String title, int threads, List<Entrant> entrants) implements Part {
  private static final String ORDERS = "SELECT count(*) FROM orders";
  private static final String OUTBOX = "SELECT count(*) FROM \"rowpost_outbox\"";
  private static final String EFFECTS = "SELECT count(*) FROM effects";
  private static final Duration LIMIT = Duration.ofMinutes(1);
  private static final int WARM_UPS = 20;
  private static final int TRANSACTIONS = 100;

  @Override
  public void run(Bench bench) throws Exception {
    int millis = bench.options().appendMillis();
    Set<Player> warm = new HashSet<>();
    int warmUpMillis = bench.options().appendWarmUpMillis();
    bench.rounds(
        this,
        entrants,
        new Rounds(1, bench.options().rounds()),
        player -> {
          player.clear();
          return measure(player, warm.add(player) ? warmUpMillis : millis);
        });
  }

  private Map<String, Double> measure(Player player, int millis) throws Exception {
    WayProcess process = player.process();
    Meter meter = player.meter();
    process.send("append", threads, millis);
    process.await(WayMain.BEGIN, LIMIT);
    meter.begin();
    String[] done = process.await(WayMain.DONE, LIMIT).split(" ", -1);
    boolean polls = player.entrant().equals(Entrant.INBOX_BATCH);
    int events = Integer.parseInt(done[0]) * (polls ? InboxWay.BATCH : 1);
    double seconds = Long.parseLong(done[1]) / 1e9;
    Map<String, Double> figures = meter.end(events, seconds);
    requireWritten(player, events);
    return figures;
  }

  /** Who writes nothing is fastest. */
  private void requireWritten(Player player, int events) throws SQLException {
    Entrant entrant = player.entrant();
    if (name.equals(Parts.INBOX)) {
      require(player, EFFECTS, entrant.equals(Entrant.INBOX_DUPLICATE) ? 1 : events);
      return;
    }
    require(player, ORDERS, events);
    if (!entrant.peer()) {
      require(player, OUTBOX, entrant.equals(Entrant.NO_OUTBOX) ? 0 : events);
    }
  }

  private static void require(Player player, String count, int wanted) throws SQLException {
    long found = Sql.number(player.connection(), count);
    if (found != wanted) {
      throw new WayFailedException(
          "%s: %s is %,d, not %,d".formatted(player.entrant().name(), count, found, wanted));
    }
  }

  /** How often a client waits for the server, counted on the wire. */
  record RoundTripsOf(List<Entrant> entrants) implements Part {
    static final String ROUND_TRIPS = "round_trips";

    /** That many events in one call and one transaction. */
    static final String MANY = "-many";

    @Override
    public String name() {
      return "round-trips";
    }

    @Override
    public String title() {
      return "round trips of a transaction";
    }

    @Override
    public void run(Bench bench) throws Exception {
      for (Entrant entrant : entrants.stream().filter(bench::takesPart).toList()) {
        try (TestDatabase database = bench.stage().server().createDatabase();
            Way way =
                OwnWay.create(
                    new Place(RoundTrips.counted(database.jdbcUrl()), database.user()),
                    entrant.main().get(1))) {
          bench.add(run(entrant.name(), () -> way.transact(0)));
          if (!entrant.equals(Entrant.NO_OUTBOX)) {
            bench.describe(
                entrant.name() + MANY,
                "%s, %d events in one call".formatted(entrant.title(), TRANSACTIONS));
            bench.add(run(entrant.name() + MANY, () -> way.fill(0, TRANSACTIONS)));
          }
        }
      }
    }

    private Run run(String way, Action transaction) throws Exception {
      for (int i = 0; i < WARM_UPS; i++) {
        transaction.run();
      }
      long before = RoundTrips.count();
      for (int i = 0; i < TRANSACTIONS; i++) {
        transaction.run();
      }
      double each = (RoundTrips.count() - before) / (double) TRANSACTIONS;
      return new Run(name(), way, 0, new HashMap<>(Map.of(ROUND_TRIPS, each)));
    }

    private interface Action {
      void run() throws Exception;
    }
  }
}
