package io.rowpost.core;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The operator's door to {@link InMemoryOutbox}; each act holds its monitor. */
final class InMemoryOutboxAdmin implements OutboxAdmin {
  private static final Duration ONCE_KEPT_AT_LEAST = Duration.ofHours(24);
  private static final int PURGE_STEP = 1000;

  private final InMemoryOutbox outbox;

  InMemoryOutboxAdmin(InMemoryOutbox outbox) {
    this.outbox = outbox;
  }

  @Override
  public Counts counts() {
    synchronized (outbox) {
      long pending = 0;
      long waiting = 0;
      long failed = 0;
      long discarded = 0;
      long sent = 0;
      for (InMemoryRow row : outbox.rows.values()) {
        switch (row.status) {
          case PENDING -> {
            pending++;
            waiting += row.parked ? 1 : 0;
          }
          case FAILED -> {
            failed += row.discardedAt == null ? 1 : 0;
            discarded += row.discardedAt == null ? 0 : 1;
          }
          case SENT -> sent++;
        }
      }
      return new Counts(
          Math.min(pending, Counts.LIMIT),
          Math.min(waiting, Counts.LIMIT),
          Math.min(failed, Counts.LIMIT),
          Math.min(discarded, Counts.LIMIT),
          Math.min(sent, Counts.LIMIT));
    }
  }

  @Override
  public Optional<Duration> oldestPendingAge() {
    synchronized (outbox) {
      return outbox.rows.values().stream()
          .filter(row -> row.status == OutboxStatus.PENDING)
          .map(row -> InMemoryOutbox.known(row.record.createdAt()))
          .min(Instant::compareTo)
          .map(oldest -> Duration.between(oldest, outbox.clock.instant()));
    }
  }

  @Override
  public List<Item> find(Filter filter, long after, int limit) {
    if (limit < 1 || limit > 1000) {
      throw new IllegalArgumentException("limit " + limit + " is not 1 to 1,000");
    }
    synchronized (outbox) {
      return outbox.rows.tailMap(after, false).values().stream()
          .filter(row -> matches(filter, row))
          .limit(limit)
          .map(InMemoryRow::item)
          .toList();
    }
  }

  @Override
  public long count(Filter filter) {
    synchronized (outbox) {
      return outbox.rows.values().stream()
          .filter(row -> matches(filter, row))
          .limit(Counts.LIMIT)
          .count();
    }
  }

  @Override
  public Optional<OutboxRecord> get(UUID id) {
    synchronized (outbox) {
      return outbox.rows.descendingMap().values().stream()
          .filter(row -> row.record.id().equals(id))
          .findFirst()
          .map(InMemoryRow::current);
    }
  }

  @Override
  public boolean retry(Item item, Act act) {
    synchronized (outbox) {
      InMemoryRow row = unchanged(item);
      if (row == null || row.status != OutboxStatus.FAILED) {
        return false;
      }
      reopen(row);
      audit(act, "retry", List.of(row.seq));
      return true;
    }
  }

  @Override
  public int retryAll(Filter filter, Act act) {
    synchronized (outbox) {
      List<InMemoryRow> failed =
          outbox.parked.all().stream()
              .filter(row -> row.status == OutboxStatus.FAILED && row.discardedAt == null)
              .filter(row -> matches(filter, row))
              .toList();
      failed.forEach(this::reopen);
      audit(act, "retry all of " + filter, failed.stream().map(row -> row.seq).sorted().toList());
      return failed.size();
    }
  }

  private void reopen(InMemoryRow row) {
    outbox.parked.change(
        row,
        () -> {
          row.status = OutboxStatus.PENDING;
          row.attempts = 0;
          row.nextAttemptAt =
              !row.blocking || outbox.parked.leads(row) ? outbox.clock.instant() : null;
        });
  }

  @Override
  public Discarded discard(Item item, Act act) {
    synchronized (outbox) {
      InMemoryRow row = unchanged(item);
      if (row == null) {
        return Discarded.NOT_CHANGED;
      }
      Instant now = outbox.clock.instant();
      outbox.parked.change(
          row,
          () -> {
            row.status = OutboxStatus.FAILED;
            row.discardedAt = now;
            row.blocking = false;
            row.nextAttemptAt = null;
          });
      outbox.parked.promote(row.orderKey, now);
      audit(act, "discard", List.of(row.seq));
      return row.inFlight ? Discarded.MAY_HAVE_BEEN_SENT : Discarded.DISCARDED;
    }
  }

