package scenario.order;

import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Shows what gets lost, invented and charged twice without an outbox and an inbox, then tells the
 * same story with them, and lets both databases say how it ended.
 */
@Command(
    name = "demo",
    sortOptions = false,
    usageHelpWidth = 100,
    description = "Orders and payments, faults included, without and with Rowpost.",
    footerHeading = "%nWith Maven: mvn -q -Pdemo -Ddemo.args=\"--orders=1000 --inbox=off\"%n",
    exitCodeListHeading = "Exit status:%n",
    exitCodeList = {
      "0:Every order was charged once",
      "1:An order was lost, invented or charged twice",
      "2:A flag was refused; nothing was started",
      "3:The demo could not run to its end"
    })
public final class Demo implements Callable<Integer> {
  private static final int MAX_ORDERS = 100_000;

  @Option(
      names = "--orders",
      paramLabel = "N",
      defaultValue = "100",
      description = "How many orders, 10 to 100000; default: ${DEFAULT-VALUE}.")
  private int orders;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "Chooses which orders meet which fault; default: ${DEFAULT-VALUE}.")
  private long seed;

  @Option(
      names = "--inbox",
      paramLabel = "on|off",
      defaultValue = "on",
      description = "Whether the payment service has its inbox; default: ${DEFAULT-VALUE}.")
  private Switch inbox = Switch.ON;

  @Option(
      names = "--postgres",
      paramLabel = "JDBC-URL",
      description = {
        "Keeps the orders in PostgreSQL, such as",
        "jdbc:postgresql://127.0.0.1/test?user=me, in new schemas of it that are",
        "dropped at the end; default: H2 in memory."
      })
  private @Nullable String postgres;

  @Option(
      names = "--postgres-payments",
      paramLabel = "JDBC-URL",
      description = "Keeps the payments in that database; default: the one of the orders.")
  private @Nullable String postgresPayments;

  @Option(
      names = "--kafka",
      paramLabel = "HOST:PORT",
      description = {
        "Sends through Kafka, over new topics that are deleted at the end.",
        "With --postgres too, each relay is a process, and one is killed;",
        "default: a broker in memory."
      })
  private @Nullable String kafka;

  @Option(names = "--verbose", description = "Tells about every order.")
  private boolean verbose;

  @SuppressWarnings("unused") // picocli reads it
  @Option(names = "--help", usageHelp = true, description = "Shows this text.")
  private boolean help;

  /** Runs the demo and exits. */
  public static void main(String[] arguments) {
    System.exit(Flags.run(new Demo(), arguments));
  }

  @Override
  public Integer call() throws Exception {
    Flags.require(
        orders >= Faults.MIN_ORDERS && orders <= MAX_ORDERS,
        "--orders",
        orders,
        "%d to %d".formatted(Faults.MIN_ORDERS, MAX_ORDERS));
    Flags.require(
        postgresPayments == null || postgres != null,
        "--postgres",
        "missing, but --postgres-payments is given",
        "the database of the orders");
    Faults faults = Faults.draw(orders, seed);
    Terminal terminal = new Terminal(System.out);
    try (Servers servers = new Servers()) {
      servers.open(postgres, postgresPayments, kafka);
      terminal.print("@|bold Rowpost demo:|@ " + servers.description());
      terminal.print(
          "%d orders, %d more that fail; seed %d; all flags: --help"
              .formatted(orders, faults.rolledBack().size(), seed));
      var experiment = new Experiment(servers, faults, terminal);
      boolean naiveWaysFail = experiment.tryNaiveWays();
      int status = experiment.tellStory(inbox == Switch.ON, verbose);
      return status == 0 && !naiveWaysFail ? Flags.BROKEN : status;
    }
  }

  /** On or off. */
  enum Switch {
    ON,
    OFF
  }
}
