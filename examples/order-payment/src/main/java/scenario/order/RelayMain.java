package scenario.order;

import com.zaxxer.hikari.HikariDataSource;
import io.rowpost.core.MessageBroker;
import io.rowpost.core.OutboxRelay;
import io.rowpost.core.RowpostException;
import io.rowpost.jdbc.JdbcOutboxStore;
import io.rowpost.kafka.KafkaBroker;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * The relay as a process of its own, from PostgreSQL to Kafka.
 *
 * <p>SIGTERM stops it in an orderly way: it fetches nothing more, waits for what is in flight,
 * settles it and releases its lease, so that another relay can go on at once. The exit status is
 * then 143, as of every Java program after SIGTERM.
 *
 * <p>It tells what it does on standard output, a word and an order per line.
 */
@Command(
    name = "relay",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Publishes the outbox of the order service to Kafka until it gets SIGTERM.")
public final class RelayMain implements Callable<Integer>, FaultyPublisher.Observer {
  /** The environment variable with the URL; an argument would show its password to everyone. */
  static final String DATABASE = "ROWPOST_DEMO_ORDER_DB";

  private static final long CONNECT_MILLIS = 5_000;

  static final String STARTED = "started";
  static final String SENT = "sent";
  static final String CUT = "cut";
  static final String STOPPED = "stopped";

  @Option(
      names = "--kafka",
      required = true,
      paramLabel = "HOST:PORT",
      description = "Where to publish. The JDBC URL of the outbox is read from " + DATABASE + ".")
  private String kafka = "";

  @Option(
      names = "--topic-prefix",
      defaultValue = "",
      paramLabel = "TEXT",
      description = "What stands before each topic's name in Kafka; default: nothing.")
  private String topicPrefix = "";

  @Option(
      names = "--lease",
      defaultValue = "PT4S",
      paramLabel = "DURATION",
      description = "How long others wait when this process dies; default: ${DEFAULT-VALUE}.")
  private Duration lease = Duration.ZERO;

  @Option(
      names = "--attached",
      description = "Stops, as for SIGTERM, when standard input ends: who started it is gone.")
  private boolean attached;

  @Option(
      names = "--cut-at",
      defaultValue = "0",
      paramLabel = "ORDER",
      description = "From this order on hears no acknowledgement any more, for experiments.")
  private long cutAt;

  /** Runs the relay; exits only with an error, or by a signal. */
  public static void main(String[] arguments) {
    System.exit(Flags.run(new RelayMain(), arguments));
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    HikariDataSource database = database();
    MessageBroker broker =
        KafkaBroker.builder(kafka)
            .topicPrefix(topicPrefix)
            .sendTimeout(lease.multipliedBy(2).dividedBy(5))
            .build();
    OutboxRelay relay =
        OutboxRelay.builder(
                JdbcOutboxStore.builder(database).build(), new FaultyPublisher(broker, cutAt, this))
            .lease(lease)
            .pollInterval(Duration.ofMillis(100))
            .build();
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  relay.close();
                  broker.close();
                  database.close();
                  say(STOPPED, 0);
                }));
    relay.start();
    say(STARTED, 0);
    if (attached) {
      System.in.transferTo(OutputStream.nullOutputStream());
      return 0;
    }
    new CountDownLatch(1).await();
    return 0;
  }

  /** Connects when it is used, so that a database that is away does not keep the relay out. */
  private static HikariDataSource database() {
    String url = System.getenv(DATABASE);
    if (url == null) {
      throw new RowpostException(
          "ROWPOST-601",
          "Nothing was started: the environment variable %s is not set.".formatted(DATABASE),
          "set it to the JDBC URL of the database that holds the outbox.",
          null);
    }
    var database = new HikariDataSource();
    database.setJdbcUrl(url);
    database.setMaximumPoolSize(3);
    database.setInitializationFailTimeout(-1);
    database.setConnectionTimeout(CONNECT_MILLIS);
    return database;
  }

  @Override
  public void sent(long order) {
    say(SENT, order);
  }

  @Override
  public void cut(long order) {
    say(CUT, order);
  }

  private static void say(String what, long order) {
    System.out.println(what + " " + order);
  }
}
