package io.rowpost.jdbc;

import io.rowpost.core.Lease;
import io.rowpost.core.OutboxBatch.Entry;
import io.rowpost.core.OutboxBatch.Settled;
import io.rowpost.core.OutboxStore.Turn;
import io.rowpost.core.Settlement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** A relay's part, turn by turn. */
final class RelayTurns {
  private final JdbcOutboxStore store;
  private final Lease lease;

  RelayTurns(JdbcOutboxStore store) {
    this(store, "relay");
  }

  RelayTurns(JdbcOutboxStore store, String name) {
    this(store, name, null);
  }

  private RelayTurns(JdbcOutboxStore store, String name, @Nullable UUID previous) {
    this.store = store;
    Lease.Attempt attempt =
        store.lease(
            new Lease.Request(name, UUID.randomUUID(), Duration.ofHours(1), previous, null));
    this.lease = ((Lease.Attempt.Granted) attempt).lease();
  }

  /** The same process, which acquires anew. */
  RelayTurns anew() {
    return new RelayTurns(store, lease.relay(), lease.owner());
  }

  List<Entry> fetch(int limit) {
    return store.settleAndFetch(lease, Turn.fetch(limit)).entries();
  }

  /** The same, and no more than fits. */
  List<Entry> fetch(int limit, long byteLimit) {
    var turn = new Turn(List.of(), limit, limit, 1, byteLimit, Duration.ZERO);
    return store.settleAndFetch(lease, turn).entries();
  }

  List<Entry> fetchAndRenew(int limit) {
    var turn = new Turn(List.of(), limit, limit, 1, Long.MAX_VALUE, Duration.ofHours(1));
    return store.settleAndFetch(lease, turn).entries();
  }

  void settle(Settled... settled) {
    store.settleAndFetch(lease, Turn.settle(List.of(settled)));
  }

  /** Sends all that can be sent. */
  List<String> drain() {
    var sent = new ArrayList<String>();
    // Parked records may be due from the second turn of a lease on.
    List<Entry> entries = new ArrayList<>(fetch(100));
    entries.addAll(fetch(100));
    while (!entries.isEmpty()) {
      settle(
          entries.stream()
              .map(entry -> new Settled(entry, new Settlement.Sent()))
              .toArray(Settled[]::new));
      entries.forEach(entry -> sent.add(entry.record().type()));
      entries = fetch(100);
    }
    return sent;
  }

  void release() {
    store.release(lease);
  }
}
