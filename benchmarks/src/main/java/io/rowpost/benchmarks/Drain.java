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
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import javax.sql.DataSource;

/**
 * How fast a backlog leaves: Rowpost's relay against the least that SQL must do for it, select and
 * delete by key on one connection. Sent rows are not kept.
 *
 * <p>Both read the same rows in full, hand the same messages to the same publisher, and delete only
 * what it acknowledged. The bound knows no lease, no order per key, no retries and no other writer.
 */
final class Drain {
  static final String RAW = "raw SQL, select and delete by key in batches of 1,000";
  static final String DEFAULTS = "Rowpost's relay, defaults (batches of 500)";
  static final String SAME_BATCHES = "Rowpost's relay, the same batches of 1,000";

  private static final int BATCH = 1000;
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
  private final MessagePublisher publisher;
  private final JdbcOutboxStore store;
  private final Meter meter;

  Drain(DataSource dataSource, int records, MessagePublisher publisher) {
    this.dataSource = dataSource;
    this.records = records;
    this.publisher = publisher;
    this.store = JdbcOutboxStore.builder(dataSource).build();
    this.meter = new Meter(dataSource);
  }

  Samples run(int warmUps, int rounds) throws Exception {
    Map<String, Samples.Way> ways = new LinkedHashMap<>();
    ways.put(RAW, () -> measure(this::drainByHand));
    ways.put(DEFAULTS, () -> measure(() -> drainBy(OutboxRelay.builder(store, publisher))));
    ways.put(
        SAME_BATCHES,
        () ->
            measure(
                () ->
                    drainBy(
                        OutboxRelay.builder(store, publisher)
                            .batchSize(BATCH)
                            .maxInFlight(2 * BATCH))));
    return Samples.take(warmUps, rounds, ways);
  }

  private Figure measure(Meter.Work work) throws Exception {
    fill();
    Figure figure = meter.measure(work);
    if (Sql.number(dataSource, "SELECT count(*) FROM \"rowpost_outbox\"") != 0) {
      throw new IllegalStateException("the outbox was not drained");
    }
    return figure;
  }

  /** Leaves the same to every way: rows that are settled, counted and known to the planner. */
  private void fill() throws SQLException {
    Sql.execute(dataSource, "TRUNCATE \"rowpost_outbox\"");
    // Before the rows, not after: else each page would be logged in full once more when drained.
    Sql.execute(dataSource, "CHECKPOINT");
    var outbox = TransactionalOutbox.builder(store).build();
    var transactor = new JdbcTransactor(dataSource);
    for (int from = 0; from < records; from += BATCH) {
      List<OutboxRecord> batch = new ArrayList<>();
      for (int i = from; i < Math.min(records, from + BATCH); i++) {
        batch.add(Events.number(i));
      }
      transactor.<Boolean, RuntimeException>inTransaction(
          tx -> {
            outbox.append(tx, batch);
            return true;
          });
    }
    Sql.execute(dataSource, "VACUUM (ANALYZE) \"rowpost_outbox\"");
  }

  private long drainBy(OutboxRelay.Builder settings) {
    long sent = 0;
    try (OutboxRelay relay = settings.build()) {
      while (sent < records) {
        sent += relay.pollAndPublish().sent();
      }
    }
    return sent;
  }

  // ---- the bound ------------------------------------------------------------------------------

  /** Rows that were read and handed to the publisher. */
  private record Batch(List<Long> seqs, List<CompletableFuture<Void>> answers) {
    long last() {
      return seqs.get(seqs.size() - 1);
    }
  }

  /** While one batch is at the publisher, the next one is read. */
  private long drainByHand() throws SQLException {
    long deleted = 0;
    try (Connection connection = dataSource.getConnection();
        PreparedStatement select = connection.prepareStatement(SELECT);
        PreparedStatement delete = connection.prepareStatement(DELETE)) {
      connection.setAutoCommit(false);
      Batch batch = publish(select, 0);
      while (!batch.seqs.isEmpty()) {
        Batch next = publish(select, batch.last());
        CompletableFuture.allOf(batch.answers.toArray(CompletableFuture[]::new)).join();
        Object[] seqs = batch.seqs.toArray();
        delete.setArray(1, connection.createArrayOf("bigint", seqs));
        deleted += delete.executeUpdate();
        connection.commit();
        batch = next;
      }
    }
    return deleted;
  }

  private Batch publish(PreparedStatement select, long after) throws SQLException {
    select.setLong(1, after);
    select.setInt(2, BATCH);
    var batch = new Batch(new ArrayList<>(BATCH), new ArrayList<>(BATCH));
    try (ResultSet row = select.executeQuery()) {
      while (row.next()) {
        batch.seqs.add(row.getLong(1));
        batch.answers.add(publisher.publish(message(row)).toCompletableFuture());
      }
    }
    return batch;
  }

  private static Message message(ResultSet row) throws SQLException {
    return new Message(
        row.getString(2),
        row.getString(3),
        row.getString(4),
        row.getString(5),
        row.getString(6),
        row.getString(7),
        Map.of(),
        row.getString(9),
        row.getObject(11, OffsetDateTime.class).toInstant(),
        row.getBytes(10));
  }

  /** Takes everything at once. */
  static CompletionStage<Void> nowhere(Message message) {
    return CompletableFuture.completedFuture(null);
  }
}
