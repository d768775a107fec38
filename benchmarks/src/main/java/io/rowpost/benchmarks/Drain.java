package io.rowpost.benchmarks;

import io.rowpost.core.Message;
import io.rowpost.core.MessagePublisher;
import io.rowpost.core.OutboxRecord;
import io.rowpost.core.OutboxRelay;
import io.rowpost.core.TransactionalOutbox;
import io.rowpost.jdbc.JdbcOutboxStore;
import io.rowpost.jdbc.JdbcTransactor;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import javax.sql.DataSource;

/**
 * How fast a backlog leaves: Rowpost's relay with its defaults against the least that SQL must do
 * for it, select and delete by key in batches of 1,000 on one connection. Retention 0.
 */
final class Drain {
  static final String RAW = "raw SQL loop";
  static final String ROWPOST = "Rowpost's relay";

  private static final int RAW_BATCH = 1000;
  private static final int APPEND_BATCH = 1000;
  private static final String SELECT =
      """
      SELECT seq, id, topic, message_key, type, source, content_type, headers, traceparent,
             payload, created_at, available_at
      FROM "rowpost_outbox"
      WHERE seq > ?
      ORDER BY seq
      LIMIT ?
      """;
  private static final String DELETE = "DELETE FROM \"rowpost_outbox\" WHERE seq = ANY (?)";

  private final DataSource dataSource;
  private final int records;
  private final JdbcOutboxStore store;

  Drain(DataSource dataSource, int records) {
    this.dataSource = dataSource;
    this.records = records;
    this.store = JdbcOutboxStore.builder(dataSource).build();
  }

  /** Drains by both ways in turn, so many rounds after one to warm up. */
  Samples run(int rounds, MessagePublisher publisher) throws SQLException {
    var samples = new Samples();
    for (int round = -1; round < rounds; round++) {
      fill();
      double raw = perSecond(() -> drainByHand(publisher));
      fill();
      double rowpost = perSecond(() -> drainByRelay(publisher));
      if (round >= 0) {
        samples.add(RAW, raw);
        samples.add(ROWPOST, rowpost);
      }
    }
    return samples;
  }

  private void fill() throws SQLException {
    Bench.execute(dataSource, "TRUNCATE \"rowpost_outbox\"");
    var outbox = TransactionalOutbox.builder(store).build();
    var transactor = new JdbcTransactor(dataSource);
    byte[] payload = new byte[Bench.PAYLOAD_BYTES];
    for (int from = 0; from < records; from += APPEND_BATCH) {
      List<OutboxRecord> batch = new ArrayList<>();
      for (int i = from; i < Math.min(records, from + APPEND_BATCH); i++) {
        batch.add(Bench.record(payload, i));
      }
      transactor.<Boolean, RuntimeException>inTransaction(
          tx -> {
            outbox.append(tx, batch);
            return true;
          });
    }
    Bench.execute(dataSource, "CHECKPOINT");
  }

  private interface Draining {
    void run() throws SQLException;
  }

  private double perSecond(Draining draining) throws SQLException {
    long began = System.nanoTime();
    draining.run();
    double seconds = (System.nanoTime() - began) / 1e9;
    if (Bench.number(dataSource, "SELECT count(*) FROM \"rowpost_outbox\"") != 0) {
      throw new IllegalStateException("the outbox was not drained");
    }
    return records / seconds;
  }

  private void drainByHand(MessagePublisher publisher) throws SQLException {
    try (Connection connection = dataSource.getConnection();
        PreparedStatement select = connection.prepareStatement(SELECT);
        PreparedStatement delete = connection.prepareStatement(DELETE)) {
      connection.setAutoCommit(false);
      Long[] seqs = new Long[RAW_BATCH];
      long last = 0;
      int count;
      do {
        select.setLong(1, last);
        select.setInt(2, RAW_BATCH);
        count = 0;
        List<CompletableFuture<Void>> answers = new ArrayList<>();
        try (ResultSet rows = select.executeQuery()) {
          while (rows.next()) {
            last = rows.getLong(1);
            seqs[count++] = last;
            answers.add(publisher.publish(message(rows)).toCompletableFuture());
          }
        }
        CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new)).join();
        delete.setArray(
            1,
            connection.createArrayOf(
                "bigint", count == RAW_BATCH ? seqs : java.util.Arrays.copyOf(seqs, count)));
        delete.executeUpdate();
        connection.commit();
      } while (count == RAW_BATCH);
    }
  }

  private static Message message(ResultSet rows) throws SQLException {
    return new Message(
        rows.getString(2),
        rows.getString(3),
        rows.getString(4),
        rows.getString(5),
        rows.getString(6),
        rows.getString(7),
        java.util.Map.of(),
        rows.getString(9),
        rows.getTimestamp(11).toInstant(),
        rows.getBytes(10));
  }

  private void drainByRelay(MessagePublisher publisher) {
    int sent = 0;
    try (var relay = OutboxRelay.builder(store, publisher).build()) {
      while (sent < records) {
        sent += relay.pollAndPublish().sent();
      }
    }
  }

  /** Takes everything at once. */
  static CompletionStage<Void> nowhere(Message message) {
    return CompletableFuture.completedFuture(null);
  }
}
