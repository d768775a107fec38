package io.rowpost.core;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What {@link InMemoryOutboxStore} and {@link InMemoryOutboxAdmin} keep; its monitor guards it all.
 *
 * <p>A committed row is in {@link #rows} until it is deleted. A PENDING one is besides in exactly
 * one of three: {@link #stream} (not read under the current lease), {@link #fetched} (read, with
 * the relay), {@link #parked}. Rows get their place when they are appended and join the stream at
 * commit, so a late commit appears in front of what was read already, as in a database.
 */
final class InMemoryOutbox {
  private static final long PLACES_PER_SEQ = 1024;
  private static final int MAX_ERROR = 4096;
  private static final int MAX_AUDIT_LINES = 10_000;

  final InstantSource clock;
  final NavigableMap<Long, InMemoryRow> rows = new TreeMap<>();
  final InMemoryParkedRows parked = new InMemoryParkedRows();
  final Map<UUID, Instant> once = new HashMap<>();
  final Deque<String> audit = new ArrayDeque<>();
  @Nullable InMemoryRelay relay;

  private final boolean keepSent;
  private final NavigableMap<Long, InMemoryRow> stream = new TreeMap<>();
  private final Map<Long, InMemoryRow> fetched = new HashMap<>();
  private long lastSeq;

  /**
   * How far the stream was read under this lease; {@link Long#MAX_VALUE} once it was to its end.
   */
  private long readUpTo;

  InMemoryOutbox(InstantSource clock, boolean keepSent) {
    this.clock = Objects.requireNonNull(clock, "clock");
    this.keepSent = keepSent;
  }

  /** A value of which the row's state says that it is there. */
  static <V> V known(@Nullable V value) {
    return Objects.requireNonNull(value);
  }

  /** A row with its place in the order; not visible before {@link #publish}. */
  InMemoryRow newRow(OutboxRecord record, Instant createdAt) {
    return new InMemoryRow(++lastSeq, InMemoryRow.appended(record, createdAt));
  }

  /** Makes the rows of a committed transaction visible. */
  void publish(List<InMemoryRow> committed) {
    for (InMemoryRow row : committed) {
      rows.put(row.seq, row);
      stream.put(row.seq, row);
    }
  }

  /** Forgets what a lost owner had read or in flight. */
  void recover(Instant now) {
    stream.putAll(fetched);
    fetched.clear();
    readUpTo = 0;
    parked.recover(now);
  }

  boolean anythingToFetch(Instant now) {
    return !stream.isEmpty() || parked.anyDue(now);
  }

  /**
   * Writes outcomes down.
   *
   * @return touched order keys that have no blocking row left
   */
  Set<Long> settle(List<OutboxBatch.Settled> settled, Instant now) {
    var touched = new HashSet<Long>();
    for (OutboxBatch.Settled outcome : settled) {
      OutboxBatch.Entry entry = outcome.entry();
      long orderKey = entry.record().orderKey();
      boolean usual =
          outcome.settlement() instanceof Settlement.Sent
              && entry.origin() == OutboxBatch.Origin.NEW;
      if (orderKey != 0 && !usual) {
        touched.add(orderKey);
      }
      InMemoryRow row = rows.get(entry.position());
      if (row != null) {
        settle(row, entry.origin(), outcome.settlement(), now);
      }
    }
    touched.forEach(orderKey -> parked.promote(orderKey, now));
    touched.removeIf(parked::isBlocked);
    return touched;
  }

  private void settle(
      InMemoryRow row, OutboxBatch.Origin origin, Settlement settlement, Instant now) {
    boolean fromStream = origin == OutboxBatch.Origin.NEW || origin == OutboxBatch.Origin.EARLY;
    // What was settled before is no longer where its entry says, or no longer in flight.
    if (fromStream ? !fetched.containsKey(row.seq) : !row.inFlight) {
      return;
    }
    fetched.remove(row.seq);
    if (row.discardedAt != null) {
      parked.change(row, () -> row.inFlight = false);
      audit("relay", "discarded in flight", List.of(row.seq), outcome(settlement));
    } else if (settlement instanceof Settlement.Sent) {
      sent(row, now);
    } else if (settlement instanceof Settlement.Waiting waiting) {
      if (origin == OutboxBatch.Origin.EARLY) {
        delayed(row, waiting);
      } else {
        held(row, origin, waiting.delay(), row.attempts, waiting.reason(), now);
      }
    } else if (settlement instanceof Settlement.Retry retry) {
      held(row, origin, retry.delay(), row.attempts + 1, retry.error(), now);
    } else if (settlement instanceof Settlement.Failed failed) {
      failed(row, origin, failed);
    }
  }

  private static String outcome(Settlement settlement) {
    return settlement instanceof Settlement.Sent ? "was sent" : "was not sent";
  }

  private void sent(InMemoryRow row, Instant now) {
    Runnable leave =
        () -> {
          row.status = OutboxStatus.SENT;
          row.sentAt = now;
          row.parked = false;
          row.blocking = false;
          row.inFlight = false;
          row.nextAttemptAt = null;
          row.attempts = 0;
          row.lastError = null;
        };
    if (row.parked) {
      parked.change(row, leave);
    } else {
      leave.run();
    }
    row.version = 0;
    if (!keepSent) {
      rows.remove(row.seq);
    }
  }

  /** Parks a record that is not available yet; it takes its place when it is. */
  private void delayed(InMemoryRow row, Settlement.Waiting waiting) {
    parked.change(
        row,
        () -> {
          row.parked = true;
          row.place = row.seq * PLACES_PER_SEQ;
          row.nextAttemptAt = known(row.record.availableAt());
          row.lastError = cut(waiting.reason());
        });
  }

  private void held(
      InMemoryRow row,
      OutboxBatch.Origin origin,
      Duration delay,
      int attempts,
      String reason,
      Instant now) {
    parked.change(
        row,
        () -> {
          takePlace(row, origin);
          row.blocking = row.orderKey != 0;
          row.inFlight = false;
          row.attempts = attempts;
          row.lastError = cut(reason);
          row.nextAttemptAt = !row.blocking || parked.leads(row) ? later(now, delay) : null;
        });
  }

  private void failed(InMemoryRow row, OutboxBatch.Origin origin, Settlement.Failed failed) {
    parked.change(
        row,
        () -> {
          takePlace(row, origin);
          row.blocking = failed.blocking() && row.orderKey != 0;
          row.inFlight = false;
          row.attempts++;
          row.lastError = cut(failed.error());
          row.status = OutboxStatus.FAILED;
          row.nextAttemptAt = null;
        });
  }

  private void takePlace(InMemoryRow row, OutboxBatch.Origin origin) {
    if (!row.parked) {
      row.parked = true;
      row.place = row.seq * PLACES_PER_SEQ;
    } else if (origin == OutboxBatch.Origin.DUE) {
      row.place = Math.max(row.place, parked.nextPlace(row.orderKey));
    }
  }

  /** Reads due parked rows, then the stream, within the limits of the turn. */
  void fetch(InMemoryPage page, Instant now) {
    OutboxStore.Turn turn = page.turn;
    List<InMemoryRow> heads = parked.due(now, readUpTo, turn.limit());
    for (InMemoryRow head : heads) {
      if (!page.isFull()) {
        parked.markInFlight(head);
        page.add(head, head.blocking ? OutboxBatch.Origin.IN_TURN : OutboxBatch.Origin.DUE);
      }
    }
    for (InMemoryRow head : heads) {
      if (head.blocking && head.inFlight && !page.isFull()) {
        for (InMemoryRow row : parked.successors(head, readUpTo, turn.keyLimit() - 1)) {
          if (!page.isFull()) {
            parked.markInFlight(row);
            page.add(row, OutboxBatch.Origin.IN_TURN);
          }
        }
      }
    }
    var unread = stream.values().iterator();
    while (unread.hasNext() && page.hasRoomForNew()) {
      InMemoryRow row = unread.next();
      unread.remove();
      fetched.put(row.seq, row);
      Instant availableAt = row.record.availableAt();
      boolean early = availableAt != null && availableAt.isAfter(now);
      page.add(row, early ? OutboxBatch.Origin.EARLY : OutboxBatch.Origin.NEW);
      readUpTo = Math.max(readUpTo, row.seq);
    }
    if (!unread.hasNext()) {
      readUpTo = Long.MAX_VALUE;
    }
  }

  /** Writes down who did what; the newest acts are kept. */
  void audit(String actor, String act, List<?> subjects, String reason) {
    if (audit.size() == MAX_AUDIT_LINES) {
      audit.removeFirst();
    }
    audit.addLast(
        "%s %s: %s %s (%s)"
            .formatted(
                clock.instant(),
                actor,
                act,
                subjects.stream().map(String::valueOf).collect(Collectors.joining(" ")),
                reason));
  }

  /** An age beyond every calendar leaves nothing that is older. */
  static Instant before(Instant now, Duration age) {
    return age.compareTo(Duration.between(Instant.EPOCH, now)) < 0 ? now.minus(age) : Instant.EPOCH;
  }

  private static Instant later(Instant now, Duration delay) {
    // A delay beyond every calendar means never, not an overflow that stops the relay.
    return delay.compareTo(Duration.between(now, Fields.LATEST)) < 0
        ? now.plus(delay)
        : Fields.LATEST;
  }

  private static String cut(String error) {
    return error.length() <= MAX_ERROR ? error : error.substring(0, MAX_ERROR);
  }
}
