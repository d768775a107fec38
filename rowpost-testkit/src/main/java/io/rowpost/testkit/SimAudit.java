package io.rowpost.testkit;

import io.rowpost.core.InboxRecord;
import io.rowpost.core.InboxStatus;
import io.rowpost.core.OutboxAdmin.Counts;
import java.util.Optional;

/** What has to be true of a world at rest. */
final class SimAudit {
  private final SimWorld world;

  SimAudit(SimWorld world) {
    this.world = world;
  }

  void check() {
    for (SimMessage message : world.ledger.messages()) {
      if (message.committed) {
        requireEverywhere(message);
      }
    }
    requireFewRepeats();
    requireTrueCounts();
  }

  /** What waits, or where something was lost that nobody waits for any more. */
  SimDeath whyNotDrained() {
    for (SimOutbox outbox : world.outboxes) {
      Counts counts = outbox.admin().counts();
      if (counts.pending() > 0 || counts.failed() > 0) {
        return world.violated("I-10", outbox.name + " does not drain: " + counts);
      }
    }
    for (SimMessage message : world.ledger.messages()) {
      for (SimGroup group : world.groups) {
        if (message.published > 0
            && group.topics.contains(message.topic)
            && !message.doneBy(group.number)) {
          return world.violated("I-2", message + " took no effect in " + group.consumer);
        }
      }
    }
    return world.violated("I-10", "what was retried is not done");
  }

  private void requireEverywhere(SimMessage message) {
    if (message.published == 0) {
      if (!message.discarded) {
        throw world.violated("I-2", message + " was never published");
      }
      return;
    }
    for (SimGroup group : world.groups) {
      if (group.topics.contains(message.topic)) {
        requireDone(group, message);
      }
    }
    boolean hasNext = world.settings.chain && message.root == null;
    if (hasNext && message.leaves != message.effects[0]) {
      throw world.violated(
          "I-8", message + " took effect, and has " + message.leaves + " successors");
    }
  }

  /** It took effect once, or an operator can see why not. */
  private void requireDone(SimGroup group, SimMessage message) {
    Optional<InboxRecord> found = group.inbox.admin().get(group.consumer, message.idText);
    boolean purged = world.tally.of(SimFault.PURGED_INBOX) > 0;
    if (found.isEmpty()) {
      if (!purged || !message.doneBy(group.number)) {
        throw world.violated("I-2", message + " is unknown to " + group.consumer);
      }
      return;
    }
    InboxRecord row = found.get();
    if (message.effects[group.number] == 1) {
      boolean forgotten = purged && row.parked();
      if (row.status() != InboxStatus.COMPLETED && !forgotten) {
        throw world.violated("I-9", message + " took effect, and is " + row);
      }
    } else if (row.status() != InboxStatus.FAILED || !row.parked() || row.lastError() == null) {
      throw world.violated("I-2", message + " took no effect, and is " + row);
    } else if (message.poison
        && row.attempts() > 0
        && isParkedAtTheWrongTime(group, message, row)) {
      throw world.violated("I-12", message + " was parked too early or too late: " + row);
    } else if (!message.poison && !row.discarded() && !mayBeTooOld(row)) {
      throw world.violated("I-2", message + " was retried, and is still " + row);
    }
  }

  /** Nothing gets old in a world without a night. */
  private boolean mayBeTooOld(InboxRecord row) {
    String error = row.lastError();
    return error != null
        && error.startsWith("TOO_OLD")
        && world.tally.of(SimFault.NIGHT_PASSED) > 0;
  }

  private boolean isParkedAtTheWrongTime(SimGroup group, SimMessage message, InboxRecord row) {
    int most = world.settings.inboxAttempts;
    return message.suspected[group.number] ? row.attempts() < most : row.attempts() != most;
  }

  /**
   * A publish is repeated when its outcome is in doubt or when its relay is replaced, and then at
   * most what is in two pipelines, since the one that is replaced may not know it yet.
   */
  private void requireFewRepeats() {
    long most =
        world.tally.of(SimFault.WRITTEN_BUT_DESTINATION)
            + world.tally.of(SimFault.WRITTEN_BUT_BROKER);
    for (SimMessage message : world.ledger.messages()) {
      most += message.blamed;
    }
    for (SimOutbox outbox : world.outboxes) {
      long replaced = Math.max(0, outbox.grants() - 1);
      most += outbox.replayed + replaced * 4 * world.settings.maxInFlight;
    }
    if (world.ledger.repeats > most) {
      throw world.violated(
          "I-4", world.ledger.repeats + " publishes were repeated, at most " + most + " may be");
    }
  }

  /** Where nothing is deleted, every row is one of sent, failed and discarded. */
  private void requireTrueCounts() {
    if (!world.settings.keepSent || world.tally.of(SimFault.PURGED_OUTBOX) > 0) {
      return;
    }
    long rows = 0;
    for (SimMessage message : world.ledger.messages()) {
      rows += message.committed ? 1 : 0;
    }
    long counted = 0;
    for (SimOutbox outbox : world.outboxes) {
      rows += outbox.replayed;
      Counts counts = outbox.admin().counts();
      counted += counts.sent() + counts.failed() + counts.discarded() + counts.pending();
    }
    if (rows != counted) {
      throw world.violated("I-20", rows + " records were appended, " + counted + " are counted");
    }
  }
}
