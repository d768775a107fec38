package scenario.order;

import java.sql.SQLException;

/** Runs the same orders, with the same faults, through three ways that each leave a gap. */
final class NaiveWays {
  private final Servers servers;
  private final Faults faults;

  NaiveWays(Servers servers, Faults faults) {
    this.servers = servers;
    this.faults = faults;
  }

  /** Commits, then publishes. The consumer has an inbox, so that only this gap shows. */
  Reconciliation publishAfterCommit() throws Exception {
    try (Shop shop = new Shop(servers, faults, Journal.silent(), true)) {
      place(shop, shop.naively()::publishAfterCommit);
      return result(shop);
    }
  }

  /** Publishes inside the transaction. The consumer has an inbox. */
  Reconciliation publishInsideTransaction() throws Exception {
    try (Shop shop = new Shop(servers, faults, Journal.silent(), true)) {
      place(shop, shop.naively()::publishInsideTransaction);
      return result(shop);
    }
  }

  /** Has an outbox and a relay that never dies, and a consumer without an inbox. */
  Reconciliation consumeWithoutInbox() throws Exception {
    try (Shop shop = new Shop(servers, faults, Journal.silent(), false)) {
      StoryRelay relay = shop.startRelay("the only one", 0);
      place(shop, shop.withOutbox());
      shop.awaitSent();
      relay.close();
      return result(shop);
    }
  }

  private void place(Shop shop, OrderTaking way) throws SQLException {
    for (Order order : faults.orders()) {
      shop.place(order, way);
    }
  }

  private static Reconciliation result(Shop shop) throws SQLException, InterruptedException {
    shop.awaitDelivered();
    return shop.reconcile();
  }
}
