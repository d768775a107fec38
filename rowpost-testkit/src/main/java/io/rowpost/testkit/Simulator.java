package io.rowpost.testkit;

import io.rowpost.core.FaultPoint;
import io.rowpost.testkit.SimSeeds.Failure;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Runs Rowpost's own engine through simulated worlds full of faults: {@code make sim}.
 *
 * <p>Each seed is one world of producers, relays, consumers and operators on stores and a broker in
 * memory, on one thread and on virtual time, so that it repeats exactly. What the guarantees
 * promise is checked in each. The idea is that of FoundationDB's simulation.
 */
public final class Simulator {
  private static final long DEFAULT_SEEDS = 100_000;
  private static final int SHOWN_FAILURES = 20;

  /** Each with what it takes; no world at all would prove nothing. */
  private static final Map<String, String> FLAGS =
      Map.of("--seed", "[0-9]{1,15}", "--seeds", "[1-9][0-9]{0,14}");

  private static final String HELP =
      """
      Usage: make sim [SEED=<number> | SEEDS=<count>]

      Runs the engine through simulated worlds full of faults, and checks its guarantees.

        --seed=<number>   One world, told event by event where a guarantee does not hold.
        --seeds=<count>   Worlds 1 to <count> on all cores; 100,000 by default.
        --help            Show this text.

      Exit status: 0 all guarantees held, 1 one did not or not all worlds came to their end, 2 a
      flag was refused.
      """;

  private final PrintStream out;

  private Simulator(PrintStream out) {
    this.out = out;
  }

  /** Runs what the flags ask for and ends the process with its exit status. */
  public static void main(String[] arguments) throws InterruptedException {
    System.exit(run(arguments, System.out));
  }

  static int run(String[] arguments, PrintStream out) throws InterruptedException {
    Map<String, Long> numbers = new TreeMap<>();
    for (String argument : arguments) {
      String[] parts = argument.split("=", 2);
      if (argument.equals("--help")) {
        out.print(HELP);
        return 0;
      }
      String form = FLAGS.get(parts[0]);
      if (form == null || parts.length < 2 || !parts[1].matches(form) || !numbers.isEmpty()) {
        out.printf("Refused: %s%n%n%s", argument, HELP);
        return 2;
      }
      numbers.put(parts[0], Long.valueOf(parts[1]));
    }
    var simulator = new Simulator(out);
    Long seed = numbers.get("--seed");
    return seed == null
        ? simulator.many(numbers.getOrDefault("--seeds", DEFAULT_SEEDS))
        : simulator.one(seed);
  }

  private int one(long seed) {
    SimResult result = new Simulation(seed).run();
    SimViolation violation = result.violation();
    if (violation == null) {
      SimTally tally = result.world().tally;
      out.printf(
          Locale.ROOT,
          "Seed %d: every guarantee held. %,d messages, %,d faults, %,d events.%n",
          seed,
          tally.messages,
          tally.faults(),
          result.world().history.size());
      return 0;
    }
    tell(result, violation);
    return 1;
  }

  private void tell(SimResult result, SimViolation violation) {
    out.print(result.story());
    if (violation.cause() != null) {
      var trace = new StringWriter();
      violation.cause().printStackTrace(new PrintWriter(trace, true));
      out.print(trace);
    }
  }

  private int many(long count) throws InterruptedException {
    long began = System.nanoTime();
    var told = new AtomicLong(began);
    var seeds = new SimSeeds(1, count, Simulation::new);
    int threads = Runtime.getRuntime().availableProcessors();
    seeds.run(
        threads,
        finished -> {
          long now = System.nanoTime();
          long last = told.get();
          if (now - last > TimeUnit.SECONDS.toNanos(5) && told.compareAndSet(last, now)) {
            out.printf(
                Locale.ROOT,
                "%,d of %,d seeds, %d failed%n",
                finished,
                count,
                seeds.failures().size());
          }
        });
    report(seeds, (System.nanoTime() - began) / 1e9, threads);
    List<Failure> failures = seeds.failures();
    if (failures.isEmpty()) {
      return seeds.finished() == count ? 0 : 1;
    }
    out.printf("%d seeds failed, the shortest history first:%n", failures.size());
    for (Failure failure : failures.subList(0, Math.min(SHOWN_FAILURES, failures.size()))) {
      out.printf(
          Locale.ROOT,
          "  make sim SEED=%d   %,d events, %s%n",
          failure.seed(),
          failure.events(),
          failure.violation());
    }
    SimResult shortest = new Simulation(failures.get(0).seed()).run();
    SimViolation violation = shortest.violation();
    if (violation != null) {
      tell(shortest, violation);
    }
    return 1;
  }

  private void report(SimSeeds seeds, double seconds, int threads) {
    SimTally tally = seeds.tally();
    Map<SimFault, Long> faults = new EnumMap<>(SimFault.class);
    Arrays.stream(SimFault.values()).forEach(fault -> faults.put(fault, tally.of(fault)));
    Map<FaultPoint, Long> points = new EnumMap<>(FaultPoint.class);
    Arrays.stream(FaultPoint.values()).forEach(point -> points.put(point, tally.of(point)));
    table("Faults and operators' acts", faults);
    table("Points of the engine, passed", points);
    out.printf(
        Locale.ROOT,
        "%n%,d seeds in %.1f s: %,.0f a second on %d threads. %,d messages, %,d steps, %,d faults,"
            + " %d seeds failed.%n",
        seeds.finished(),
        seconds,
        seeds.finished() / seconds,
        threads,
        tally.messages,
        tally.steps,
        tally.faults(),
        seeds.failures().size());
  }

  private void table(String title, Map<? extends Enum<?>, Long> counts) {
    out.printf("%n%s%n", title);
    counts.forEach(
        (what, count) ->
            out.printf(
                Locale.ROOT,
                "  %-28s %,14d%n",
                what.name().toLowerCase(Locale.ROOT).replace('_', ' '),
                count));
  }
}
