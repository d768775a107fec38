package io.rowpost.core;

import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The operator's door to {@link InMemoryInbox}; each act is a transaction of its own. */
final class InMemoryInboxAdmin implements InboxAdmin {
  private static final int PURGE_STEP = 1000;

  private final InMemoryTransactor transactor = new InMemoryTransactor();
  private final InMemoryInbox inbox;

  InMemoryInboxAdmin(InMemoryInbox inbox) {
    this.inbox = inbox;
  }

  @Override
  public Counts counts(@Nullable String consumer) {
    return new Counts(
        count(consumer, row -> row.status() == InboxStatus.PROCESSING),
        count(consumer, row -> row.status() == InboxStatus.COMPLETED),
        count(consumer, row -> row.status() == InboxStatus.FAILED),
        count(consumer, row -> row.parked() && !row.discarded()));
  }

  private long count(@Nullable String consumer, Function<InboxRecord, Boolean> filter) {
    return inbox
        .find(
            null,
            (int) Counts.LIMIT,
            row -> isOf(consumer, row.record()) && filter.apply(row.record()))
        .size();
  }

  @Override
  public List<InboxRecord> find(
      @Nullable String consumer,
      @Nullable InboxStatus status,
      @Nullable InboxRecord after,
      int limit) {
    requireLimit(limit);
    return inbox
        .find(
            after,
            limit,
            row ->
                isOf(consumer, row.record()) && (status == null || row.record().status() == status))
        .stream()
        .map(InMemoryInbox.Row::record)
        .toList();
  }

  @Override
  public Optional<InboxRecord> get(String consumer, String messageId) {
    return inbox.find(consumer, messageId).map(InMemoryInbox.Row::record);
  }

  @Override
  public Optional<Message> parked(String consumer, String messageId) {
    return inbox.find(consumer, messageId).map(InMemoryInbox.Row::kept);
  }

  @Override
  public boolean retry(String consumer, String messageId, OutboxAdmin.Act act) {
    return act(consumer, messageId, act, "retry", row -> isOpenWork(row) ? row.reopened() : null);
  }

  @Override
  public List<String> reopened(String consumer, int limit) {
    requireLimit(limit);
    return inbox
        .find(
            null,
            Integer.MAX_VALUE,
            row -> isOf(consumer, row.record()) && row.kept() != null && !row.record().parked())
        .stream()
        .sorted(Comparator.comparingLong(InMemoryInbox.Row::parking))
        .limit(limit)
        .map(row -> row.record().messageId())
        .toList();
  }

  @Override
  public boolean discard(String consumer, String messageId, OutboxAdmin.Act act) {
    return act(
        consumer, messageId, act, "discard", row -> isOpenWork(row) ? row.discarded() : null);
  }

  @Override
  public boolean forget(String consumer, String messageId, OutboxAdmin.Act act) {
    Objects.requireNonNull(act, "act");
    return transactor.<Boolean, RuntimeException>inTransaction(
        tx -> {
          inbox.lock(tx, consumer, messageId);
          InMemoryInbox.Row row = inbox.read(tx, consumer, messageId);
          if (row == null || row.record().status() != InboxStatus.COMPLETED) {
            return false;
          }
          inbox.delete(tx, row);
          inbox.audit(tx, act, "forget", row);
          return true;
        });
  }

  private boolean act(
      String consumer,
      String messageId,
      OutboxAdmin.Act act,
      String what,
      Function<InMemoryInbox.Row, InMemoryInbox.@Nullable Row> change) {
    Objects.requireNonNull(act, "act");
    return transactor.<Boolean, RuntimeException>inTransaction(
        tx -> {
          inbox.lock(tx, consumer, messageId);
          InMemoryInbox.Row row = inbox.read(tx, consumer, messageId);
          InMemoryInbox.Row changed = row == null ? null : change.apply(row);
          if (row == null || changed == null) {
            return false;
          }
          inbox.write(tx, changed);
          inbox.audit(tx, act, what, row);
          return true;
        });
  }

  @Override
  public long purge(Duration window) {
    if (window.isNegative()) {
      throw new IllegalArgumentException("window " + window + " is negative");
    }
    Instant before = InMemoryOutbox.before(inbox.clock.instant().minus(PURGE_MARGIN), window);
    long purged = 0;
    List<InMemoryInbox.Row> step;
    do {
      step = inbox.find(null, PURGE_STEP, row -> isPurgeable(row.record(), before));
      for (InMemoryInbox.Row row : step) {
        purged += purge(row, before) ? 1 : 0;
      }
    } while (step.size() == PURGE_STEP);
    return purged;
  }

  private boolean purge(InMemoryInbox.Row seen, Instant before) {
    String consumer = seen.record().consumer();
    String id = seen.record().messageId();
    return transactor.<Boolean, RuntimeException>inTransaction(
        tx -> {
          inbox.lock(tx, consumer, id);
          InMemoryInbox.Row row = inbox.read(tx, consumer, id);
          boolean purge = row != null && isPurgeable(row.record(), before);
          if (row != null && purge) {
            inbox.delete(tx, row);
          }
          return purge;
        });
  }

  private static boolean isPurgeable(InboxRecord row, Instant before) {
    Instant time = row.messageTime();
    return time != null
        && time.isBefore(before)
        && (row.status() == InboxStatus.COMPLETED || row.discarded());
  }

  private static boolean isOpenWork(InMemoryInbox.Row row) {
    return row.record().parked() && !row.record().discarded();
  }

  private static boolean isOf(@Nullable String consumer, InboxRecord row) {
    return consumer == null || consumer.equals(row.consumer());
  }

  private static void requireLimit(int limit) {
    Settings.require(limit >= 1 && limit <= 1000, "limit", limit, "1 to 1,000");
  }
}
