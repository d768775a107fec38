package io.rowpost.testkit;

import io.rowpost.core.InMemoryTransaction;
import io.rowpost.core.InboxAdmin;
import io.rowpost.core.InboxStatus;
import io.rowpost.core.InboxStore;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** One member's way to its group's inbox. */
final class SimInboxPort implements InboxStore<InMemoryTransaction> {
  private final SimWorld world;
  private final SimGroup group;
  private final SimLife life;
  private final InboxStore<InMemoryTransaction> store;

  SimInboxPort(SimWorld world, SimGroup group, SimLife life) {
    this.world = world;
    this.group = group;
    this.life = life;
    this.store = group.inbox.store;
  }

  @Override
  public List<Claim> claim(
      InMemoryTransaction tx, String consumer, List<Entry> entries, Duration window) {
    life.beforeRead();
    List<Claim> claims = store.claim(tx, consumer, entries, window);
    for (int i = 0; i < claims.size(); i++) {
      SimMessage message = world.ledger.known(entries.get(i).message());
      if (claims.get(i) == Claim.NEW && message.effects[group.number] > 0) {
        throw world.violated("I-14", message + " took effect, and is forgotten by " + consumer);
      }
    }
    return claims;
  }

  @Override
  public void complete(InMemoryTransaction tx, String consumer, Map<String, Claim> ran) {
    life.beforeRead();
    store.complete(tx, consumer, ran);
  }

  @Override
  public Optional<Failure> begin(
      InMemoryTransaction tx,
      String consumer,
      Entry entry,
      Duration window,
      String error,
      int maxAttempts) {
    life.beforeRead();
    Optional<Failure> begun = store.begin(tx, consumer, entry, window, error, maxAttempts);
    SimMessage message = world.ledger.known(entry.message());
    begun.ifPresent(run -> begun(tx, message, run, maxAttempts));
    return begun;
  }

  private void begun(InMemoryTransaction tx, SimMessage message, Failure run, int maxAttempts) {
    if (message.effects[group.number] > 0) {
      throw world.violated("I-14", message + " took effect, and begins again");
    }
    if (run.attempts() > maxAttempts) {
      throw world.violated("I-11", message + " began more often than allowed");
    }
    if (run.parked()) {
      tx.onCommit(() -> world.ledger.parked(group, message));
    } else {
      tx.onCommit(() -> countBegun(message, 1));
    }
  }

  @Override
  public void end(InMemoryTransaction tx, String consumer, String id) {
    life.beforeRead();
    store.end(tx, consumer, id);
    SimMessage message = world.ledger.message(UUID.fromString(id));
    if (!message.doneBy(group.number)) {
      tx.onCommit(() -> countBegun(message, -1));
    }
  }

  private void countBegun(SimMessage message, int runs) {
    message.failures[group.number] += runs;
    message.begun[group.number] += runs;
    message.suspected[group.number] = true;
  }

  @Override
  public boolean isTransient(Throwable error) {
    life.requireAlive();
    return store.isTransient(error);
  }

  @Override
  public boolean isLost(InMemoryTransaction tx, Throwable error) {
    return store.isLost(tx, error);
  }

  @Override
  public Failure recordFailure(
      InMemoryTransaction tx, String consumer, Entry entry, String error, int maxAttempts) {
    life.beforeRead();
    Failure failure = store.recordFailure(tx, consumer, entry, error, maxAttempts);
    SimMessage message = world.ledger.known(entry.message());
    if (message.effects[group.number] > 0 && failure.status() != InboxStatus.COMPLETED) {
      throw world.violated("I-9", message + " was completed, and is " + failure.status());
    }
    // Who is not told of a death runs beside what is counted for it.
    if (failure.attempts() > maxAttempts + message.begun[group.number]) {
      throw world.violated("I-11", message + " failed more often than allowed");
    }
    // Recording a failure may itself end in doubt, and is then repeated.
    long most = message.failures[group.number] + world.tally.of(SimFault.COMMITTED_BUT_UNKNOWN);
    if (failure.attempts() > most) {
      throw world.violated(
          "I-11", message + " has " + failure.attempts() + " attempts, and failed less often");
    }
    if (failure.parked()) {
      tx.onCommit(() -> world.ledger.parked(group, message));
    }
    return failure;
  }

  @Override
  public void park(InMemoryTransaction tx, String consumer, Entry entry, String reason) {
    life.beforeRead();
    store.park(tx, consumer, entry, reason);
    SimMessage message = world.ledger.known(entry.message());
    tx.onCommit(() -> world.ledger.parked(group, message));
  }

  @Override
  public InboxAdmin admin() {
    life.requireAlive();
    return store.admin();
  }
}
