package io.rowpost.core;

import java.util.ArrayList;
import java.util.List;

/** What one turn fetches from {@link InMemoryOutbox}, and how much room is left. */
final class InMemoryPage {
  final OutboxStore.Turn turn;
  private final List<OutboxBatch.Entry> entries = new ArrayList<>();
  private int newEntries;
  private long bytes;

  InMemoryPage(OutboxStore.Turn turn) {
    this.turn = turn;
  }

  void add(InMemoryRow row, OutboxBatch.Origin origin) {
    entries.add(new OutboxBatch.Entry(row.current(), row.seq, origin));
    bytes += row.record.payload().length;
    if (origin == OutboxBatch.Origin.NEW || origin == OutboxBatch.Origin.EARLY) {
      newEntries++;
    }
  }

  boolean isFull() {
    return entries.size() >= turn.limit() || bytes >= turn.byteLimit();
  }

  boolean hasRoomForNew() {
    return !isFull() && newEntries < turn.newLimit();
  }

  List<OutboxBatch.Entry> entries() {
    return entries;
  }

  /** Whether a limit ended the page, so that a look at once may find more. */
  boolean more() {
    return turn.limit() > 0 && (isFull() || (newEntries > 0 && newEntries == turn.newLimit()));
  }
}
