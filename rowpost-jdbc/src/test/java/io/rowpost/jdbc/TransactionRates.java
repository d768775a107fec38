package io.rowpost.jdbc;

import com.sun.management.OperatingSystemMXBean;
import io.rowpost.core.InboxProcessor;
import io.rowpost.core.Message;
import io.rowpost.core.OutboxRecord;
import io.rowpost.core.TransactionalOutbox;
import io.rowpost.testservers.PostgresServer;
import io.rowpost.testservers.TestDatabase;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.ToDoubleFunction;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import javax.sql.DataSource;

/**
 * Rates of transactions on PostgreSQL with Rowpost and by hand, as ratios of one interleaved run.
 *
 * <p>A program and no test: a rate depends on the machine and on who else uses it. Arguments:
 * rounds, milliseconds per measurement, and the groups to run (append, many, execute, inbox).
 */
final class TransactionRates {
  private static final int THREADS = 16;
  private static final int MANY = 100;
  private static final int POLL = 500;
  private static final byte[] PAYLOAD = "x".repeat(256).getBytes(StandardCharsets.US_ASCII);

  private static final String ORDER = "INSERT INTO orders (note) VALUES (?)";
  private static final String OUTBOX =
      """
      INSERT INTO "rowpost_outbox"
        (id, bucket, topic, message_key, type, source, content_type, headers, traceparent,
         payload, available_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""";
  private static final String INBOX =
      """
      INSERT INTO "rowpost_inbox" (consumer, message_id, status, message_time, completed_at)
      VALUES (?, ?, 'COMPLETED', ?, clock_timestamp())
          ON CONFLICT (consumer, message_id) DO NOTHING""";

  private final DataSource pool;
  private final TransactionalOutbox<Connection> outbox;
  private final JdbcTransactor transactor;
  private final InboxProcessor<Connection> inbox;

  private TransactionRates(DataSource pool) {
    this.pool = pool;
    this.transactor = new JdbcTransactor(pool);
    this.outbox =
        TransactionalOutbox.builder(JdbcOutboxStore.appendOnly().build())
            .transactor(transactor)
            .build();
    this.inbox =
        InboxProcessor.builder(JdbcInboxStore.builder(pool).build(), transactor, "rates").build();
  }

  /** What a thread does again and again. */
  private interface Step {
    /** Returns how many were done. */
    int run(int number) throws Exception;
  }

  /** One of several ways to do the same. */
  private interface Way {
    Step on(Connection connection) throws SQLException;
  }

  private record Rate(double perSecond, double cpuMicros) {}

  public static void main(String[] arguments) throws Exception {
    int rounds = Integer.parseInt(arguments[0]);
    Duration time = Duration.ofMillis(Long.parseLong(arguments[1]));
    try (TestDatabase database = PostgresServer.shared().createDatabase()) {
      DataSource pool = database.pooledDataSource(2 * THREADS);
      Schema.install(pool);
      var rates = new TransactionRates(pool);
      rates.execute(
          "CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, note text)");
      for (String group : List.of(arguments).subList(2, arguments.length)) {
        System.out.println(group);
        rates.compare(group, rounds, time);
      }
    }
  }

  private Map<String, Way> ways(String group) {
    var ways = new LinkedHashMap<String, Way>();
    switch (group) {
      case "append" -> {
        ways.put("INSERT, COMMIT", this::alone);
        ways.put("+ INSERT by hand", connection -> byHand(connection, 1));
        ways.put("+ append", connection -> append(connection, 1));
      }
      case "many" -> {
        ways.put("INSERT, COMMIT", this::alone);
        ways.put("+ batch of 100 by hand", connection -> byHand(connection, MANY));
        ways.put("+ append of 100", connection -> append(connection, MANY));
      }
      case "execute" -> {
        ways.put("JdbcTransactor: INSERT", connection -> inTransaction());
        ways.put("+ INSERT; COMMIT by hand", connection -> lastByHand());
        ways.put("executeWithOutbox", connection -> executeWithOutbox());
      }
      case "inbox" -> {
        ways.put("claim by hand, INSERT, COMMIT", connection -> claimByHand());
        ways.put("process", connection -> process());
        ways.put("processAll of 500", connection -> processAll());
      }
      default -> throw new IllegalArgumentException(group);
    }
    return ways;
  }

