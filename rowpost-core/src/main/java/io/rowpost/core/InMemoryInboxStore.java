package io.rowpost.core;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;

/**
 * An inbox in memory: every rule of {@link InboxStore} without a database. Thread-safe.
 *
 * <p>For tests, demonstrations and simulation: it follows the same contract as the stores on
 * databases, rollback and waiting for a concurrent claim included, and loses everything with the
 * process. A wait that could never end, such as for another transaction of the same thread, fails
 * with ROWPOST-290 as a deadlock does.
 */
public final class InMemoryInboxStore implements InboxStore<InMemoryTransaction> {
  private static final Duration MAX_AHEAD = Duration.ofDays(1);

  private final InMemoryInbox inbox;
  private final InMemoryInboxAdmin admin;

  /** Creates an empty inbox on the system's clock. */
  public InMemoryInboxStore() {
    this(InstantSource.system());
  }

  /** Creates an empty inbox on a clock of the caller's. */
  public InMemoryInboxStore(InstantSource clock) {
    this.inbox = new InMemoryInbox(clock);
    this.admin = new InMemoryInboxAdmin(inbox);
  }

  @Override
  public List<Claim> claim(
      InMemoryTransaction tx, String consumer, List<Entry> entries, Duration window) {
    // In one order, so that two batches that share ids wait for each other but never in a circle.
    entries.stream().map(Entry::id).sorted().forEach(id -> inbox.lock(tx, consumer, id));
    return entries.stream().map(entry -> claim(tx, consumer, entry, window)).toList();
  }

  private Claim claim(InMemoryTransaction tx, String consumer, Entry entry, Duration window) {
    InMemoryInbox.Row row = inbox.read(tx, consumer, entry.id());
    if (row != null) {
      return claimKnown(tx, row);
    }
    Instant now = inbox.clock.instant();
    Instant time = entry.message().time();
    if (time != null && time.isBefore(now.minus(window))) {
      return Claim.TOO_OLD;
    }
    if (time != null && time.isAfter(now.plus(MAX_AHEAD))) {
      return Claim.FROM_FUTURE;
    }
    inbox.write(tx, InMemoryInbox.Row.received(consumer, entry, now).completed(now));
    return Claim.NEW;
  }

  private Claim claimKnown(InMemoryTransaction tx, InMemoryInbox.Row row) {
    InboxRecord record = row.record();
    return switch (record.status()) {
      case COMPLETED -> Claim.COMPLETED;
      case FAILED -> {
        if (record.parked()) {
          yield Claim.PARKED;
        }
        inbox.write(tx, row.processing());
        yield Claim.RETRY;
      }
      case PROCESSING ->
          throw new IllegalStateException("a row in memory is never committed as PROCESSING");
    };
  }

  @Override
  public void complete(InMemoryTransaction tx, String consumer, Map<String, Claim> ran) {
    Instant now = inbox.clock.instant();
    ran.forEach(
        (id, claim) -> {
          InMemoryInbox.Row row = inbox.read(tx, consumer, id);
          var expected = claim == Claim.RETRY ? InboxStatus.PROCESSING : InboxStatus.COMPLETED;
          if (row == null || row.record().status() != expected) {
            throw new StoreException(
                "ROWPOST-405",
                "Nothing was committed: the claim of message %s by consumer \"%s\" no longer stands."
                    .formatted(id, consumer),
                "let the message be delivered again; a handler must not end the transaction.",
                StoreException.Outcome.ROLLED_BACK,
                null);
          }
          inbox.write(tx, row.completed(now));
        });
  }

  @Override
  public boolean isTransient(Throwable error) {
    return error instanceof StoreException;
  }

  @Override
  public Failure recordFailure(
      InMemoryTransaction tx, String consumer, Entry entry, String error, int maxAttempts) {
    inbox.lock(tx, consumer, entry.id());
    InMemoryInbox.Row row = inbox.read(tx, consumer, entry.id());
    if (row == null) {
      row = InMemoryInbox.Row.received(consumer, entry, inbox.clock.instant());
    }
    InboxRecord record = row.record();
    if (record.status() != InboxStatus.COMPLETED && !record.parked()) {
      row = row.failed(error, record.attempts() + 1);
      if (row.record().attempts() >= maxAttempts) {
        row = row.parked(entry.message(), inbox.nextParking());
      }
      inbox.write(tx, row);
    }
    return new Failure(row.record().status(), row.record().attempts(), row.record().parked());
  }

  @Override
  public void park(InMemoryTransaction tx, String consumer, Entry entry, String reason) {
    inbox.lock(tx, consumer, entry.id());
    if (inbox.read(tx, consumer, entry.id()) == null) {
      inbox.write(
          tx,
          InMemoryInbox.Row.received(consumer, entry, inbox.clock.instant())
              .failed(reason, 0)
              .parked(entry.message(), inbox.nextParking()));
    }
  }

  @Override
  public InboxAdmin admin() {
    return admin;
  }

  /** The audited acts, oldest first, the last 10,000: one line each, as an operator reads them. */
  public List<String> audit() {
    return inbox.audit();
  }
}
