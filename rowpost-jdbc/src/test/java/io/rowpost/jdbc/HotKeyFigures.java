package io.rowpost.jdbc;

import io.rowpost.core.OutboxRelay;
import io.rowpost.testservers.PostgresServer;
import io.rowpost.testservers.TestDatabase;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/**
 * Prints how fast a backlog of one key is parked, and then leaves to a broker that takes 0.3 ms for
 * a record. No test: it asserts nothing, and runs only by {@code make quick M=rowpost-jdbc
 * T=HotKeyFigures}.
 */
class HotKeyFigures {
  private static final int RECORDS = 100_000;
  private static final int SECONDS = 20;
  private static final long BROKER_MICROS = 300;

  @Test
  void backlog() throws Exception {
    var broker = Executors.newSingleThreadScheduledExecutor();
    try (TestDatabase database = PostgresServer.require().createDatabase();
        Connection connection = database.connect()) {
      Schema.install(database.dataSource());
      fill(connection);
      var sent = new AtomicInteger();
      try (var store = JdbcOutboxStore.builder(database.dataSource()).build();
          var relay =
              OutboxRelay.builder(
                      store,
                      message -> {
                        var answer = new CompletableFuture<Void>();
                        ScheduledFuture<?> unused =
                            broker.schedule(
                                () -> {
                                  sent.incrementAndGet();
                                  answer.complete(null);
                                },
                                BROKER_MICROS,
                                TimeUnit.MICROSECONDS);
                        return answer;
                      })
                  .build()) {
        relay.start();
        for (int second = 1; second <= SECONDS; second++) {
          int before = sent.get();
          LockSupport.parkNanos(Duration.ofSeconds(1).toNanos());
          System.out.printf(
              "FIGURE second %2d: %,6d sent, %,7d parked%n",
              second, sent.get() - before, parked(connection));
        }
      }
    } finally {
      broker.shutdownNow();
    }
  }

  private static void fill(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(
          """
          INSERT INTO rowpost_outbox
            (id, bucket, topic, message_key, type, content_type, payload)
          SELECT gen_random_uuid(), 0, 't', 'hot', 'T', 'text/plain',
                 decode(repeat('00', 256), 'hex')
            FROM generate_series(1, %d)"""
              .formatted(RECORDS));
    }
  }

  private static long parked(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT count(*) FROM rowpost_outbox_parked")) {
      row.next();
      return row.getLong(1);
    }
  }
}