  private Step alone(Connection connection) throws SQLException {
    PreparedStatement order = connection.prepareStatement(ORDER);
    return number -> {
      insertOrder(order, number);
      connection.commit();
      return 1;
    };
  }

  private Step byHand(Connection connection, int records) throws SQLException {
    PreparedStatement order = connection.prepareStatement(ORDER);
    PreparedStatement insert = connection.prepareStatement(OUTBOX);
    return number -> {
      insertOrder(order, number);
      for (int i = 0; i < records; i++) {
        bindByHand(insert, number);
        if (records > 1) {
          insert.addBatch();
        }
      }
      if (records > 1) {
        insert.executeBatch();
      } else {
        insert.executeUpdate();
      }
      connection.commit();
      return 1;
    };
  }

  private static void bindByHand(PreparedStatement insert, int number) throws SQLException {
    insert.setObject(1, UUID.randomUUID());
    insert.setInt(2, 1);
    insert.setString(3, "orders.events");
    insert.setString(4, "order-" + number);
    insert.setString(5, "OrderCreated");
    insert.setString(6, "/shop");
    insert.setString(7, "application/json");
    insert.setNull(8, Types.VARCHAR);
    insert.setNull(9, Types.VARCHAR);
    insert.setBytes(10, PAYLOAD);
    insert.setNull(11, Types.TIMESTAMP_WITH_TIMEZONE);
  }

  private Step append(Connection connection, int records) throws SQLException {
    PreparedStatement order = connection.prepareStatement(ORDER);
    return number -> {
      insertOrder(order, number);
      if (records == 1) {
        outbox.append(connection, record(number));
      } else {
        outbox.append(
            connection, IntStream.range(0, records).mapToObj(i -> record(number)).toList());
      }
      connection.commit();
      return 1;
    };
  }

  private Step inTransaction() {
    return number -> transactor.<Integer, SQLException>inTransaction(tx -> insertOrder(tx, number));
  }

  private Step lastByHand() {
    return number ->
        transactor.<Integer, SQLException>inTransaction(
            tx -> {
              insertOrder(tx, number);
              try (PreparedStatement insert = tx.prepareStatement(OUTBOX + "; COMMIT")) {
                bindByHand(insert, number);
                insert.execute();
              }
              return 1;
            });
  }

  private Step executeWithOutbox() {
    return number ->
        outbox.<Integer, SQLException>executeWithOutbox(
            record(number), tx -> insertOrder(tx, number));
  }

  private Step claimByHand() {
    return number -> {
      Message message = message();
      return transactor.<Integer, SQLException>inTransaction(
          tx -> {
            try (PreparedStatement claim = tx.prepareStatement(INBOX)) {
              claim.setString(1, "rates");
              claim.setString(2, message.id());
              claim.setObject(3, message.time().atOffset(ZoneOffset.UTC));
              if (claim.executeUpdate() == 0) {
                return 0;
              }
            }
            return insertOrder(tx, number);
          });
    };
  }

  private Step process() {
    return number -> {
      inbox.process(message(), (tx, message) -> insertOrder(tx, number));
      return 1;
    };
  }

  private Step processAll() {
    return number ->
        inbox
            .processAll(
                IntStream.range(0, POLL).mapToObj(i -> message()).toList(),
                (tx, message) -> insertOrder(tx, number))
            .processed();
  }

  private static Message message() {
    return new Message(
        UUID.randomUUID().toString(),
        "orders.events",
        null,
        "OrderCreated",
        "/shop",
        "application/json",
        Map.of(),
        null,
        Instant.now(),
        PAYLOAD);
  }

