package scenario.recipes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import io.rowpost.core.ExponentialBackoff;
import io.rowpost.core.InboxResult;
import io.rowpost.core.Message;
import io.rowpost.core.OutboxAdmin.Act;
import io.rowpost.core.OutboxAdmin.Counts;
import io.rowpost.core.OutboxAdmin.Filter;
import io.rowpost.core.OutboxRelay;
import java.io.IOException;
import java.math.BigDecimal;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import scenario.recipes.TestShop.Engine;

/** A publisher of one's own and an operator, on an outbox that keeps what it has sent. */
class OperationsTest {
  private static final Order ORDER = new Order(1, "ann", new BigDecimal("40.00"));
  private static final Act ACT = new Act("jane", "the hook takes them now");

  private final List<String> taken = new CopyOnWriteArrayList<>();
  private HttpServer hook;
  private TestShop shop;
  private volatile int answer = 204;

  @BeforeEach
  void open() throws IOException, SQLException {
    hook = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    hook.createContext(
        "/orders.events",
        exchange -> {
          taken.add(exchange.getRequestHeaders().getFirst("Message-Id") + " " + answer);
          exchange.sendResponseHeaders(answer, -1);
          exchange.close();
        });
    hook.start();
    shop = new TestShop(Engine.POSTGRESQL);
  }

  @AfterEach
  void close() {
    shop.close();
    hook.stop(0);
  }

  private OutboxRelay relay() {
    URI base = URI.create("http://127.0.0.1:%d/".formatted(hook.getAddress().getPort()));
    return OutboxRelay.builder(shop.outboxStore(), WebHook.at(base))
        .retry(ExponentialBackoff.builder().maxAttempts(1).build())
        .build();
  }

  @Test
  void whatTheHookRefusesIsTriedAgainAndReplayedByAnOperator() throws Exception {
    new PlainJdbc(shop.dataSource()).place(ORDER);
    String id = shop.outboxAdmin().find(Filter.ALL, 0, 1).get(0).id().toString();
    var operations = new Operations(shop.dataSource());
    try (OutboxRelay relay = relay()) {
      answer = 422;
      pollUntil(relay, new Counts(0, 0, 1, 0, 0));

      answer = 204;
      assertThat(operations.retryFailed("orders.events", ACT)).isOne();
      assertThat(operations.retryFailed("orders.events", ACT)).isZero();
      pollUntil(relay, new Counts(0, 0, 0, 0, 1));

      Instant yesterday = Instant.now().minus(1, ChronoUnit.DAYS);
      assertThat(operations.replay("orders.events", yesterday, ACT)).isOne();
      pollUntil(relay, new Counts(0, 0, 0, 0, 2));
    }
    assertThat(taken).containsExactly(id + " 422", id + " 204", id + " 204");
  }

  /** A cycle waits for answers no longer than its poll interval. */
  private void pollUntil(OutboxRelay relay, Counts counts) {
    await()
        .pollDelay(Duration.ZERO)
        .until(
            () -> {
              relay.pollAndPublish();
              return shop.outboxAdmin().counts().equals(counts);
            });
  }

  @Test
  void theJobPurgesWhatIsOlderThanTheWindow() {
    Instant time = Instant.now().minus(12, ChronoUnit.HOURS);
    Message sent = Message.of(OrderCreated.event(ORDER));
    var message =
        new Message(
            sent.id(),
            sent.topic(),
            sent.key(),
            sent.type(),
            sent.source(),
            sent.contentType(),
            sent.headers(),
            sent.traceparent(),
            time,
            sent.payload());
    var operations = new Operations(shop.dataSource());
    assertThat(shop.inbox().process(message, (tx, m) -> {})).isEqualTo(InboxResult.PROCESSED);

    assertThat(operations.purgeInbox(Duration.ofDays(7))).isZero();
    assertThat(operations.purgeInbox(Duration.ofHours(1))).isOne();
    assertThat(operations.purgeInbox(Duration.ofHours(1))).isZero();
  }
}
