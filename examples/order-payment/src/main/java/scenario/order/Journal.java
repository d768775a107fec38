package scenario.order;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/**
 * What happened to each order: told to people, counted for the result, and waited for.
 *
 * <p>It only watches; nothing that saves, sends or charges depends on it. Thread-safe.
 */
final class Journal {
  private static final long LOOK_AGAIN_MILLIS = 20;

  private final Consumer<String> teller;
  private final LongPredicate worthTelling;
  private final Map<Long, Progress> orders = new HashMap<>();
  private @Nullable String relay;
  private @Nullable String relayEnd;
  private long relayEndedAt;
  private boolean relayStops;
  private @Nullable String successor;
  private int absorbed;

  /**
   * A journal.
   *
   * @param teller takes the lines
   * @param worthTelling which orders' steps are worth a line
   */
  Journal(Consumer<String> teller, LongPredicate worthTelling) {
    this.teller = teller;
    this.worthTelling = worthTelling;
  }

  /** A journal that only counts. */
  static Journal silent() {
    return new Journal(line -> {}, order -> false);
  }

  synchronized void tell(String line) {
    teller.accept(line);
  }

  private void tell(long order, String line) {
    if (worthTelling.test(order)) {
      tell(line);
    }
  }

  synchronized void committed(long order, long tookNanos) {
    Progress progress = progress(order);
    progress.committedAt = System.nanoTime();
    progress.committed = true;
    String took = Terminal.span(tookNanos);
    tell(order, "order %d saved and its event appended: one COMMIT (%s)".formatted(order, took));
    notifyAll();
  }

  /** A fault struck while an order was placed. */
  synchronized void fault(long order) {
    String line =
        progress(order).committed
            ? "@|yellow order service CRASHED|@ (simulated) right after the COMMIT of order %d"
            : "@|yellow order %d FAILED|@ (simulated) in its COMMIT: no order, no event";
    tell(order, line.formatted(order));
  }

  synchronized void sent(String sender, long order) {
    if (!sender.equals(relay)) {
      tookOver(sender);
    }
    Progress progress = progress(order);
    boolean first = ++progress.sends == 1;
    String line =
        first
            ? "relay %s sent %s/%d%s"
            : "@|yellow relay %s sent %s/%d again:|@ it cannot know that the broker has it";
    tell(order, line.formatted(sender, OrderCreatedEvent.TOPIC, order, progress.sinceCommit()));
    for (String early : progress.early) {
      tell(order, early.formatted(order, progress.sinceCommit()));
    }
    progress.early.clear();
    notifyAll();
  }

  private void tookOver(String sender) {
    if (relayEnd != null) {
      String gap = Terminal.span(System.nanoTime() - relayEndedAt);
      String line = "relay %s took over %s %s".formatted(sender, gap, relayEnd);
      if (relayStops) {
        successor = line;
      } else {
        tell(line);
      }
    }
    relay = sender;
    relayEnd = null;
  }

  /** A relay died after it sent the event of an order. */
  synchronized void relayCrashed(String what, long order) {
    relayEnded("after that");
    tell(
        "@|yellow %s|@ after sending %s/%d: it is still PENDING"
            .formatted(what, OrderCreatedEvent.TOPIC, order));
  }

  /**
   * A relay is told to stop. It gives its lease up before it ends, so another one may be quicker.
   */
  synchronized void relayStops() {
    relayEnded("later");
    relayStops = true;
  }

  /** A relay has stopped in an orderly way. */
  synchronized void relayStopped(String what) {
    String took = Terminal.span(System.nanoTime() - relayEndedAt);
    tell("%s: drained, lease released, all within %s".formatted(what, took));
    relayStops = false;
    if (successor != null) {
      tell(successor);
      successor = null;
    }
  }

  private void relayEnded(String how) {
    relayEnd = how;
    relayEndedAt = System.nanoTime();
  }

  /** Whether the relay that worked last has ended, and no other has sent anything since. */
  synchronized boolean relayIsDown() {
    return relayEnd != null;
  }

  /** A payment was written, in a transaction that may still be rolled back. */
  synchronized void charged(long order) {
    progress(order).charges++;
  }

  /** The listener is through with a message of an order. */
  synchronized void delivered(long order) {
    Progress progress = progress(order);
    progress.deliveries++;
    boolean charged = progress.charges > progress.chargesSeen;
    progress.chargesSeen = progress.charges;
    absorbed += charged ? 0 : 1;
    String line =
        !charged
            ? "@|cyan inbox: DUPLICATE of order %d absorbed,|@ nothing charged"
            : progress.charges > 1
                ? "@|red order %d charged AGAIN|@"
                : "payment for order %d taken%s";
    tellAfterSent(order, progress, line);
    notifyAll();
  }

  /** The broker will deliver a message of an order once more. */
  synchronized void deliveredTwice(long order) {
    Progress progress = progress(order);
    tellAfterSent(
        order,
        progress,
        "@|yellow payment service CRASHED|@ (simulated) after charging order %d, before the ack");
    progress.repeatsAsked++;
  }

  /** A broker may deliver before it acknowledges; a story tells one thing after the other. */
  private void tellAfterSent(long order, Progress progress, String line) {
    if (progress.deliveries > progress.expected()) {
      progress.early.add(line);
    } else {
      tell(order, line.formatted(order, progress.sinceCommit()));
    }
  }

  synchronized int deliveries(long order) {
    return progress(order).deliveries;
  }

  synchronized int sends(long order) {
    return progress(order).sends;
  }

  /** Whether everything sent has arrived, as often as it was sent or asked for again. */
  synchronized boolean allDelivered() {
    return orders.values().stream().allMatch(Progress::delivered);
  }

  /** Orders whose event arrived at least once. */
  synchronized int ordersDelivered() {
    return (int) orders.values().stream().filter(p -> p.deliveries > 0).count();
  }

  synchronized int deliveries() {
    return orders.values().stream().mapToInt(p -> p.deliveries).sum();
  }

  /** Deliveries without an effect, because it was there. */
  synchronized int absorbed() {
    return absorbed;
  }

  /**
   * Waits until something holds.
   *
   * @return false if it did not within the limit
   */
  boolean await(Duration limit, BooleanSupplier condition) throws InterruptedException {
    long deadline = System.nanoTime() + limit.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        return false;
      }
      synchronized (this) {
        wait(LOOK_AGAIN_MILLIS);
      }
    }
    return true;
  }

  private Progress progress(long order) {
    return orders.computeIfAbsent(order, id -> new Progress());
  }

  /** How far the messages of one order came. */
  private static final class Progress {
    private final List<String> early = new ArrayList<>();
    private boolean committed;
    private long committedAt;
    private int sends;
    private int deliveries;
    private int repeatsAsked;
    private int charges;
    private int chargesSeen;

    int expected() {
      return sends + repeatsAsked;
    }

    boolean delivered() {
      return deliveries >= expected();
    }

    String sinceCommit() {
      return committed
          ? ", %s after its COMMIT".formatted(Terminal.span(System.nanoTime() - committedAt))
          : "";
    }
  }
}
