package io.rowpost.testkit;

import io.rowpost.core.InboxAdmin;
import io.rowpost.core.InboxRecord;
import io.rowpost.core.InboxStatus;
import io.rowpost.core.OutboxAdmin;
import io.rowpost.core.OutboxAdmin.Act;
import io.rowpost.core.OutboxAdmin.Discarded;
import io.rowpost.core.OutboxAdmin.Filter;
import io.rowpost.core.OutboxAdmin.Item;
import io.rowpost.core.OutboxStatus;
import io.rowpost.core.StoreException;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Somebody who looks at outboxes and inboxes, and acts on what he saw, which may be long ago. */
final class SimOperator extends SimActor {
  private static final Act ACT = new Act("operator", "");
  private static final String RELAY = "default";
  private static final int PAGE = 1000;

  private SimOutbox outbox;
  private SimGroup group;
  private List<Item> items = List.of();
  private List<InboxRecord> parked = List.of();

  SimOperator(SimWorld world, String name) {
    super(world, name, null);
    this.outbox = world.outboxes.get(0);
    this.group = world.groups.get(0);
  }

  @Override
  void start(SimLife life) {}

  @Override
  void step() {
    if (world.calm()) {
      repair();
      return;
    }
    switch (world.random.nextInt(12)) {
      case 0, 1 -> retry(choose());
      case 2 -> discard(choose());
      case 3 -> letContinue(choose());
      case 4 -> retryAll(outbox);
      case 5 -> pauseOrResume();
      case 6 -> replay();
      case 7 -> purge();
      default -> inInbox();
    }
  }

  /** A parked record, mostly one that has failed, as it is now or was when he looked last. */
  private @Nullable Item choose() {
    if (items.isEmpty() || world.random.nextInt(3) > 0) {
      outbox = world.outboxes.get(world.random.nextInt(world.outboxes.size()));
      Filter filter = world.random.nextInt(4) > 0 ? Filter.of(OutboxStatus.FAILED) : Filter.ALL;
      items =
          outbox.admin().find(filter, 0, PAGE).stream().filter(item -> item.version() > 0).toList();
    }
    return items.isEmpty() ? null : items.get(world.random.nextInt(items.size()));
  }

  // ---- in outboxes ----------------------------------------------------------------------------

  private void retry(@Nullable Item item) {
    if (item != null && outbox.admin().retry(item, ACT)) {
      world.fault(SimFault.RETRIED, item.position());
      outbox.retried(item);
    }
  }

  private void retryAll(SimOutbox retried) {
    if (retried.admin().counts().failed() == 0) {
      retried.allRetried(0);
      return;
    }
    int count = retried.admin().retryAll(Filter.ALL, ACT);
    if (count > 0) {
      world.fault(SimFault.RETRIED_ALL, count);
    }
    retried.allRetried(count);
  }

  private void discard(@Nullable Item item) {
    if (item != null && outbox.admin().discard(item, ACT) != Discarded.NOT_CHANGED) {
      world.fault(SimFault.DISCARDED, item.position());
      outbox.discarded(item.position(), world.ledger.message(item.id()));
    }
  }

  private void letContinue(@Nullable Item item) {
    if (item != null && outbox.admin().letContinue(item, ACT)) {
      world.fault(SimFault.LET_CONTINUE, item.position());
      world.ledger.message(item.id()).passable = true;
    }
  }

  private void pauseOrResume() {
    OutboxAdmin admin = outbox.admin();
    if (admin.pause(RELAY, ACT)) {
      world.fault(SimFault.PAUSED_RELAYS, -1);
    } else if (admin.resume(RELAY, ACT)) {
      world.fault(SimFault.RESUMED_RELAYS, -1);
    }
  }

  private void replay() {
    if (!world.settings.keepSent) {
      return;
    }
    long from = world.random.nextLong(60);
    int replayed =
        outbox.admin().replay(Filter.of(OutboxStatus.SENT).positions(from, from + 5), ACT);
    if (replayed > 0) {
      world.fault(SimFault.REPLAYED, replayed);
      outbox.replayed += replayed;
    }
  }

  private void purge() {
    Duration retention = Duration.ofSeconds(world.random.nextInt(20));
    long purged = outbox.admin().purge(retention);
    if (purged > 0) {
      world.fault(SimFault.PURGED_OUTBOX, purged);
    }
  }

  // ---- in inboxes -----------------------------------------------------------------------------

  private void inInbox() {
    if (parked.isEmpty() || world.random.nextBoolean()) {
      group = world.groups.get(world.random.nextInt(world.groups.size()));
      parked =
          group.inbox.admin().find(group.consumer, InboxStatus.FAILED, null, PAGE).stream()
              .filter(InboxRecord::parked)
              .toList();
    }
    SimInbox inbox = group.inbox;
    if (!inbox.operated) {
      inbox.operated = true;
      try {
        actInInbox(inbox.admin());
      } catch (StoreException e) {
        // A consumer holds the row; he tries again some day.
      } finally {
        inbox.operated = false;
      }
    }
  }

  private void actInInbox(InboxAdmin admin) {
    if (world.random.nextInt(4) == 0) {
      // Before it, since it ends in the middle where a consumer holds a row.
      world.fault(SimFault.PURGED_INBOX, -1);
      admin.purge(world.settings.window);
    } else if (!parked.isEmpty()) {
      act(admin, parked.get(world.random.nextInt(parked.size())));
    }
  }

  private void act(InboxAdmin admin, InboxRecord row) {
    if (world.random.nextInt(3) == 0) {
      if (admin.discard(row.consumer(), row.messageId(), ACT)) {
        world.fault(SimFault.DISCARDED_IN_INBOX, -1);
      }
    } else if (!isTooOldByNow(admin, row) && admin.retry(row.consumer(), row.messageId(), ACT)) {
      world.fault(SimFault.RETRIED_IN_INBOX, -1);
      group.reopened = true;
    }
  }

  /** He saw it some time ago: it may have taken effect, been purged and come again since. */
  private static boolean isTooOldByNow(InboxAdmin admin, InboxRecord seen) {
    return admin.get(seen.consumer(), seen.messageId()).filter(SimOperator::isTooOld).isPresent();
  }

  /** Nobody knows whether it took effect before, so nobody runs it. */
  private static boolean isTooOld(InboxRecord row) {
    return row.lastError() != null && row.lastError().startsWith("TOO_OLD");
  }

  // ---- when all is calm -----------------------------------------------------------------------

  private void repair() {
    for (SimOutbox each : world.outboxes) {
      each.admin().resume(RELAY, ACT);
      retryAll(each);
    }
    for (SimGroup each : world.groups) {
      if (!each.hasParked) {
        continue;
      }
      each.hasParked = false;
      InboxAdmin admin = each.inbox.admin();
      for (InboxRecord row : admin.find(each.consumer, InboxStatus.FAILED, null, PAGE)) {
        if (row.parked() && !row.discarded() && !isTooOld(row) && !isPoison(row)) {
          each.reopened |= admin.retry(row.consumer(), row.messageId(), ACT);
        }
      }
    }
  }

  private boolean isPoison(InboxRecord row) {
    return world.ledger.message(UUID.fromString(row.messageId())).poison;
  }
}