  private static OutboxRecord record(int number) {
    return OutboxRecord.to("orders.events")
        .key("order-" + number)
        .type("OrderCreated")
        .payload(PAYLOAD)
        .build();
  }

  private static int insertOrder(Connection tx, int number) throws SQLException {
    try (PreparedStatement order = tx.prepareStatement(ORDER)) {
      return insertOrder(order, number);
    }
  }

  private static int insertOrder(PreparedStatement order, int number) throws SQLException {
    order.setString(1, "order " + number);
    return order.executeUpdate();
  }

  private void compare(String group, int rounds, Duration time) throws Exception {
    Map<String, List<Rate>> rates = new LinkedHashMap<>();
    for (int round = -2; round < rounds; round++) {
      for (var way : ways(group).entrySet()) {
        Rate rate = measure(way.getValue(), time);
        if (round >= 0) {
          rates.computeIfAbsent(way.getKey(), name -> new ArrayList<>()).add(rate);
        }
      }
    }
    List<List<Rate>> all = List.copyOf(rates.values());
    for (var way : rates.entrySet()) {
      List<Rate> own = way.getValue();
      List<Rate> before = all.get(Math.max(all.indexOf(own) - 1, 0));
      System.out.printf(
          "%-30s %,8.0f/s, %.2f of the first, %.2f of the one above; %,6.0f us CPU, %.2f times%n",
          way.getKey(),
          median(own.stream().mapToDouble(Rate::perSecond)),
          ratio(own, all.get(0), Rate::perSecond),
          ratio(own, before, Rate::perSecond),
          median(own.stream().mapToDouble(Rate::cpuMicros)),
          ratio(own, all.get(0), Rate::cpuMicros));
    }
  }

  /** Of the measurements of the same round, which saw the same neighbours on the machine. */
  private static double ratio(List<Rate> rates, List<Rate> to, ToDoubleFunction<Rate> figure) {
    return median(
        IntStream.range(0, rates.size())
            .mapToDouble(
                i -> figure.applyAsDouble(rates.get(i)) / figure.applyAsDouble(to.get(i))));
  }

  private static double median(DoubleStream figures) {
    double[] sorted = figures.sorted().toArray();
    return (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
  }

  private Rate measure(Way way, Duration time) throws Exception {
    execute("TRUNCATE orders, \"rowpost_outbox\", \"rowpost_inbox\"");
    var start = new CyclicBarrier(THREADS + 1);
    ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    try {
      List<Future<Long>> counts = new ArrayList<>();
      for (int i = 0; i < THREADS; i++) {
        counts.add(threads.submit(() -> client(way, start, time)));
      }
      start.await();
      long cpu = cpuNanos();
      long began = System.nanoTime();
      long done = 0;
      for (Future<Long> count : counts) {
        done += count.get();
      }
      double seconds = (System.nanoTime() - began) / 1e9;
      return new Rate(done / seconds, (cpuNanos() - cpu) / 1e3 / done);
    } finally {
      threads.shutdownNow();
    }
  }

  private long client(Way way, CyclicBarrier start, Duration time) throws Exception {
    try (Connection connection = pool.getConnection()) {
      connection.setAutoCommit(false);
      Step step = way.on(connection);
      start.await();
      long end = System.nanoTime() + time.toNanos();
      long done = 0;
      for (int number = 0; System.nanoTime() < end; number++) {
        done += step.run(number);
      }
      connection.setAutoCommit(true);
      return done;
    }
  }

  /** Of this JVM and of the server's processes for it. */
  private long cpuNanos() throws Exception {
    long nanos =
        ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
    try (Connection connection = pool.getConnection();
        var statement = connection.createStatement();
        var pids =
            statement.executeQuery(
                "SELECT pid FROM pg_stat_activity WHERE datname = current_database()")) {
      while (pids.next()) {
        String stat = Files.readString(Path.of("/proc", pids.getString(1), "stat"));
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
        nanos += (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) * 10_000_000L;
      }
    }
    return nanos;
  }

  private void execute(String sql) throws SQLException {
    try (Connection connection = pool.getConnection();
        var statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}
