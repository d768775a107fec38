package io.rowpost.jdbc;

import io.rowpost.core.OutboxRecord;
import io.rowpost.core.OutboxRelay;
import io.rowpost.core.TransactionalOutbox;
import io.rowpost.testservers.PostgresServer;
import io.rowpost.testservers.TestDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Prints what each way to learn of an append takes and costs. No test: it asserts nothing, and runs
 * only by {@code make quick M=rowpost-jdbc T=WakeUpFigures}.
 */
@SuppressWarnings("try") // some resources are only opened and closed
class WakeUpFigures {
  private TestDatabase database;
  private DataSource pool;
  private JdbcOutboxStore store;

  @BeforeEach
  void install() {
    database = PostgresServer.require().createDatabase();
    pool = database.pooledDataSource(24);
    Schema.install(pool);
    store = JdbcOutboxStore.builder(pool).build();
  }

  @AfterEach
  void drop() {
    store.close();
    database.close();
  }

  /** From commit to hand-over, and what relay, application and server spend on it. */
  @Test
  void latency() throws Exception {
    for (int round = 0; round < 2; round++) {
      for (int perSecond : new int[] {200, 5}) {
        for (boolean bare : new boolean[] {false, true}) {
          latency("same process", perSecond, bare, true, false);
          latency("notification", perSecond, bare, false, true);
          latency("polling alone", perSecond, bare, false, false);
        }
      }
    }
  }

  private void latency(String way, int perSecond, boolean bare, boolean direct, boolean notify)
      throws Exception {
    int count = Math.max(20, perSecond * 3);
    var published = new AtomicLongArray(count);
    var committed = new long[count];
    var done = new CountDownLatch(count);
    try (var wakeUp = PostgresWakeUp.builder(pool).build();
        var relay =
            OutboxRelay.builder(
                    store,
                    message -> {
                      published.set(Integer.parseInt(message.type()), System.nanoTime());
                      done.countDown();
                      return CompletableFuture.completedFuture(null);
                    })
                .build()
                .start()) {
      if (notify) {
        wakeUp.listen(relay::wakeUp);
      }
      var outbox =
          TransactionalOutbox.builder(store)
              .transactor(new JdbcTransactor(pool))
              .wakeUp(direct ? relay::wakeUp : notify ? wakeUp : WakeUpFigures::nobody)
              .build();
      var random = new Random(1);
      long cpu = cpuNanos();
      long began = System.nanoTime();
      long next = began;
      for (int i = 0; i < count; i++) {
        next += (long) (-Math.log(1 - random.nextDouble()) * 1e9 / perSecond);
        while (next - System.nanoTime() > 0) {
          LockSupport.parkNanos(next - System.nanoTime());
        }
        OutboxRecord record = OutboxRecord.to("t").type(Integer.toString(i)).build();
        if (bare) {
          try (Connection connection = pool.getConnection()) {
            connection.setAutoCommit(false);
            outbox.append(connection, record);
            connection.commit();
          }
        } else {
          outbox.executeWithOutbox(record, tx -> true);
        }
        committed[i] = System.nanoTime();
      }
      done.await();
      double cores = (cpuNanos() - cpu) / (double) (System.nanoTime() - began);
      double[] millis = new double[count];
      for (int i = 0; i < count; i++) {
        millis[i] = Math.max(0, published.get(i) - committed[i]) / 1e6;
      }
      Arrays.sort(millis);
      System.out.printf(
          "FIGURE %3d/s %-17s %-13s p50 %6.2f ms  p99 %6.2f ms  %4.1f %% of a core%n",
          perSecond,
          bare ? "append" : "executeWithOutbox",
          way,
          millis[count / 2],
          millis[count * 99 / 100],
          100 * cores);
    }
  }

  /** What is spent while nothing happens, by this process and by the server. */
  @Test
  void idle() throws Exception {
    long nobody = idleNanos(() -> () -> {});
    long relay =
        idleNanos(() -> OutboxRelay.builder(store, m -> new CompletableFuture<>()).build().start());
    long listener =
        idleNanos(() -> PostgresWakeUp.builder(pool).build().listen(WakeUpFigures::nobody));
    System.out.printf(
        "FIGURE idle, %% of a core: nothing %.2f, relay %.2f, listener %.2f%n",
        nobody / 1e8, relay / 1e8, listener / 1e8);
  }

  private static void nobody() {}

  private interface Opening {
    AutoCloseable open();
  }

  private long idleNanos(Opening opening) throws Exception {
    try (AutoCloseable opened = opening.open()) {
      LockSupport.parkNanos(Duration.ofSeconds(3).toNanos());
      long before = cpuNanos();
      LockSupport.parkNanos(Duration.ofSeconds(10).toNanos());
      return cpuNanos() - before;
    }
  }

  /** What notifying takes from commits of 16 clients, who append without a pause. */
  @Test
  void commits() throws Exception {
    List<Double> ratios = new ArrayList<>();
    commits(WakeUpFigures::nobody);
    for (int round = 0; round < 7; round++) {
      double without = commits(WakeUpFigures::nobody);
      try (var wakeUp = PostgresWakeUp.builder(pool).build();
          var listener = PostgresWakeUp.builder(pool).build().listen(WakeUpFigures::nobody)) {
        ratios.add(commits(wakeUp) / without);
      }
    }
    ratios.sort(null);
    System.out.printf("FIGURE commits with notifications to those without: %s%n", ratios);
  }

  private double commits(Runnable wakeUp) throws Exception {
    var outbox =
        TransactionalOutbox.builder(store)
            .transactor(new JdbcTransactor(pool))
            .wakeUp(wakeUp)
            .build();
    long until = System.nanoTime() + Duration.ofSeconds(2).toNanos();
    var counts = new AtomicLongArray(16);
    List<Thread> clients = new ArrayList<>();
    for (int i = 0; i < 16; i++) {
      int client = i;
      var thread =
          new Thread(
              () -> {
                while (until - System.nanoTime() > 0) {
                  outbox.executeWithOutbox(OutboxRecord.to("t").type("x").build(), tx -> true);
                  counts.incrementAndGet(client);
                }
              });
      thread.start();
      clients.add(thread);
    }
    long sum = 0;
    for (int i = 0; i < 16; i++) {
      clients.get(i).join();
      sum += counts.get(i);
    }
    return sum;
  }

  /** Of this process, and of the server's for this database if it is on this machine. */
  private long cpuNanos() throws SQLException, IOException {
    long nanos = ProcessHandle.current().info().totalCpuDuration().orElseThrow().toNanos();
    try (Connection connection = pool.getConnection();
        var statement = connection.createStatement();
        var row =
            statement.executeQuery(
                "SELECT pid FROM pg_stat_activity WHERE datname = current_database()")) {
      while (row.next()) {
        Path stat = Path.of("/proc", row.getString(1), "stat");
        if (Files.exists(stat)) {
          String[] fields = Files.readString(stat).split(" ", -1);
          nanos += (Long.parseLong(fields[13]) + Long.parseLong(fields[14])) * 10_000_000;
        }
      }
    }
    return nanos;
  }
}
