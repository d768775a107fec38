package io.rowpost.benchmarks;

import io.rowpost.core.OutboxRecord;
import io.rowpost.jdbc.Schema;
import io.rowpost.kafka.KafkaBroker;
import io.rowpost.testservers.DatabaseServer;
import io.rowpost.testservers.KafkaServer;
import io.rowpost.testservers.PostgresServer;
import io.rowpost.testservers.TestDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;
import javax.sql.DataSource;

/**
 * The first measurements, side by side in one run: {@code make bench}.
 *
 * <p>Arguments: {@code --quick} for fewer and shorter rounds; the last one may be the file to write
 * the table to.
 */
public final class Bench {
  static final int PAYLOAD_BYTES = 256;

  private static final int THREADS = 8;
  private static final int KEYS = 1000;
  private static final String TOPIC = "bench.events";

  private final List<String> lines = new ArrayList<>();
  private final int rounds;
  private final int seconds;
  private final int records;

  private Bench(boolean quick) {
    this.rounds = quick ? 3 : 5;
    this.seconds = quick ? 1 : 4;
    this.records = quick ? 20_000 : 100_000;
  }

  /** Runs everything and prints the table. */
  public static void main(String[] arguments)
      throws SQLException, InterruptedException, ExecutionException, IOException {
    List<String> given = List.of(arguments);
    Bench bench = new Bench(given.contains("--quick"));
    bench.run();
    String table = String.join("\n", bench.lines) + "\n";
    Stream<String> files = given.stream().filter(argument -> !argument.startsWith("--"));
    for (String file : files.toList()) {
      Files.writeString(Path.of(file), table);
    }
    System.out.print(table);
  }

  private void run() throws SQLException, InterruptedException, ExecutionException {
    DatabaseServer server = PostgresServer.shared();
    try (TestDatabase database = server.createDatabase()) {
      DataSource dataSource = database.dataSource();
      Schema.install(dataSource);
      heading(server, dataSource);
      progress("append cost");
      append(new AppendCost(dataSource).run(rounds, seconds, THREADS));
      progress("drain to a publisher that takes everything at once");
      Drain drain = new Drain(dataSource, records);
      drain("no-op publisher", drain.run(rounds, Drain::nowhere));
      progress("drain to Kafka");
      KafkaServer kafka = KafkaServer.shared();
      kafka.createTopic(TOPIC, 8);
      try (KafkaBroker broker = KafkaBroker.builder(kafka.bootstrapServers()).build()) {
        drain("Kafka, acks=all", drain.run(Math.min(rounds, 3), broker));
      }
    }
  }

  private void heading(DatabaseServer server, DataSource dataSource) throws SQLException {
    line(
        "%s, %d processors, JDK %s",
        LocalDate.now(ZoneOffset.UTC), processors(), Runtime.version());
    line("");
    line("%s; %s", server.description().replaceAll(" at .*", ""), settings(dataSource));
    line("");
    line(
        "%d rounds in turn after one to warm up; medians, and medians of the ratios of each round.",
        rounds);
    line("");
    line("| what | rate | ratio |");
    line("|---|---|---|");
  }

  private static int processors() {
    return Runtime.getRuntime().availableProcessors();
  }

  private static String settings(DataSource dataSource) throws SQLException {
    var settings = new ArrayList<String>();
    try (Connection connection = dataSource.getConnection();
        Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                """
                SELECT name, setting FROM pg_settings
                WHERE name IN ('fsync', 'synchronous_commit', 'shared_buffers')
                ORDER BY name
                """)) {
      while (rows.next()) {
        settings.add(rows.getString(1) + "=" + rows.getString(2));
      }
    }
    return String.join(", ", settings);
  }

  private void append(Samples samples) {
    for (String way : samples.ways()) {
      line(
          "| %s, %d threads | %,.0f transactions/s | %.2f of alone |",
          way, THREADS, samples.median(way), samples.ratio(way, AppendCost.BASE));
    }
    line(
        "| Rowpost's append against the hand-written INSERT | | %.2f |",
        samples.ratio(AppendCost.ROWPOST, AppendCost.RAW));
  }

  private void drain(String sink, Samples samples) {
    for (String way : samples.ways()) {
      line(
          "| drain of %,d records of %d bytes to %s: %s | %,.0f records/s | %.2f of raw |",
          records, PAYLOAD_BYTES, sink, way, samples.median(way), samples.ratio(way, Drain.RAW));
    }
  }

  private void line(String format, Object... arguments) {
    lines.add(String.format(Locale.ROOT, format, arguments));
  }

  private static void progress(String what) {
    System.err.println("measuring: " + what);
  }

  static OutboxRecord record(byte[] payload, int number) {
    return OutboxRecord.to(TOPIC)
        .key("key-" + Math.floorMod(number, KEYS))
        .type("Measured")
        .contentType("application/octet-stream")
        .payload(payload)
        .build();
  }

  static long number(DataSource dataSource, String sql) throws SQLException {
    try (Connection connection = dataSource.getConnection();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      rows.next();
      return rows.getLong(1);
    }
  }

  static void execute(DataSource dataSource, String sql) throws SQLException {
    try (Connection connection = dataSource.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}
