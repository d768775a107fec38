package scenario.order;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowpost.testservers.KafkaServer;
import io.rowpost.testservers.PostgresServer;
import io.rowpost.testservers.TestDatabase;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The demo on real servers: two databases, Kafka, and relays that are processes. */
class DemoOnServersTest {
  /** Four relay processes start one after the other, and one has to wait for a lease. */
  private static final Duration LIMIT = Duration.ofMinutes(3);

  @Test
  void survivesSigkillAndSigtermOfItsRelayProcesses() throws Exception {
    KafkaServer kafka = KafkaServer.shared();
    try (TestDatabase orders = PostgresServer.require().createDatabase();
        TestDatabase payments = PostgresServer.require().createDatabase()) {
      DemoRun run =
          DemoRun.within(
              LIMIT,
              "--postgres=" + url(orders),
              "--postgres-payments=" + url(payments),
              "--kafka=" + kafka.bootstrapServers());

      assertThat(run.lastLine())
          .as(run::toString)
          .isEqualTo("orders=100 payments=100 lost=0 duplicate effects=0");
      assertThat(run.status()).isZero();
      assertThat(run.row("outbox and inbox")).containsExactly(0, 0, 0);
      DemoTest.assertNaiveWaysSuffer(run);

      assertThat(run.find("(relay A KILLED \\(SIGKILL\\)) after sending")).isNotEmpty();
      assertThat(run.find("relay B was told to stop \\(SIGTERM\\): (drained, lease released)"))
          .isNotEmpty();
      double afterKill = seconds(run.find("relay B took over (\\S+ m?s) after that"));
      double afterStop = seconds(run.find("relay C took over (\\S+ m?s) later"));
      assertThat(afterKill)
          .as("B has to wait for what was left of A's lease, which is renewed at a third of it")
          .isGreaterThan(RelayProcess.LEASE.toMillis() / 1000.0 * 0.6);
      assertThat(afterStop).as("B gave its lease up, so C need not wait").isLessThan(afterKill);

      assertThat(schemas(orders)).containsExactly("public");
      assertThat(schemas(payments)).containsExactly("public");
      assertThat(kafka.admin().listTopics().names().get())
          .noneMatch(topic -> topic.startsWith("rowpost_demo_"));
    }
  }

  private static double seconds(String span) {
    String[] parts = span.split(" ", -1);
    return Double.parseDouble(parts[0]) / (parts[1].equals("ms") ? 1000 : 1);
  }

  static String url(TestDatabase database) {
    String separator = database.jdbcUrl().contains("?") ? "&" : "?";
    return "%s%suser=%s&password=%s"
        .formatted(database.jdbcUrl(), separator, database.user(), database.password());
  }

  private static List<String> schemas(TestDatabase database) throws SQLException {
    String sql =
        """
        SELECT nspname FROM pg_namespace
        WHERE nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'
        """;
    List<String> schemas = new ArrayList<>();
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      while (row.next()) {
        schemas.add(row.getString(1));
      }
    }
    return schemas;
  }
}
