package scenario.order;

import java.util.Set;

/** The same orders and faults without and with Rowpost, and what the databases say afterwards. */
final class Experiment {
  private static final String ROW = "  %-30s  %11s  %12s  %14s";

  private final Servers servers;
  private final Faults faults;
  private final Terminal terminal;

  Experiment(Servers servers, Faults faults, Terminal terminal) {
    this.servers = servers;
    this.faults = faults;
    this.terminal = terminal;
  }

  /** Runs the naive ways; false if they do not show what the faults must have done. */
  boolean tryNaiveWays() throws Exception {
    terminal.heading("1. Without Rowpost: the same orders and faults, the ways that come to mind");
    int lost = faults.crashed().size();
    int ghosts = faults.rolledBack().size();
    int doubles = faults.deliveredTwice().size();
    var ways = new NaiveWays(servers, faults);
    header();
    terminal.print(ROW.formatted("faults injected", lost, ghosts, doubles));
    Reconciliation after = show("publish after the COMMIT", ways.publishAfterCommit());
    Reconciliation inside = show("publish inside the transaction", ways.publishInsideTransaction());
    Reconciliation twice = show("outbox, but no inbox", ways.consumeWithoutInbox());
    boolean asInjected =
        after.lost() == lost && inside.ghosts() == ghosts && twice.duplicateEffects() == doubles;
    if (!asInjected) {
      terminal.print("@|red The table proves nothing: not every fault did its damage.|@");
    }
    return asInjected;
  }

  private void header() {
    terminal.print(ROW.formatted("", "lost events", "ghost events", "double charges"));
  }

  private Reconciliation show(String way, Reconciliation result) {
    terminal.print(ROW.formatted(way, result.lost(), result.ghosts(), result.duplicateEffects()));
    return result;
  }

  /** Tells the story and returns the exit status. */
  int tellStory(boolean withInbox, boolean verbose) throws Exception {
    terminal.heading("2. With Rowpost" + (withInbox ? "" : ", but the inbox is switched off"));
    Set<Long> examples = faults.examples();
    var journal = new Journal(terminal::tell, order -> verbose || examples.contains(order));
    try (Shop shop = new Shop(servers, faults, journal, withInbox)) {
      boolean arrived = new Story(shop, faults, journal).tell();
      Reconciliation result = shop.reconcile();
      terminal.heading("3. What both databases say");
      header();
      show(withInbox ? "outbox and inbox" : "outbox, inbox switched off", result);
      terminal.print(
          "%d events were delivered %d times; the inbox absorbed %d of these deliveries"
              .formatted(journal.ordersDelivered(), journal.deliveries(), journal.absorbed()));
      boolean convincing = arrived && journal.absorbed() > faults.deliveredTwice().size();
      if (result.holds() && !convincing) {
        terminal.print("@|red The story proves nothing: not every fault did its damage.|@");
      }
      terminal.print(result.toString());
      return !result.holds() ? 1 : convincing ? 0 : Flags.BROKEN;
    }
  }
}
