package io.rowpost.benchmarks.peers;

import com.zaxxer.hikari.HikariDataSource;
import io.debezium.embedded.Connect;
import io.debezium.engine.DebeziumEngine;
import io.debezium.engine.RecordChangeEvent;
import io.debezium.engine.format.ChangeEventFormat;
import io.rowpost.benchmarks.Events;
import io.rowpost.benchmarks.Orders;
import io.rowpost.benchmarks.Place;
import io.rowpost.benchmarks.Sink;
import io.rowpost.benchmarks.Way;
import io.rowpost.benchmarks.WayMain;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.connect.source.SourceRecord;

/** Debezium's embedded engine with its outbox event router: reads the server's log. */
public final class DebeziumWay implements Way {
  private static final int BATCH = 1000;
  private static final String TABLE =
      """
      CREATE TABLE IF NOT EXISTS outbox (
        id            uuid PRIMARY KEY,
        aggregatetype varchar(255) NOT NULL,
        aggregateid   varchar(255) NOT NULL,
        type          varchar(255) NOT NULL,
        payload       bytea NOT NULL
      )
      """;
  private static final String INSERT =
      """
      INSERT INTO outbox (id, aggregatetype, aggregateid, type, payload)
      VALUES (?, ?, ?, ?, ?)
      """;
  private static final String DROP_SLOT =
      """
      SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots
      WHERE database = current_database()
      """;

  private final HikariDataSource pool;
  private final Path folder;
  private final Properties properties;

  private DebeziumWay(Place place) throws Exception {
    pool = place.pool();
    execute(Orders.TABLE);
    execute(TABLE);
    folder = Files.createTempDirectory("rowpost-bench-debezium");
    properties = properties(place, folder.resolve("offsets"));
    // Makes the slot: from now on the server's log is kept for it.
    start(new Batches(records -> List.of())).close();
  }

  /**
   * Runs it.
   *
   * @param arguments the JDBC URL and the user
   */
  public static void main(String[] arguments) throws Exception {
    WayMain.run(arguments, DebeziumWay::new);
  }

  private static Properties properties(Place place, Path offsets) {
    URI address = URI.create(place.jdbcUrl().substring("jdbc:".length()));
    String database = address.getPath().substring(1);
    var properties = new Properties();
    properties.setProperty("name", "bench");
    properties.setProperty("connector.class", "io.debezium.connector.postgresql.PostgresConnector");
    properties.setProperty(
        "offset.storage", "org.apache.kafka.connect.storage.FileOffsetBackingStore");
    properties.setProperty("offset.storage.file.filename", offsets.toString());
    properties.setProperty("offset.flush.interval.ms", "1000");
    properties.setProperty("database.hostname", address.getHost());
    properties.setProperty("database.port", Integer.toString(address.getPort()));
    properties.setProperty("database.user", place.user());
    properties.setProperty("database.password", "none");
    properties.setProperty("database.dbname", database);
    properties.setProperty("topic.prefix", "bench");
    properties.setProperty("plugin.name", "pgoutput");
    properties.setProperty("slot.name", database);
    properties.setProperty("publication.name", database);
    properties.setProperty("publication.autocreate.mode", "filtered");
    properties.setProperty("table.include.list", "public.outbox");
    properties.setProperty("snapshot.mode", "no_data");
    properties.setProperty("tombstones.on.delete", "false");
    properties.setProperty("poll.interval.ms", "10");
    properties.setProperty("max.batch.size", "8192");
    properties.setProperty("max.queue.size", "32768");
    properties.setProperty("record.processing.threads", "2");
    properties.setProperty("transforms", "outbox");
    properties.setProperty("transforms.outbox.type", "io.debezium.transforms.outbox.EventRouter");
    return properties;
  }

  @Override
  public String settings() {
    return "poll 10 ms, batches of 8192, queue of 32768, 2 threads";
  }

  @Override
  public void clear() throws SQLException {
    execute("TRUNCATE orders, outbox");
  }

