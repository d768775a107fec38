package io.rowpost.jdbc;

import io.rowpost.core.OutboxBatch;
import io.rowpost.core.OutboxRecord;
import io.rowpost.core.OutboxStore;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** What one turn fetches, and how much room is left. */
final class Page {
  private final OutboxStore.Turn turn;
  private final List<OutboxBatch.Entry> entries = new ArrayList<>();
  private int newEntries;
  private long bytes;

  Page(OutboxStore.Turn turn) {
    this.turn = turn;
  }

  void add(OutboxRecord record, long seq, OutboxBatch.Origin origin) {
    entries.add(new OutboxBatch.Entry(record, seq, origin));
    bytes += record.payload().length;
    if (origin == OutboxBatch.Origin.NEW || origin == OutboxBatch.Origin.EARLY) {
      newEntries++;
    }
  }

  /**
   * Adds a row of the stream.
   *
   * @param payloads those that were left out
   */
  void add(Row row, Map<Long, byte[]> payloads, Instant now) {
    add(
        row.lacksPayload()
            ? row.with(Objects.requireNonNull(payloads.get(row.seq()), "payload"))
            : row.record(),
        row.seq(),
        row.isEarly(now) ? OutboxBatch.Origin.EARLY : OutboxBatch.Origin.NEW);
  }

  int room() {
    return bytes >= turn.byteLimit() ? 0 : turn.limit() - entries.size();
  }

  int roomForNew() {
    return Math.min(room(), turn.newLimit() - newEntries);
  }

  long roomForBytes() {
    return turn.byteLimit() - bytes;
  }

  int keyLimit() {
    return turn.keyLimit();
  }

  List<OutboxBatch.Entry> entries() {
    return entries;
  }

  /** Whether a limit ended the page, so that a look at once may find more. */
  boolean more() {
    return turn.limit() > 0 && (room() <= 0 || (newEntries > 0 && newEntries == turn.newLimit()));
  }
}
