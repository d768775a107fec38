package io.rowpost.benchmarks;

import io.rowpost.core.MessagePublisher;
import io.rowpost.jdbc.Schema;
import io.rowpost.kafka.KafkaBroker;
import io.rowpost.testservers.KafkaServer;
import io.rowpost.testservers.PostgresServer;
import io.rowpost.testservers.ServerAbsentException;
import io.rowpost.testservers.TestDatabase;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;

/** Measures what an outbox costs, beside the same work without one: {@code make bench}. */
public final class Bench {
  private static final int REFUSED = 2;
  private static final int UNFAIR = 3;
  private static final int PARTITIONS = 8;

  /** Names the document that {@code --write} writes to. */
  private static final String DOCUMENT = "rowpost.bench.document";

  private final Options options;
  private final Report report = new Report();

  private Bench(Options options) {
    this.options = options;
  }

  /** Measures and prints the tables; exits with a status that says whether it could. */
  public static void main(String[] arguments) throws Exception {
    Options options;
    try {
      options = Options.of(List.of(arguments));
    } catch (RefusedException e) {
      System.err.println(e.getMessage());
      System.err.println();
      System.err.print(Options.USAGE);
      System.exit(REFUSED);
      return;
    }
    if (options.help()) {
      System.out.print(Options.USAGE);
      return;
    }
    try {
      run(options);
    } catch (RefusedException | ServerAbsentException e) {
      System.err.println(e.getMessage());
      System.exit(UNFAIR);
    }
  }

  private static void run(Options options) throws Exception {
    Path document = Path.of(System.getProperty(DOCUMENT, "README.md"));
    String before = options.write() ? Files.readString(document) : "";
    if (options.write()) {
      Report.insert(before, ""); // finds out before minutes are spent
    }
    var bench = new Bench(options);
    bench.measure();
    String text = bench.report.text();
    System.out.print(text);
    if (options.write()) {
      Files.writeString(document, Report.insert(before, text));
    }
  }

  private void measure() throws Exception {
    try (TestDatabase database = PostgresServer.shared().createDatabase()) {
      DataSource dataSource = database.dataSource();
      Schema.install(dataSource);
      Environment environment = Environment.of(dataSource);
      progress("drain to a publisher that takes everything at once");
      Samples nowhere = drain(dataSource, Drain::nowhere);
      progress("drain to Kafka");
      Samples kafka = drainToKafka(dataSource);
      progress("append");
      var append = new AppendCost(dataSource);
      Samples appends = append.run(options.warmUps(), options.rounds(), options.seconds());
      Map<String, Double> roundTrips = roundTrips(append, database);

      report.settings(settings(environment));
      report.rates("drain to a no-op publisher", "records", nowhere);
      report.rates("drain to Kafka", "records", kafka);
      report.rates("append, %d threads".formatted(AppendCost.THREADS), "transactions", appends);
      report.counts("in one transaction", "round trips", roundTrips);
    }
  }

  private Map<String, String> settings(Environment environment) {
    var rows = new LinkedHashMap<String, String>();
    rows.put("Command", "`%s`, %s".formatted(options.command(), LocalDate.now(ZoneOffset.UTC)));
    rows.putAll(environment.rows());
    rows.put(
        "Rounds",
        "medians of %d, the ways in turn, after %d to warm up; ratios of each round (least to most)"
            .formatted(options.rounds(), options.warmUps()));
    rows.put(
        "Work",
        "%,d records of %d bytes, %,d keys, sent rows not kept; appends for %d s each"
            .formatted(options.records(), Events.PAYLOAD_BYTES, Events.KEYS, options.seconds()));
    return rows;
  }

  private Samples drain(DataSource dataSource, MessagePublisher publisher) throws Exception {
    var drain = new Drain(dataSource, options.records(), publisher);
    return drain.run(options.warmUps(), options.rounds());
  }

  private Samples drainToKafka(DataSource dataSource) throws Exception {
    try (KafkaServer kafka = KafkaServer.startForThroughput()) {
      kafka.createTopic(Events.TOPIC, PARTITIONS);
      try (KafkaBroker broker = KafkaBroker.builder(kafka.bootstrapServers()).build()) {
        return drain(dataSource, broker);
      }
    }
  }

  private static Map<String, Double> roundTrips(AppendCost append, TestDatabase database)
      throws SQLException {
    var rows = new LinkedHashMap<String, Double>();
    try (Connection counted =
        RoundTrips.connect(database.jdbcUrl(), database.user(), database.password())) {
      rows.put(AppendCost.ALONE, AppendCost.roundTrips(counted, AppendCost::alone));
      rows.put(AppendCost.BY_HAND, AppendCost.roundTrips(counted, AppendCost::byHand));
      rows.put(AppendCost.ROWPOST, AppendCost.roundTrips(counted, append::append));
      rows.put(
          "the same with %d records in one call".formatted(AppendCost.MANY),
          AppendCost.roundTrips(counted, append::appendMany));
    }
    return rows;
  }

  private static void progress(String what) {
    System.err.println("measuring: " + what);
  }
}
