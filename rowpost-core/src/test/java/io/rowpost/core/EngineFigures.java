package io.rowpost.core;

import io.rowpost.core.OutboxBatch.Entry;
import io.rowpost.core.OutboxBatch.Origin;
import java.lang.management.ManagementFactory;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

/**
 * Prints what the engine itself takes for a record: the store and the broker do nothing. No test:
 * it asserts nothing, and runs only by {@code make quick M=rowpost-core T=EngineFigures}.
 */
public class EngineFigures {
  private static final int RECORDS = 100_000;
  private static final int WARM_UPS = 10;
  private static final int ROUNDS = 21;

  /** For a comparison of two versions in JVMs that take turns. */
  public static void main(String[] arguments) {
    new EngineFigures().costOfARecord();
  }

  @Test
  void costOfARecord() {
    CompletableFuture<Void> done = CompletableFuture.completedFuture(null);
    measure("many keys, answered at once", RECORDS, m -> done);
    measure("10 records of a key, answered at once", RECORDS / 10, m -> done);
    measure("many keys, answered later", RECORDS, new Later());
  }

  private static void measure(String name, int keys, MessagePublisher publisher) {
    var threads = ManagementFactory.getThreadMXBean();
    List<Long> nanos = new ArrayList<>();
    for (int round = 0; round < WARM_UPS + ROUNDS; round++) {
      List<Entry> entries = entries(keys);
      try (var relay = OutboxRelay.builder(new Served(entries), publisher).build()) {
        long began = threads.getCurrentThreadCpuTime();
        int sent = 0;
        while (sent < RECORDS) {
          sent += relay.pollAndPublish().sent();
        }
        nanos.add((threads.getCurrentThreadCpuTime() - began) / RECORDS);
      }
    }
    List<Long> measured = new ArrayList<>(nanos.subList(WARM_UPS, nanos.size()));
    measured.sort(null);
    System.out.printf(
        "FIGURE %-40s %4d ns a record (%d to %d)%n",
        name, measured.get(ROUNDS / 2), measured.get(0), measured.get(ROUNDS - 1));
  }

  /** New strings each time, as a driver makes them. */
  private static List<Entry> entries(int keys) {
    var entries = new ArrayList<Entry>(RECORDS);
    var created = Instant.EPOCH;
    for (int i = 0; i < RECORDS; i++) {
      entries.add(
          new Entry(
              OutboxRecord.restore(
                  new UUID(i * 0x9e3779b97f4a7c15L, i),
                  new String("orders.events"),
                  "customer-" + i % keys,
                  "OrderCreated",
                  "/orders",
                  "application/json",
                  Map.of(),
                  null,
                  new byte[256],
                  created,
                  null,
                  OutboxStatus.PENDING,
                  0,
                  null),
              i + 1,
              Origin.NEW));
    }
    return entries;
  }

  /** Answers when the next record comes; every 500th at once, since nobody may come after it. */
  private static final class Later implements MessagePublisher {
    private CompletableFuture<Void> before = new CompletableFuture<>();
    private int count;

    @Override
    public CompletionStage<Void> publish(Message message) {
      before.complete(null);
      before = new CompletableFuture<>();
      if (++count % 500 == 0) {
        before.complete(null);
      }
      return before;
    }
  }

  /** Serves one backlog from an array and forgets what it is told. */
  private static final class Served implements OutboxStore<Object> {
    private final List<Entry> entries;
    private int next;

    Served(List<Entry> entries) {
      this.entries = entries;
    }

    @Override
    public void append(Object tx, List<OutboxRecord> records) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void appendAndCommit(Object tx, OutboxRecord record) {
      throw new UnsupportedOperationException();
    }

    @Override
    public boolean appendIfAbsent(Object tx, OutboxRecord record) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Lease.Attempt lease(Lease.Request request) {
      return new Lease.Attempt.Granted(new Lease(request.relay(), request.owner(), 1));
    }

    @Override
    public Set<Long> blockedKeys(Lease lease, int limit) {
      return Set.of();
    }

    @Override
    public boolean probe(Lease lease, long changes) {
      return next < entries.size();
    }

    @Override
    public OutboxBatch settleAndFetch(Lease lease, Turn turn) {
      int from = next;
      next = Math.min(entries.size(), from + turn.limit());
      return new OutboxBatch(
          entries.subList(from, next), next < entries.size(), false, 0, Set.of());
    }

    @Override
    public void release(Lease lease) {}

    @Override
    public OutboxAdmin admin() {
      throw new UnsupportedOperationException();
    }
  }
}
