package scenario.order;

import io.rowpost.core.InboxProcessor;
import io.rowpost.core.MessageListener;
import io.rowpost.core.OutboxAdmin;
import io.rowpost.core.TransactionalOutbox;
import io.rowpost.jdbc.JdbcInboxStore;
import io.rowpost.jdbc.JdbcOutboxStore;
import io.rowpost.jdbc.JdbcTransactor;
import io.rowpost.jdbc.Schema;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;

/**
 * An order service and a payment service with all that lies between them, for one run.
 *
 * <p>This is how the parts of Rowpost are put together; {@link OrderService} and {@link
 * PaymentService} are how they are used. Orders are placed by one thread.
 */
final class Shop implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Journal journal;
  private final Servers.Premises premises;
  private final JdbcOutboxStore outboxStore;
  private final FaultyTransactor orderTransactor;
  private final OrderStore orders = new OrderStore();
  private final List<StoryRelay> relays = new ArrayList<>();

  /**
   * Opens a shop on empty databases.
   *
   * @param withInbox whether the payment service uses its inbox
   */
  Shop(Servers servers, Faults faults, Journal journal, boolean withInbox) throws SQLException {
    this.journal = journal;
    this.premises = servers.createPremises();
    DataSource orderDatabase = premises.orderDatabase();
    create(orderDatabase, OrderStore.TABLE);
    create(premises.paymentDatabase(), PaymentStore.TABLE);
    this.outboxStore = JdbcOutboxStore.builder(orderDatabase).build();
    this.orderTransactor = new FaultyTransactor(new JdbcTransactor(orderDatabase), faults, journal);
    MessageListener payments = withInbox ? payments() : naivePayments();
    premises
        .broker()
        .subscribe(
            OrderCreatedEvent.TOPIC,
            PaymentService.CONSUMER,
            new FaultyListener(payments, faults, journal));
  }

  private static void create(DataSource database, String table) throws SQLException {
    Schema.install(database);
    try (Connection connection = database.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(table);
    }
  }

  private MessageListener payments() {
    var inbox =
        InboxProcessor.builder(
                JdbcInboxStore.builder(premises.paymentDatabase()).build(),
                new JdbcTransactor(premises.paymentDatabase()),
                PaymentService.CONSUMER)
            .build();
    return new PaymentService(inbox, watchedPaymentStore()).listener();
  }

  private MessageListener naivePayments() {
    var transactor = new JdbcTransactor(premises.paymentDatabase());
    return new NaivePaymentService(transactor, watchedPaymentStore()).listener();
  }

  private PaymentStore watchedPaymentStore() {
    return new PaymentStore() {
      @Override
      void save(Connection tx, Payment payment) throws SQLException {
        super.save(tx, payment);
        journal.charged(payment.orderId());
      }
    };
  }

  /** Takes orders with an outbox; relays of this process are told of each commit. */
  OrderTaking withOutbox() {
    var outbox =
        TransactionalOutbox.builder(outboxStore)
            .transactor(orderTransactor)
            .source("/order-service")
            .wakeUp(() -> relays.forEach(StoryRelay::wakeUp))
            .build();
    return new OrderService(outbox, orders);
  }

  /** Takes orders without an outbox. */
  NaiveOrderService naively() {
    var publisher =
        new FaultyPublisher(
            premises.broker(), 0, order -> journal.sent("the order service itself", order));
    return new NaiveOrderService(orderTransactor, orders, publisher);
  }

  /**
   * Starts a relay of this shop's outbox, as a process of its own if that can reach both ends.
   *
   * @param name what the story calls it
   * @param crashAt the order after whose event it dies, before it settles that; 0 for never
   */
  StoryRelay startRelay(String name, long crashAt) throws IOException, InterruptedException {
    StoryRelay relay =
        premises.servesProcesses()
            ? new RelayProcess(name, premises, crashAt, journal)
            : new RelayThread(name, premises, crashAt, journal);
    relays.add(relay);
    return relay;
  }

  /** Places an order; if its fault strikes, the customer is gone and nobody tries again. */
  void place(Order order, OrderTaking way) throws SQLException {
    orderTransactor.next(order);
    try {
      way.place(order);
    } catch (FaultyTransactor.SimulatedFault e) {
      journal.fault(order.id());
    }
  }

  /** Waits until the relay has sent everything; false if it has not within a minute. */
  boolean awaitSent() throws InterruptedException {
    return journal.await(PATIENCE, () -> pending() == 0);
  }

  /** Waits until everything sent has arrived; false if it has not within a minute. */
  boolean awaitDelivered() throws InterruptedException {
    return journal.await(PATIENCE, journal::allDelivered);
  }

  /** Events that no relay has settled yet. */
  long pending() {
    return outboxAdmin().counts().pending();
  }

  OutboxAdmin outboxAdmin() {
    return outboxStore.admin();
  }

  Reconciliation reconcile() throws SQLException {
    return Reconciliation.of(premises.orderDatabase(), premises.paymentDatabase());
  }

  /** Stops the relays that still run, the payment service's subscription and the broker. */
  @Override
  public void close() {
    relays.forEach(StoryRelay::close);
    premises.broker().close();
  }
}
