package io.rowpost.testkit;

import io.rowpost.core.InMemoryTransaction;
import io.rowpost.core.Lease;
import io.rowpost.core.OutboxAdmin;
import io.rowpost.core.OutboxBatch;
import io.rowpost.core.OutboxBatch.Entry;
import io.rowpost.core.OutboxBatch.Settled;
import io.rowpost.core.OutboxRecord;
import io.rowpost.core.OutboxStore;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;

/** A sound store; what extends it breaks one thing. */
class DelegatingOutboxStore implements OutboxStore<InMemoryTransaction> {
  final OutboxStore<InMemoryTransaction> sound;

  DelegatingOutboxStore(OutboxStore<InMemoryTransaction> sound) {
    this.sound = sound;
  }

  @Override
  public void append(InMemoryTransaction tx, List<OutboxRecord> records) {
    sound.append(tx, records);
  }

  @Override
  public void appendAndCommit(InMemoryTransaction tx, OutboxRecord record) {
    sound.appendAndCommit(tx, record);
  }

  @Override
  public boolean appendIfAbsent(InMemoryTransaction tx, OutboxRecord record) {
    return sound.appendIfAbsent(tx, record);
  }

  @Override
  public Lease.Attempt lease(Lease.Request request) {
    return sound.lease(request);
  }

  @Override
  public Set<Long> blockedKeys(Lease lease, int limit) {
    return sound.blockedKeys(lease, limit);
  }

  @Override
  public boolean probe(Lease lease, long changes) {
    return sound.probe(lease, changes);
  }

  @Override
  public OutboxBatch settleAndFetch(Lease lease, Turn turn) {
    return sound.settleAndFetch(lease, turn);
  }

  @Override
  public void release(Lease lease) {
    sound.release(lease);
  }

  @Override
  public OutboxAdmin admin() {
    return sound.admin();
  }

  /** The turn with other outcomes. */
  static Turn settling(Turn turn, UnaryOperator<Settled> change) {
    return settling(turn, turn.settled().stream().map(change).toList());
  }

  static Turn settling(Turn turn, List<Settled> settled) {
    return new Turn(
        settled, turn.limit(), turn.newLimit(), turn.keyLimit(), turn.byteLimit(), turn.renewFor());
  }

  /** The batch with other entries. */
  static OutboxBatch holding(OutboxBatch batch, UnaryOperator<List<Entry>> change) {
    return new OutboxBatch(
        change.apply(batch.entries()),
        batch.more(),
        batch.paused(),
        batch.changes(),
        batch.released());
  }

  /** A sound door for operators, but for one act. */
  static OutboxAdmin breaking(OutboxAdmin sound, String act, BrokenAct broken) {
    return (OutboxAdmin)
        Proxy.newProxyInstance(
            OutboxAdmin.class.getClassLoader(),
            new Class<?>[] {OutboxAdmin.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals(act)) {
                return broken.run(arguments);
              }
              try {
                return method.invoke(sound, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  @FunctionalInterface
  interface BrokenAct {
    Object run(Object[] arguments);
  }
}
