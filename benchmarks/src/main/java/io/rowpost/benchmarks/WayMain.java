package io.rowpost.benchmarks;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Timer;
import java.util.TimerTask;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The JVM of a way: does what the lines of its standard input say and answers on its standard
 * output. It ends with its input, so it never outlives who started it.
 */
public final class WayMain {
  private static final Duration CLOSE_WITHIN = Duration.ofSeconds(8);
  static final String READY = "ready";
  static final String BEGIN = "begin";
  static final String END = "end";
  static final String DONE = "done";
  static final String FAILED = "failed";

  private final Way way;
  private final Place place;
  private final PrintStream answers;
  private Arrivals arrivals = Arrivals.NOWHERE;

  private WayMain(Way way, Place place, PrintStream answers) {
    this.way = way;
    this.place = place;
    this.answers = answers;
  }

  /** Makes a way. */
  public interface Factory {
    Way create(Place place) throws Exception;
  }

  /**
   * Runs until the input ends.
   *
   * @param arguments the JDBC URL and the user
   */
  public static void run(String[] arguments, Factory factory) throws Exception {
    PrintStream answers = System.out;
    System.setOut(System.err); // whatever a library prints is no answer
    var place = new Place(arguments[0], arguments[1]);
    try (Way way = factory.create(place);
        var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      var main = new WayMain(way, place, answers);
      main.answer(READY + " " + way.settings());
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        main.obey(List.of(line.strip().split(" ", -1)));
      }
      haltSoon();
    }
    System.exit(0); // threads of a library may still be there
  }

  /** Ends this JVM though something cannot be closed, as when the server has gone before. */
  private static void haltSoon() {
    var timer = new Timer("halt", true);
    timer.schedule(
        new TimerTask() {
          @Override
          public void run() {
            Runtime.getRuntime().halt(1);
          }
        },
        CLOSE_WITHIN.toMillis());
  }

  private void answer(String line) {
    answers.println(line);
    answers.flush();
  }

  private void obey(List<String> command) {
    try {
      switch (command.get(0)) {
        case "clear" -> {
          way.clear();
          answer(DONE);
        }
        case "fill" -> {
          way.fill(number(command, 1), number(command, 2));
          answer(DONE);
        }
        case "purge" -> answer(DONE + " " + way.purge());
        case "append" -> append(number(command, 1), number(command, 2));
        case "drain" -> drain(command);
        case "settle" -> settle(number(command, 1), number(command, 2));
        case "relay" -> relay(number(command, 1));
        case "stop" -> stop(Path.of(command.get(1)));
        case "produce" -> produce(number(command, 1), number(command, 2), Path.of(command.get(3)));
        case "consume" -> {
          relaying = ((InboxWay) way).consume(command.get(1), command.get(2));
          answer(DONE);
        }
        case "unsubscribe" -> {
          relaying.close();
          answer(DONE);
        }
        case "slow" -> slow(number(command, 1), number(command, 2));
        default -> throw new IllegalArgumentException("unknown: " + command);
      }
    } catch (Exception e) {
      e.printStackTrace();
      answer(FAILED + " " + command.get(0) + ": " + e);
    }
  }

  private static int number(List<String> command, int index) {
    return Integer.parseInt(command.get(index));
  }

  // ---- drain ----------------------------------------------------------------------------------

  /** {@code drain from to seconds [kafka prefix]}. */
  private void drain(List<String> command) throws Exception {
    int from = number(command, 1);
    int to = number(command, 2);
    var began = new AtomicLong();
    Runnable begin =
        () -> {
          answer(BEGIN);
          began.set(System.nanoTime());
        };
    try (Sink sink =
        command.size() == 4
            ? Sink.nowhere(from, to, Arrivals.NOWHERE, begin)
            : Sink.kafka(command.get(4), command.get(5), from, to, begin)) {
      AutoCloseable relay = way.relay(sink);
      try {
        boolean all = sink.awaitAll(Duration.ofSeconds(number(command, 3)));
        long nanos = System.nanoTime() - began.get();
        answer((all ? END : FAILED) + " %d %d".formatted(sink.acknowledged(), nanos));
      } finally {
        relay.close();
      }
      place.rest();
      answer(DONE + " " + audited(sink));
    }
  }

  /** Relays what is not measured. */
  private void settle(int from, int to) throws Exception {
    Sink sink = Sink.nowhere(from, to, Arrivals.NOWHERE, () -> {});
    AutoCloseable relay = way.relay(sink);
    boolean all;
    try {
      all = sink.awaitAll(Duration.ofMinutes(10));
    } finally {
      relay.close();
    }
    answer(all ? DONE : FAILED);
  }

  private static String audited(Sink sink) {
    var found = sink.audit().figures();
    return "%.0f %.0f %.0f"
        .formatted(found.get(Run.LOST), found.get(Run.DUPLICATES), found.get(Run.DISORDER));
  }

  // ---- append ---------------------------------------------------------------------------------

  private void append(int threads, int millis) throws Exception {
    long nanos = TimeUnit.MILLISECONDS.toNanos(millis);
    var numbers = new AtomicInteger();
    // All begin at once, so that nobody's start is measured.
    var began = new AtomicLong();
    Runnable begin =
        () -> {
          answer(BEGIN);
          began.set(System.nanoTime());
        };
    var start = new CyclicBarrier(threads, begin);
    Callable<Integer> client =
        () -> {
          start.await();
          int done = 0;
          while (System.nanoTime() - began.get() < nanos) {
            way.transact(numbers.getAndIncrement());
            done++;
          }
          return done;
        };
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try {
      List<Future<Integer>> clients = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        clients.add(pool.submit(client));
      }
      int done = 0;
      for (Future<Integer> one : clients) {
        done += one.get();
      }
      answer(DONE + " %d %d".formatted(done, System.nanoTime() - began.get()));
    } finally {
      pool.shutdownNow();
    }
  }

  // ---- latency --------------------------------------------------------------------------------

  private AutoCloseable relaying = () -> {};
  private Sink relayed = Sink.nowhere(0, 0, Arrivals.NOWHERE, () -> {});

  private void relay(int events) throws Exception {
    arrivals = new Arrivals(events);
    relayed = Sink.nowhere(0, events, arrivals, () -> {});
    relaying = way.relay(relayed);
    answer(DONE);
  }

  private void stop(Path file) throws Exception {
    relayed.awaitAll(Duration.ofSeconds(10));
    relaying.close();
    arrivals.write(file);
    answer(DONE + " " + audited(relayed));
  }

  // ---- a slow broker --------------------------------------------------------------------------

  /** Relays a long backlog to a sink that needs its time, and looks at the memory. */
  private void slow(int seconds, int millisEach) throws Exception {
    var first = new CompletableFuture<Long>();
    long began = System.nanoTime();
    Sink sink = Sink.slow(millisEach, () -> first.complete(System.nanoTime() - began));
    AutoCloseable relay = way.relay(sink);
    try {
      long firstNanos = first.get(1, TimeUnit.MINUTES);
      sink.awaitAll(Duration.ofSeconds(seconds / 2));
      long early = usedBytes();
      sink.awaitAll(Duration.ofSeconds(seconds - seconds / 2));
      answer(DONE + " %d %d %d".formatted(firstNanos / 1_000, early, usedBytes()));
    } finally {
      relay.close();
    }
  }

  /** What is reachable. */
  private static long usedBytes() {
    System.gc();
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }

  /** Commits events at a steady rate and notes when each commit was confirmed. */
  private void produce(int perSecond, int events, Path file) throws Exception {
    var committed = new Arrivals(events);
    int threads = perSecond > 500 ? 8 : 2;
    ScheduledExecutorService clock = Executors.newScheduledThreadPool(threads);
    try {
      List<Future<?>> due = new ArrayList<>();
      long nanos = TimeUnit.SECONDS.toNanos(1) / perSecond;
      for (int i = 0; i < events; i++) {
        int number = i;
        due.add(
            clock.schedule(
                () -> {
                  way.transact(number);
                  committed.at(number);
                  return number;
                },
                number * nanos,
                TimeUnit.NANOSECONDS));
      }
      for (Future<?> one : due) {
        one.get();
      }
    } finally {
      clock.shutdownNow();
    }
    committed.write(file);
    answer(DONE);
  }
}