  @Override
  public void fill(int from, int to) throws SQLException {
    try (Connection connection = pool.getConnection();
        PreparedStatement insert = connection.prepareStatement(INSERT)) {
      connection.setAutoCommit(false);
      for (int number = from; number < to; number++) {
        set(insert, number);
        insert.addBatch();
        if ((number + 1) % BATCH == 0 || number + 1 == to) {
          insert.executeBatch();
          connection.commit();
        }
      }
    }
  }

  @Override
  public void transact(int number) throws SQLException {
    try (Connection connection = pool.getConnection();
        PreparedStatement order = connection.prepareStatement(Orders.INSERT);
        PreparedStatement insert = connection.prepareStatement(INSERT)) {
      connection.setAutoCommit(false);
      order.setString(1, Orders.note(number));
      order.executeUpdate();
      set(insert, number);
      insert.executeUpdate();
      connection.commit();
    }
  }

  private static void set(PreparedStatement insert, int number) throws SQLException {
    insert.setObject(1, UUID.randomUUID());
    insert.setString(2, Events.TOPIC);
    insert.setString(3, Events.key(number));
    insert.setString(4, Events.TYPE);
    insert.setBytes(5, Events.payload(number));
  }

  /** Takes the records of one batch. */
  private interface Taker {
    List<CompletableFuture<Void>> take(List<RecordChangeEvent<SourceRecord>> records);
  }

  /** Hands a batch to the taker, and lets the engine go on when all of it is acknowledged. */
  private record Batches(Taker taker)
      implements DebeziumEngine.ChangeConsumer<RecordChangeEvent<SourceRecord>> {
    @Override
    public void handleBatch(
        List<RecordChangeEvent<SourceRecord>> records,
        DebeziumEngine.RecordCommitter<RecordChangeEvent<SourceRecord>> committer)
        throws InterruptedException {
      List<CompletableFuture<Void>> answers = taker.take(records);
      CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new)).join();
      for (RecordChangeEvent<SourceRecord> record : records) {
        committer.markProcessed(record);
      }
      committer.markBatchFinished();
    }
  }

  @Override
  public AutoCloseable relay(Sink sink) throws Exception {
    return start(new Batches(records -> handTo(sink, records)));
  }

  private static List<CompletableFuture<Void>> handTo(
      Sink sink, List<RecordChangeEvent<SourceRecord>> records) {
    var answers = new ArrayList<CompletableFuture<Void>>(records.size());
    for (RecordChangeEvent<SourceRecord> event : records) {
      SourceRecord record = event.record();
      String id = record.headers().lastWithName("id").value().toString();
      var message = Events.message(id, (String) record.key(), bytes((ByteBuffer) record.value()));
      answers.add(sink.publish(message).toCompletableFuture());
    }
    return answers;
  }

  private static byte[] bytes(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.remaining()];
    buffer.duplicate().get(bytes);
    return bytes;
  }

  private AutoCloseable start(Batches batches) throws InterruptedException {
    var polling = new CountDownLatch(1);
    DebeziumEngine<RecordChangeEvent<SourceRecord>> engine =
        DebeziumEngine.create(ChangeEventFormat.of(Connect.class))
            .using(properties)
            .using(
                (success, message, error) -> {
                  if (!success) {
                    System.err.println("Debezium ended: " + message);
                  }
                })
            .using(
                new DebeziumEngine.ConnectorCallback() {
                  @Override
                  public void pollingStarted() {
                    polling.countDown();
                  }
                })
            .notifying(batches)
            .build();
    var thread = new Thread(engine, "debezium");
    thread.setDaemon(true);
    thread.start();
    if (!polling.await(1, TimeUnit.MINUTES)) {
      throw new IllegalStateException("Debezium does not poll");
    }
    return () -> {
      engine.close();
      // Its tasks have ended; the thread may wait for them for ever if they hardly began.
      thread.interrupt();
      thread.join();
    };
  }

  @Override
  public long purge() {
    throw new UnsupportedOperationException("not measured");
  }

  private void execute(String sql) throws SQLException {
    try (Connection connection = pool.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  @Override
  public void close() throws IOException, SQLException {
    // A slot that nobody reads would keep the server's log for ever.
    execute(DROP_SLOT);
    pool.close();
    Files.deleteIfExists(folder.resolve("offsets"));
    Files.deleteIfExists(folder);
  }
}
