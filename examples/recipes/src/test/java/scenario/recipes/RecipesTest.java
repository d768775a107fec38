package scenario.recipes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.rowpost.core.InboxResult;
import io.rowpost.core.InboxStatus;
import io.rowpost.core.Message;
import io.rowpost.core.MessageBroker;
import io.rowpost.core.MessageBroker.Subscription;
import io.rowpost.core.OutboxAdmin.Filter;
import io.rowpost.core.OutboxRecord;
import io.rowpost.core.OutboxRelay;
import io.rowpost.testservers.KafkaServer;
import java.math.BigDecimal;
import java.sql.SQLException;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import scenario.recipes.Recipe.Steps;
import scenario.recipes.TestShop.Engine;

/** What every recipe promises, on H2 and on PostgreSQL. */
class RecipesTest {
  /** Within ann's credit of 100. */
  private static final Order AFFORDABLE = new Order(1, "ann", new BigDecimal("40.00"));

  /** Beyond it: the database refuses the last statement of the recipe, after the append. */
  private static final Order TOO_DEAR = new Order(2, "ann", new BigDecimal("400.00"));

  /** Beyond what a payment may be: the database refuses it inside the handler. */
  private static final Order UNPAYABLE = new Order(3, "ann", new BigDecimal("4000.00"));

  static Stream<Arguments> recipes() {
    return Stream.of(Engine.values())
        .flatMap(engine -> Stream.of(Recipe.values()).map(recipe -> arguments(recipe, engine)));
  }

  @ParameterizedTest(name = "{0} on {1}")
  @MethodSource("recipes")
  void commitLeavesTheOrderAndItsEvent(Recipe recipe, Engine engine) throws Exception {
    try (TestShop shop = new TestShop(engine);
        Steps steps = recipe.in(shop)) {
      steps.place(AFFORDABLE);

      assertThat(shop.orders()).isEqualTo(1);
      assertThat(shop.credit()).isEqualByComparingTo("60.00");
      assertThat(shop.outboxAdmin().find(Filter.ALL, 0, 10))
          .singleElement()
          .satisfies(
              event -> {
                assertThat(event.topic()).isEqualTo("orders.events");
                assertThat(event.key()).isEqualTo("1");
                assertThat(event.type()).isEqualTo("OrderCreated");
              });
    }
  }

  @ParameterizedTest(name = "{0} on {1}")
  @MethodSource("recipes")
  void rollbackLeavesNeither(Recipe recipe, Engine engine) throws Exception {
    try (TestShop shop = new TestShop(engine);
        Steps steps = recipe.in(shop)) {
      assertThat(deepest(() -> steps.place(TOO_DEAR)))
          .isInstanceOf(SQLException.class)
          .hasMessageContainingAll("credit", "remaining");

      assertThat(shop.orders()).isZero();
      assertThat(shop.outboxAdmin().find(Filter.ALL, 0, 10)).isEmpty();
      assertThat(shop.credit()).isEqualByComparingTo("100.00");
    }
  }

  @ParameterizedTest(name = "{0} on {1}")
  @MethodSource("recipes")
  void paysOnceHoweverOftenTheEventArrives(Recipe recipe, Engine engine) throws Exception {
    try (TestShop shop = new TestShop(engine);
        Steps steps = recipe.in(shop)) {
      Message message = Message.of(OrderCreated.event(AFFORDABLE));

      assertThat(steps.pay(message)).isEqualTo(InboxResult.PROCESSED);
      assertThat(steps.pay(message)).isEqualTo(InboxResult.DUPLICATE);
      assertThat(shop.payments()).isEqualTo(1);
    }
  }

  @ParameterizedTest(name = "{0} on {1}")
  @MethodSource("recipes")
  void failedPaymentLeavesOnlyTheMemoryOfItsFailure(Recipe recipe, Engine engine) throws Exception {
    try (TestShop shop = new TestShop(engine);
        Steps steps = recipe.in(shop)) {
      OutboxRecord event = OrderCreated.event(UNPAYABLE);

      assertThat(deepest(() -> steps.pay(Message.of(event)))).isInstanceOf(SQLException.class);

      assertThat(shop.payments()).isZero();
      assertThat(shop.inboxAdmin().get("payments", event.id().toString()))
          .hasValueSatisfying(
              row -> {
                assertThat(row.status()).isEqualTo(InboxStatus.FAILED);
                assertThat(row.attempts()).isEqualTo(1);
              });
    }
  }

  /** As the README quotes it, from the commit to the payment. */
  @Test
  @SuppressWarnings("try") // the subscription and the relay work by being there
  void plainJdbcGoesAllTheWay() throws Exception {
    KafkaServer kafka = KafkaServer.shared();
    kafka.createTopic("orders.events", 1);
    try (TestShop shop = new TestShop(Engine.POSTGRESQL);
        MessageBroker broker = PlainJdbc.connect(kafka.bootstrapServers())) {
      var recipe = new PlainJdbc(shop.dataSource());
      try (Subscription payments = recipe.subscribe(broker);
          OutboxRelay relay = recipe.startRelay(broker)) {
        recipe.place(AFFORDABLE);

        await().until(() -> shop.payments() == 1);
        await().until(() -> shop.outboxAdmin().counts().pending() == 0);
      }
    }
  }

  /** What went wrong at the bottom, whatever a library put around it. */
  private static Throwable deepest(ThrowingCallable act) {
    Throwable thrown = catchThrowable(act);
    while (thrown.getCause() != null) {
      thrown = thrown.getCause();
    }
    return thrown;
  }
}
