package io.rowpost.core;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

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
    Claim refused = refused(entry, window);
    if (refused != null) {
      return refused;
    }
    Instant now = inbox.clock.instant();
    inbox.write(tx, InMemoryInbox.Row.received(consumer, entry, now).completed(now));
    return Claim.NEW;
  }

  private @Nullable Claim refused(Entry entry, Duration window) {
    Instant now = inbox.clock.instant();
    Instant time = entry.message().time();
    if (time != null && time.isBefore(now.minus(window))) {
      return Claim.TOO_OLD;
    }
    return time != null && time.isAfter(now.plus(MAX_AHEAD)) ? Claim.FROM_FUTURE : null;
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
  public Optional<Failure> begin(
      InMemoryTransaction tx,
      String consumer,
      Entry entry,
      Duration window,
      String error,
      int maxAttempts) {
    inbox.lock(tx, consumer, entry.id());
    InMemoryInbox.Row row = inbox.read(tx, consumer, entry.id());
    if (row == null ? refused(entry, window) != null : isSettled(row)) {
      return Optional.empty();
    }
    if (row == null) {
      row = InMemoryInbox.Row.received(consumer, entry, inbox.clock.instant());
    }
    int attempts = row.record().attempts();
    row =
        attempts < maxAttempts
            ? row.failed(error, attempts + 1)
            : row.failed(error, attempts).parked(entry.message(), inbox.nextParking());
    inbox.write(tx, row);
    return Optional.of(failure(row));
  }

  @Override
  public void end(InMemoryTransaction tx, String consumer, String id) {
    inbox.lock(tx, consumer, id);
    InMemoryInbox.Row row = inbox.read(tx, consumer, id);
    if (row != null && !isSettled(row)) {
      inbox.write(tx, row.ended());
    }
  }

  private static boolean isSettled(InMemoryInbox.Row row) {
    return row.record().status() == InboxStatus.COMPLETED || row.record().parked();
  }

  private static Failure failure(InMemoryInbox.Row row) {
    InboxRecord record = row.record();
    return new Failure(record.status(), record.attempts(), record.parked());
  }

  @Override
  public boolean isTransient(Throwable error) {
    return error instanceof StoreException;
  }

  /** There is none to lose. */
  @Override
  public boolean isLost(InMemoryTransaction tx, Throwable error) {
    return false;
  }

  @Override
  public Failure recordFailure(
      InMemoryTransaction tx, String consumer, Entry entry, String error, int maxAttempts) {
    inbox.lock(tx, consumer, entry.id());
    InMemoryInbox.Row row = inbox.read(tx, consumer, entry.id());
    if (row == null) {
      row = InMemoryInbox.Row.received(consumer, entry, inbox.clock.instant());
    }
    if (!isSettled(row)) {
      row = row.failed(error, row.record().attempts() + 1);
      if (row.record().attempts() >= maxAttempts) {
        row = row.parked(entry.message(), inbox.nextParking());
      }
      inbox.write(tx, row);
    }
    return failure(row);
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
