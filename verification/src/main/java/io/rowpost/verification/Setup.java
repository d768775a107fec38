package io.rowpost.verification;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.rowpost.kafka.KafkaBroker;
import io.rowpost.testservers.DirectDataSource;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;

/** The settings of a child process, as they travel in its arguments. Immutable. */
final class Setup {
  private static final Duration CONNECT_WITHIN = Duration.ofSeconds(2);

  private final Map<Setting, String> values;

  private Setup(Map<Setting, String> values) {
    this.values = values;
  }

  /** The standard of every setting. */
  static Setup standard() {
    return new Setup(Map.of());
  }

  /** As {@link #arguments} wrote them. */
  static Setup parse(String[] arguments) {
    Setup setup = standard();
    for (String argument : arguments) {
      int sign = argument.indexOf('=');
      setup =
          setup.with(Setting.valueOf(argument.substring(0, sign)), argument.substring(sign + 1));
    }
    return setup;
  }

  List<String> arguments() {
    return values.entrySet().stream().map(e -> e.getKey() + "=" + e.getValue()).toList();
  }

  Setup with(Setting setting, Object value) {
    var changed = new EnumMap<Setting, String>(Setting.class);
    changed.putAll(values);
    changed.put(setting, value.toString());
    return new Setup(changed);
  }

  String text(Setting setting) {
    return values.getOrDefault(setting, setting.standard());
  }

  int number(Setting setting) {
    return Integer.parseInt(text(setting));
  }

  long seed() {
    return Long.parseLong(text(Setting.SEED));
  }

  Duration time(Setting setting) {
    return Duration.ofMillis(number(setting));
  }

  String topic(int hop) {
    return text(Setting.TOPIC) + "-" + hop;
  }

  /** For a run in which nothing fails: who is slow on a small machine is not taken for gone. */
  Setup patient() {
    return with(Setting.LEASE, 10_000).with(Setting.SEND_TIMEOUT, 4_000);
  }

  /** How long after the death of its owner a relay must go on: the lease, two polls, a second. */
  Duration takeOverBound() {
    return time(Setting.LEASE).plus(time(Setting.POLL).multipliedBy(2)).plusSeconds(1);
  }

  /** The most that a relay has fetched and not settled, hence what its death may repeat. */
  long window() {
    return 2L * number(Setting.MAX_IN_FLIGHT);
  }

  HistoryWriter openHistory() {
    return new HistoryWriter(Path.of(text(Setting.FOLDER)), number(Setting.PROCESS));
  }

  DirectDataSource dataSource() {
    return new DirectDataSource(text(Setting.URL), text(Setting.USER), text(Setting.PASSWORD));
  }

  /**
   * For the life of the process.
   *
   * <p>While a server is away, the pool's own pauses grow up to 5 s, which would be measured in the
   * place of the recovery. So its source tries again at a steady pace.
   */
  DataSource pool(int connections) {
    var config = new HikariConfig();
    config.setDataSource(dataSource().patient(CONNECT_WITHIN));
    config.setMaximumPoolSize(connections);
    config.setMinimumIdle(0);
    config.setConnectionTimeout(CONNECT_WITHIN.toMillis());
    config.setInitializationFailTimeout(-1);
    return new HikariDataSource(config);
  }

  KafkaBroker broker() {
    int session = number(Setting.SESSION_TIMEOUT);
    return KafkaBroker.builder(text(Setting.BOOTSTRAP_SERVERS))
        .sendTimeout(time(Setting.SEND_TIMEOUT))
        .redeliveryDelay(Duration.ofMillis(50), Duration.ofMillis(500))
        .maxPoll(50)
        .consumerProperty("session.timeout.ms", session)
        .consumerProperty("heartbeat.interval.ms", session / 4)
        .build();
  }
}
