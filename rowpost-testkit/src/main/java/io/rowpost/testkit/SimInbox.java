package io.rowpost.testkit;

import io.rowpost.core.InMemoryInboxStore;
import io.rowpost.core.InMemoryTransaction;
import io.rowpost.core.InboxAdmin;
import io.rowpost.core.InboxStore;

/** An inbox in its database. */
final class SimInbox {
  final SimClock clock;
  final InboxStore<InMemoryTransaction> store;

  /** An operator is in the middle of an act: his connection is not another one's. */
  boolean operated;

  SimInbox(SimWorld world) {
    this.clock = new SimClock(world.time, SimSettings.skew(world.random));
    this.store = world.parts.inbox(new InMemoryInboxStore(clock));
  }

  InboxAdmin admin() {
    return store.admin();
  }
}
