package scenario.order;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.rowpost.core.OutboxAdmin.Filter;
import io.rowpost.core.OutboxStatus;
import io.rowpost.testservers.KafkaServer;
import io.rowpost.testservers.OwnDatabaseServer;
import io.rowpost.testservers.PostgresServer;
import io.rowpost.testservers.TestDatabase;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Servers that go away and come back, with the relay in a process of its own: nothing is lost,
 * nobody has to do anything, and no record pays for it with an attempt.
 */
class OutageTest {
  private static final Faults NO_FAULTS =
      new Faults(Faults.draw(1000, 1).orders(), Set.of(), Set.of(), Set.of(), 0);

  private static KafkaServer kafka;
  private static OwnDatabaseServer postgres;
  private static TestDatabase database;

  @BeforeAll
  static void startServers() {
    // Or the shop's pool hands out connections to the server that was, unasked, for half a second.
    System.setProperty("com.zaxxer.hikari.aliveBypassWindowMs", "0");
    kafka = KafkaServer.start();
    postgres = PostgresServer.startOwn(15);
    database = postgres.createDatabase();
  }

  @AfterAll
  static void stopServers() {
    System.clearProperty("com.zaxxer.hikari.aliveBypassWindowMs");
    kafka.close();
    postgres.close();
  }

  @Test
  void brokerIsDownAtTheStart() throws Exception {
    try (OpenShop shop = new OpenShop()) {
      kafka.kill();
      shop.startRelay();
      shop.place(20);
      shop.assertPending(20);

      kafka.restart();
      shop.assertDrains(20);
    }
  }

  @Test
  void brokerIsDownInMidRun() throws Exception {
    try (OpenShop shop = new OpenShop()) {
      shop.startRelay();
      shop.place(20);
      shop.assertDrains(20);

      kafka.kill();
      shop.place(20);
      shop.assertPending(20);

      kafka.restart();
      shop.assertDrains(40);
    }
  }

  @Test
  void databaseIsRestartedUnderTheRelay() throws Exception {
    try (OpenShop shop = new OpenShop()) {
      shop.startRelay();
      shop.place(200);

      postgres.stopImmediate();
      postgres.restart();
      shop.assertDrains(200);
      shop.place(20);
      shop.assertDrains(220);
    }
  }

  /** A shop on the two servers, with one relay. */
  private static final class OpenShop implements AutoCloseable {
    private final Servers servers = new Servers();
    private final Journal journal = Journal.silent();
    private final Shop shop;
    private final OrderTaking orders;
    private int placed;

    OpenShop() throws Exception {
      servers.open(DemoOnServersTest.url(database), null, kafka.bootstrapServers());
      shop = new Shop(servers, NO_FAULTS, journal, true);
      orders = shop.withOutbox();
    }

    void startRelay() throws Exception {
      shop.startRelay("A", 0);
    }

    void place(int count) throws Exception {
      for (Order order : NO_FAULTS.orders().subList(placed, placed + count)) {
        shop.place(order, orders);
      }
      placed += count;
    }

    /** Longer than a send may take, so that the relay has met the outage. */
    void assertPending(int count) {
      await()
          .during(Duration.ofSeconds(3))
          .atMost(Duration.ofSeconds(10))
          .until(() -> shop.outboxAdmin().counts().pending() == count);
      assertThat(shop.outboxAdmin().find(Filter.of(OutboxStatus.PENDING), 0, 1000))
          .hasSize(count)
          .allSatisfy(item -> assertThat(item.attempts()).isZero());
    }

    void assertDrains(int count) throws Exception {
      assertThat(shop.awaitSent()).isTrue();
      await().untilAsserted(() -> assertThat(journal.ordersDelivered()).isEqualTo(count));
      assertThat(shop.awaitDelivered()).isTrue();
      assertThat(shop.reconcile()).isEqualTo(new Reconciliation(count, count, 0, 0, 0));
      assertThat(shop.outboxAdmin().counts().failed()).isZero();
    }

    @Override
    public void close() {
      try (servers) {
        shop.close();
      } catch (SQLException e) {
        throw new IllegalStateException("the shop did not close", e);
      }
    }
  }
}
