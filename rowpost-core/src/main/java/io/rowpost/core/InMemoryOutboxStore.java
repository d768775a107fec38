package io.rowpost.core;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;

/**
 * An outbox in memory: every rule of {@link OutboxStore} without a database. Thread-safe.
 *
 * <p>For tests, demonstrations and simulation: it follows the same contract as the stores on
 * databases, transactions included, and loses everything with the process. It starts no thread and
 * waits for nothing but a transaction that appends the same id by {@link #appendIfAbsent}. One
 * relay name serves it.
 */
public final class InMemoryOutboxStore implements OutboxStore<InMemoryTransaction> {
  private final InMemoryOutbox outbox;
  private final InMemoryOutboxAdmin admin;
  private final InMemoryLocks<UUID> onceLocks = new InMemoryLocks<>();
  private final Map<InMemoryTransaction, List<InMemoryRow>> uncommitted = new HashMap<>();

  /** Creates an empty outbox that deletes what is sent, on the system's clock. */
  public InMemoryOutboxStore() {
    this(InstantSource.system());
  }

  /** Creates an empty outbox that deletes what is sent, on a clock of the caller's. */
  public InMemoryOutboxStore(InstantSource clock) {
    this(clock, false);
  }

  private InMemoryOutboxStore(InstantSource clock, boolean keepSent) {
    this.outbox = new InMemoryOutbox(clock, keepSent);
    this.admin = new InMemoryOutboxAdmin(outbox);
  }

  /** Creates an empty outbox that keeps SENT records until {@link OutboxAdmin#purge}. */
  public static InMemoryOutboxStore keepingSent(InstantSource clock) {
    return new InMemoryOutboxStore(clock, true);
  }

  @Override
  public void append(InMemoryTransaction tx, List<OutboxRecord> records) {
    tx.requireOpen();
    synchronized (outbox) {
      List<InMemoryRow> rows = uncommitted.get(tx);
      if (rows == null) {
        rows = new ArrayList<>();
        uncommitted.put(tx, rows);
        tx.onCommit(() -> commit(tx));
        tx.onRollback(() -> rollback(tx));
      }
      for (OutboxRecord record : records) {
        rows.add(outbox.newRow(record, outbox.clock.instant()));
      }
    }
  }

  @Override
  public void appendAndCommit(InMemoryTransaction tx, OutboxRecord record) {
    append(tx, List.of(record));
    tx.commit();
  }

  private void commit(InMemoryTransaction tx) {
    synchronized (outbox) {
      outbox.publish(Objects.requireNonNull(uncommitted.remove(tx)));
    }
  }

  private void rollback(InMemoryTransaction tx) {
    synchronized (outbox) {
      uncommitted.remove(tx);
    }
  }

  @Override
  public boolean appendIfAbsent(InMemoryTransaction tx, OutboxRecord record) {
    tx.requireOpen();
    UUID id = record.id();
    if (!onceLocks.acquire(tx, id)) {
      return false;
    }
    synchronized (outbox) {
      if (outbox.once.containsKey(id)) {
        return false;
      }
    }
    append(tx, List.of(record));
    tx.onCommit(() -> remember(id));
    return true;
  }

  private void remember(UUID id) {
    synchronized (outbox) {
      outbox.once.put(id, outbox.clock.instant());
    }
  }

  @Override
  public Lease.Attempt lease(Lease.Request request) {
    Settings.requireName("name", request.relay());
    synchronized (outbox) {
      InMemoryRelay relay = outbox.relay;
      if (relay == null) {
        relay = new InMemoryRelay(request.relay());
        outbox.relay = relay;
      } else if (!relay.name.equals(request.relay())) {
        throw new RowpostException(
            "ROWPOST-304",
            "Nothing was published: relay \"%s\" cannot read an outbox that relay \"%s\" serves."
                .formatted(request.relay(), relay.name),
            "give every relay of one outbox the same name; each further name would publish"
                + " everything once more.",
            null);
      }
      Instant now = outbox.clock.instant();
      Lease.Attempt attempt = relay.acquire(request, now);
      if (attempt instanceof Lease.Attempt.Granted) {
        outbox.recover(now);
      }
      return attempt;
    }
  }

  @Override
  public Set<Long> blockedKeys(Lease lease, int limit) {
    synchronized (outbox) {
      return outbox.parked.blockedKeys(limit);
    }
  }

  @Override
  public boolean probe(Lease lease, long changes) {
    synchronized (outbox) {
      InMemoryRelay relay = outbox.relay;
      return relay == null
          || !relay.isHeldBy(lease)
          || relay.changes != changes
          || (!relay.paused && outbox.anythingToFetch(outbox.clock.instant()));
    }
  }

  @Override
  public OutboxBatch settleAndFetch(Lease lease, Turn turn) {
    synchronized (outbox) {
      InMemoryRelay relay = outbox.relay;
      if (relay == null || !relay.isHeldBy(lease)) {
        throw new LeaseLostException(lease);
      }
      Instant now = outbox.clock.instant();
      Set<Long> released = outbox.settle(turn.settled(), now);
      if (turn.renewFor().compareTo(Duration.ZERO) > 0) {
        relay.renew(turn.renewFor(), now);
      }
      var page = new InMemoryPage(turn);
      if (!relay.paused) {
        outbox.fetch(page, now);
      }
      return new OutboxBatch(page.entries(), page.more(), relay.paused, relay.changes, released);
    }
  }

  @Override
  public void release(Lease lease) {
    synchronized (outbox) {
      InMemoryRelay relay = outbox.relay;
      if (relay != null && relay.isHeldBy(lease)) {
        relay.release();
      }
    }
  }

  @Override
  public OutboxAdmin admin() {
    return admin;
  }

  /** The newest 10,000 operator acts, oldest first, one line each: when, who, what, which, why. */
  public List<String> audit() {
    synchronized (outbox) {
      return List.copyOf(outbox.audit);
    }
  }
}
