package scenario.order;

import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * The orders and their faults with Rowpost in between, told as it happens.
 *
 * <p>Relay A dies in the middle, relay B takes over when A's lease has run out, and is stopped in
 * an orderly way later, so that relay C can go on at once.
 */
final class Story {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Shop shop;
  private final Faults faults;
  private final Journal journal;

  Story(Shop shop, Faults faults, Journal journal) {
    this.shop = shop;
    this.faults = faults;
    this.journal = journal;
  }

  /**
   * Places all orders and waits until everything has arrived.
   *
   * @return false if something had not arrived after a minute
   */
  boolean tell() throws Exception {
    List<Order> all = faults.orders();
    int twoThirds = all.size() * 2 / 3;
    int fiveSixths = all.size() * 5 / 6;

    StoryRelay doomed = shop.startRelay("A", faults.relayCrash());
    OrderTaking orders = shop.withOutbox();
    place(all.subList(0, 1), orders);
    boolean well = await(() -> journal.deliveries(1) > 0);

    StoryRelay successor = shop.startRelay("B", 0);
    int doom = (int) faults.relayCrash() - 1;
    place(all.subList(1, doom), orders);
    // What it has sent and not settled when it dies begins with that order.
    well &= shop.awaitSent();
    place(all.subList(doom, twoThirds), orders);
    well &= await(journal::relayIsDown);
    journal.tell(
        "the order service goes on without a relay: order %d placed, %d events PENDING"
            .formatted(twoThirds, shop.pending()));
    well &= await(() -> journal.sends(faults.relayCrash()) > 1);
    doomed.close();

    StoryRelay last = shop.startRelay("C", 0);
    place(all.subList(twoThirds, fiveSixths), orders);
    successor.close();
    place(all.subList(fiveSixths, all.size()), orders);
    well &= shop.awaitSent();
    last.close();
    well &= shop.awaitDelivered();
    return well;
  }

  private void place(List<Order> orders, OrderTaking way) throws SQLException {
    for (Order order : orders) {
      shop.place(order, way);
    }
  }

  private boolean await(BooleanSupplier condition) throws InterruptedException {
    return journal.await(PATIENCE, condition);
  }
}
