package io.rowpost.testkit;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;
import java.util.function.LongFunction;

/** Runs many seeds on several threads, and keeps what is worth keeping. */
final class SimSeeds {
  private static final long MOST_FAILURES = 1_000;

  private final SimTally tally = new SimTally();
  private final List<Failure> failures = new ArrayList<>();
  private final AtomicLong next;
  private final AtomicLong finished = new AtomicLong();
  private final long end;
  private final LongFunction<Simulation> simulations;

  /** A seed that failed, and how long its history is: the shortest is the easiest to read. */
  record Failure(long seed, int events, SimViolation violation) {}

  /** For seeds from the first one on. */
  SimSeeds(long first, long count, LongFunction<Simulation> simulations) {
    this.next = new AtomicLong(first);
    this.end = first + count;
    this.simulations = simulations;
  }

  /**
   * Runs them all, or until far too many have failed.
   *
   * @param progress hears after each seed how many are finished; from several threads
   */
  void run(int threads, LongConsumer progress) throws InterruptedException {
    List<Thread> running = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      Thread thread = new Thread(() -> work(progress), "rowpost-simulation-" + i);
      thread.start();
      running.add(thread);
    }
    for (Thread thread : running) {
      thread.join();
    }
  }

  private void work(LongConsumer progress) {
    SimTally own = new SimTally();
    for (long seed = next.getAndIncrement(); seed < end; seed = next.getAndIncrement()) {
      SimResult result = simulations.apply(seed).run();
      own.add(result.world().tally);
      SimViolation violation = result.violation();
      if (violation != null && !keep(new Failure(seed, result.world().history.size(), violation))) {
        break;
      }
      progress.accept(finished.incrementAndGet());
    }
    synchronized (this) {
      tally.add(own);
    }
  }

  private synchronized boolean keep(Failure failure) {
    failures.add(failure);
    return failures.size() < MOST_FAILURES;
  }

  long finished() {
    return finished.get();
  }

  synchronized SimTally tally() {
    return tally;
  }

  /** The ones with the shortest histories first. */
  synchronized List<Failure> failures() {
    return failures.stream()
        .sorted(Comparator.comparingInt(Failure::events).thenComparingLong(Failure::seed))
        .toList();
  }
}
