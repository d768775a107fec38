package io.rowpost.testkit;

import io.rowpost.core.InMemoryTransaction;
import io.rowpost.core.Lease;
import io.rowpost.core.OutboxAdmin;
import io.rowpost.core.OutboxBatch;
import io.rowpost.core.OutboxRecord;
import io.rowpost.core.OutboxStore;
import java.util.List;
import java.util.Set;

/** One process's way to an outbox. */
final class SimOutboxPort implements OutboxStore<InMemoryTransaction> {
  private final SimOutbox outbox;
  private final SimLife life;

  /** Of the last lease that this process was granted. */
  private long heldToken;

  SimOutboxPort(SimOutbox outbox, SimLife life) {
    this.outbox = outbox;
    this.life = life;
  }

  @Override
  public void append(InMemoryTransaction tx, List<OutboxRecord> records) {
    life.beforeRead();
    outbox.store.append(tx, records);
  }

  @Override
  public void appendAndCommit(InMemoryTransaction tx, OutboxRecord record) {
    life.beforeCommit();
    outbox.store.appendAndCommit(tx, record);
    life.afterCommit();
  }

  @Override
  public boolean appendIfAbsent(InMemoryTransaction tx, OutboxRecord record) {
    life.beforeRead();
    return outbox.store.appendIfAbsent(tx, record);
  }

  @Override
  public Lease.Attempt lease(Lease.Request request) {
    return life.committing(
        () -> {
          Lease.Attempt attempt = outbox.store.lease(request);
          if (attempt instanceof Lease.Attempt.Granted granted) {
            outbox.leased(this, request, granted.lease());
            heldToken = granted.lease().token();
          }
          return attempt;
        });
  }

  @Override
  public Set<Long> blockedKeys(Lease lease, int limit) {
    life.beforeRead();
    return outbox.store.blockedKeys(lease, limit);
  }

  @Override
  public boolean probe(Lease lease, long changes) {
    life.beforeRead();
    return outbox.store.probe(lease, changes);
  }

  @Override
  public OutboxBatch settleAndFetch(Lease lease, Turn turn) {
    return life.committing(
        () -> {
          OutboxBatch batch = outbox.store.settleAndFetch(lease, turn);
          outbox.requireNewest(lease);
          outbox.renewed(turn.renewFor());
          turn.settled().forEach(outbox::settled);
          batch.entries().forEach(outbox::fetched);
          return batch;
        });
  }

  @Override
  public void release(Lease lease) {
    life.beforeCommit();
    outbox.store.release(lease);
    outbox.released(lease);
    life.afterCommit();
  }

  /** Called when a record is handed to the broker. */
  void requireOwnerLooked() {
    outbox.requireOwnerLooked(heldToken, life.lookedAt());
  }

  @Override
  public OutboxAdmin admin() {
    life.requireAlive();
    return outbox.admin();
  }
}
