package io.rowpost.core;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** A committed or yet uncommitted row of {@link InMemoryOutbox}, which guards it. */
final class InMemoryRow {
  final long seq;
  final OutboxRecord record;
  final long orderKey;

  OutboxStatus status = OutboxStatus.PENDING;
  @Nullable Instant sentAt;

  /** Whether the row has left the stream for {@link InMemoryParkedRows}, where the rest counts. */
  boolean parked;

  boolean blocking;
  boolean inFlight;

  /** Order among the blocking rows of one key, before {@link #seq}. */
  long place;

  long version;
  int attempts;
  @Nullable String lastError;
  @Nullable Instant nextAttemptAt;
  @Nullable Instant discardedAt;

  InMemoryRow(long seq, OutboxRecord record) {
    this.seq = seq;
    this.record = record;
    this.orderKey = record.orderKey();
  }

  /** The record as it stands now. */
  OutboxRecord current() {
    return parked || status != OutboxStatus.PENDING
        ? copy(record, record.createdAt(), status, attempts, lastError)
        : record;
  }

  OutboxAdmin.Item item() {
    return new OutboxAdmin.Item(
        seq,
        version,
        record.id(),
        record.topic(),
        record.key(),
        record.type(),
        record.payload().length,
        InMemoryOutbox.known(record.createdAt()),
        status,
        attempts,
        lastError,
        blocking,
        inFlight,
        nextAttemptAt,
        discardedAt != null);
  }

  /** A record as the database would have written it: with its time, pending, never tried. */
  static OutboxRecord appended(OutboxRecord record, Instant createdAt) {
    return copy(record, createdAt, OutboxStatus.PENDING, 0, null);
  }

  private static OutboxRecord copy(
      OutboxRecord record,
      @Nullable Instant createdAt,
      OutboxStatus status,
      int attempts,
      @Nullable String lastError) {
    return OutboxRecord.restore(
        record.id(),
        record.topic(),
        record.key(),
        record.type(),
        record.source(),
        record.contentType(),
        record.headers(),
        record.traceparent(),
        record.payload(),
        InMemoryOutbox.known(createdAt),
        record.availableAt(),
        status,
        attempts,
        lastError);
  }
}