  @Override
  public boolean letContinue(Item item, Act act) {
    synchronized (outbox) {
      InMemoryRow row = unchanged(item);
      if (row == null || row.status != OutboxStatus.FAILED) {
        return false;
      }
      outbox.parked.change(row, () -> row.blocking = false);
      outbox.parked.promote(row.orderKey, outbox.clock.instant());
      audit(act, "let continue", List.of(row.seq));
      return true;
    }
  }

  @Override
  public int replay(Filter filter, Act act) {
    synchronized (outbox) {
      List<InMemoryRow> again = new ArrayList<>();
      for (InMemoryRow row : outbox.rows.values()) {
        if (row.status == OutboxStatus.SENT && matches(filter, row)) {
          // The time of creation stays: an inbox that has forgotten the id must see that it is old.
          again.add(outbox.newRow(row.record, InMemoryOutbox.known(row.record.createdAt())));
        }
      }
      outbox.publish(again);
      audit(act, "replay of " + filter, again.stream().map(row -> row.seq).toList());
      return again.size();
    }
  }

  @Override
  public long purge(Duration retention) {
    if (retention.isNegative()) {
      throw new IllegalArgumentException("retention " + retention + " is negative");
    }
    long deleted = 0;
    Long from = 0L;
    while (from != null) {
      synchronized (outbox) {
        Instant horizon = InMemoryOutbox.before(outbox.clock.instant(), retention);
        int before = outbox.rows.size();
        from = purgeStep(from, horizon);
        deleted += before - outbox.rows.size();
      }
    }
    synchronized (outbox) {
      Duration kept = retention.compareTo(ONCE_KEPT_AT_LEAST) > 0 ? retention : ONCE_KEPT_AT_LEAST;
      Instant horizon = InMemoryOutbox.before(outbox.clock.instant(), kept);
      outbox.once.values().removeIf(appendedAt -> appendedAt.isBefore(horizon));
    }
    return deleted;
  }

  /** Looks at one step of rows; returns where the next begins, null after the last. */
  private @Nullable Long purgeStep(Long from, Instant horizon) {
    List<InMemoryRow> step =
        outbox.rows.tailMap(from, true).values().stream().limit(PURGE_STEP + 1L).toList();
    for (InMemoryRow row : step.subList(0, Math.min(PURGE_STEP, step.size()))) {
      boolean sentLongAgo = row.sentAt != null && !row.sentAt.isAfter(horizon);
      boolean discardedLongAgo =
          row.discardedAt != null && !row.inFlight && !row.discardedAt.isAfter(horizon);
      if (discardedLongAgo) {
        outbox.parked.change(row, () -> row.parked = false);
      }
      if (sentLongAgo || discardedLongAgo) {
        outbox.rows.remove(row.seq);
      }
    }
    return step.size() > PURGE_STEP ? Long.valueOf(step.get(PURGE_STEP).seq) : null;
  }

  @Override
  public boolean pause(String relay, Act act) {
    return setPaused(relay, true, act);
  }

  @Override
  public boolean resume(String relay, Act act) {
    return setPaused(relay, false, act);
  }

  private boolean setPaused(String name, boolean paused, Act act) {
    synchronized (outbox) {
      InMemoryRelay relay = outbox.relay;
      if (relay == null || !relay.name.equals(name) || relay.paused == paused) {
        return false;
      }
      relay.paused = paused;
      audit(act, paused ? "pause" : "resume", List.of(name));
      return true;
    }
  }

  /** The parked row of an item, if it still is as the item shows it and was not discarded. */
  private @Nullable InMemoryRow unchanged(Item item) {
    InMemoryRow row = outbox.rows.get(item.position());
    return row != null && row.parked && row.discardedAt == null && row.version == item.version()
        ? row
        : null;
  }

  private void audit(Act act, String what, List<?> subjects) {
    InMemoryRelay relay = outbox.relay;
    if (relay != null) {
      relay.changes++;
    }
    outbox.audit(act.actor(), what, subjects, act.reason());
  }

  private static boolean matches(Filter filter, InMemoryRow row) {
    OutboxRecord record = row.record;
    Instant createdAt = InMemoryOutbox.known(record.createdAt());
    return (filter.status() == null || filter.status() == row.status)
        && (filter.topic() == null || filter.topic().equals(record.topic()))
        && (filter.key() == null || filter.key().equals(record.key()))
        && (filter.type() == null || filter.type().equals(record.type()))
        && (filter.since() == null || !createdAt.isBefore(filter.since()))
        && (filter.until() == null || createdAt.isBefore(filter.until()))
        && (filter.from() == null || row.seq >= filter.from())
        && (filter.to() == null || row.seq <= filter.to());
  }
}
