package io.rowpost.testkit;

import io.rowpost.core.InMemoryTransaction;
import io.rowpost.core.InboxAdmin;
import io.rowpost.core.InboxStore;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A sound store; what extends it breaks one thing. */
class DelegatingInboxStore implements InboxStore<InMemoryTransaction> {
  final InboxStore<InMemoryTransaction> sound;

  DelegatingInboxStore(InboxStore<InMemoryTransaction> sound) {
    this.sound = sound;
  }

  @Override
  public List<Claim> claim(
      InMemoryTransaction tx, String consumer, List<Entry> entries, Duration window) {
    return sound.claim(tx, consumer, entries, window);
  }

  @Override
  public void complete(InMemoryTransaction tx, String consumer, Map<String, Claim> ran) {
    sound.complete(tx, consumer, ran);
  }

  @Override
  public Optional<Failure> begin(
      InMemoryTransaction tx,
      String consumer,
      Entry entry,
      Duration window,
      String error,
      int maxAttempts) {
    return sound.begin(tx, consumer, entry, window, error, maxAttempts);
  }

  @Override
  public void end(InMemoryTransaction tx, String consumer, String id) {
    sound.end(tx, consumer, id);
  }

  @Override
  public boolean isTransient(Throwable error) {
    return sound.isTransient(error);
  }

  @Override
  public boolean isLost(InMemoryTransaction tx, Throwable error) {
    return sound.isLost(tx, error);
  }

  @Override
  public Failure recordFailure(
      InMemoryTransaction tx, String consumer, Entry entry, String error, int maxAttempts) {
    return sound.recordFailure(tx, consumer, entry, error, maxAttempts);
  }

  @Override
  public void park(InMemoryTransaction tx, String consumer, Entry entry, String reason) {
    sound.park(tx, consumer, entry, reason);
  }

  @Override
  public InboxAdmin admin() {
    return sound.admin();
  }
}
