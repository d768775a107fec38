package io.rowpost.benchmarks;

import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import javax.sql.DataSource;
import org.apache.kafka.common.utils.AppInfoParser;

/** On what was measured. */
final class Environment {
  private static final String SETTINGS =
      """
      SELECT name, current_setting(name) FROM pg_settings
      WHERE name IN ('fsync', 'synchronous_commit', 'full_page_writes', 'shared_buffers')
      ORDER BY name
      """;

  private final String server;
  private final String driver;
  private final Map<String, String> settings;
  private final double loadBefore = Meter.loadAverage();

  private Environment(String server, String driver, Map<String, String> settings) {
    this.server = server;
    this.driver = driver;
    this.settings = settings;
  }

  /**
   * Asks the server.
   *
   * @throws RefusedException if it confirms what it has not written: every figure would flatter
   */
  static Environment of(DataSource dataSource) throws SQLException {
    try (Connection connection = dataSource.getConnection();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(SETTINGS)) {
      var settings = new LinkedHashMap<String, String>();
      while (rows.next()) {
        settings.put(rows.getString(1), rows.getString(2));
      }
      requireOn("fsync", settings);
      requireOn("synchronous_commit", settings);
      DatabaseMetaData data = connection.getMetaData();
      String driver = data.getDriverName() + " " + data.getDriverVersion();
      return new Environment(data.getDatabaseProductVersion(), driver, settings);
    }
  }

  private static void requireOn(String setting, Map<String, String> settings) {
    String value = settings.getOrDefault(setting, "unknown");
    if (!value.equals("on")) {
      throw new RefusedException(
          "PostgreSQL runs with %s = %s, so it confirms what may be lost".formatted(setting, value),
          "set it to on, or let ROWPOST_TEST_POSTGRES_URL name another server.");
    }
  }

  /** What it was, by name. */
  Map<String, String> rows() {
    var rows = new LinkedHashMap<String, String>();
    rows.put(
        "Machine",
        String.format(
            Locale.ROOT,
            "%d processors (%s), %.0f GiB, %s %s; load average %.1f before, %.1f after",
            Runtime.getRuntime().availableProcessors(),
            System.getProperty("os.arch"),
            Meter.memoryBytes() / (double) (1L << 30),
            System.getProperty("os.name"),
            System.getProperty("os.version"),
            loadBefore,
            Meter.loadAverage()));
    rows.put(
        "JDK",
        "%s %s, heap of %d MiB"
            .formatted(
                System.getProperty("java.vm.name"),
                Runtime.version(),
                Runtime.getRuntime().maxMemory() >> 20));
    rows.put("PostgreSQL", "%s on this machine, %s".formatted(server, join(settings)));
    rows.put("Clients", "%s, kafka-clients %s".formatted(driver, AppInfoParser.getVersion()));
    rows.put("Kafka", "one broker on this machine, 8 partitions; acks=all, idempotent");
    return rows;
  }

  private static String join(Map<String, String> settings) {
    return String.join(
        ", ", settings.entrySet().stream().map(s -> s.getKey() + "=" + s.getValue()).toList());
  }
}
