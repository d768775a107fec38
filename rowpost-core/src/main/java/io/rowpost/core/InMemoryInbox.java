package io.rowpost.core;

import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The rows of {@link InMemoryInboxStore}, with what a database would do for them. Thread-safe.
 *
 * <p>A row is written only by the transaction that holds its lock; what it wrote is seen by itself
 * at once, and by everyone else after its commit.
 */
final class InMemoryInbox {
  private static final int MAX_AUDIT_LINES = 10_000;

  final InstantSource clock;
  private final InMemoryLocks<Key> locks = new InMemoryLocks<>();
  private final TreeMap<Key, Row> committed = new TreeMap<>();
  private final Map<InMemoryTransaction, Map<Key, Optional<Row>>> written = new HashMap<>();
  private final Deque<String> audit = new ArrayDeque<>();
  private long parkings;

  InMemoryInbox(InstantSource clock) {
    this.clock = clock;
  }

  /** Waits until no other transaction holds the key of a row, there or not, and holds it. */
  void lock(InMemoryTransaction tx, String consumer, String id) {
    tx.requireOpen();
    locks.acquire(tx, new Key(consumer, id));
  }

  /** A row as its lock's holder sees it; null if there is none. */
  synchronized @Nullable Row read(InMemoryTransaction tx, String consumer, String id) {
    var key = new Key(consumer, id);
    Optional<Row> own = written.getOrDefault(tx, Map.of()).get(key);
    return own == null ? committed.get(key) : own.orElse(null);
  }

  void write(InMemoryTransaction tx, Row row) {
    write(tx, Key.of(row), Optional.of(row));
  }

  void delete(InMemoryTransaction tx, Row row) {
    write(tx, Key.of(row), Optional.empty());
  }

  private synchronized void write(InMemoryTransaction tx, Key key, Optional<Row> row) {
    Map<Key, Optional<Row>> own = written.get(tx);
    if (own == null) {
      own = new HashMap<>();
      written.put(tx, own);
      tx.onCommit(() -> commit(tx));
      tx.onEnd(() -> forget(tx));
    }
    own.put(key, row);
  }

  private synchronized void commit(InMemoryTransaction tx) {
    written
        .getOrDefault(tx, Map.of())
        .forEach(
            (key, row) ->
                row.ifPresentOrElse(
                    present -> committed.put(key, present), () -> committed.remove(key)));
  }

  private synchronized void forget(InMemoryTransaction tx) {
    written.remove(tx);
  }

  synchronized long nextParking() {
    return ++parkings;
  }

  synchronized Optional<Row> find(String consumer, String id) {
    return Optional.ofNullable(committed.get(new Key(consumer, id)));
  }

  /** Committed rows in order of their keys, behind a row of the page before. */
  synchronized List<Row> find(
      @Nullable InboxRecord after, int limit, Predicate<? super Row> filter) {
    Map<Key, Row> rest =
        after == null
            ? committed
            : committed.tailMap(new Key(after.consumer(), after.messageId()), false);
    return rest.values().stream().filter(filter).limit(limit).toList();
  }

  void audit(InMemoryTransaction tx, OutboxAdmin.Act act, String what, Row row) {
    String line =
        "%s %s: %s %s %s (%s)"
            .formatted(
                clock.instant(),
                act.actor(),
                what,
                row.record().consumer(),
                row.record().messageId(),
                act.reason());
    tx.onCommit(() -> addAudit(line));
  }

  private synchronized void addAudit(String line) {
    if (audit.size() == MAX_AUDIT_LINES) {
      audit.removeFirst();
    }
    audit.addLast(line);
  }

  synchronized List<String> audit() {
    return new ArrayList<>(audit);
  }

  /** The primary key. */
  record Key(String consumer, String id) implements Comparable<Key> {
    private static final Comparator<Key> ORDER =
        Comparator.comparing(Key::consumer).thenComparing(Key::id);

    static Key of(Row row) {
      return new Key(row.record().consumer(), row.record().messageId());
    }

    @Override
    public int compareTo(Key other) {
      return ORDER.compare(this, other);
    }
  }

  /**
   * One row; immutable.
   *
   * @param kept the whole message, while it is parked, discarded or reopened
   * @param parking the place of that in the order of all parkings, or 0
   */
  record Row(InboxRecord record, @Nullable Message kept, long parking) {
    static Row received(String consumer, InboxStore.Entry entry, Instant now) {
      return new Row(
          new InboxRecord(
              consumer,
              entry.id(),
              InboxStatus.PROCESSING,
              0,
              null,
              entry.message().time(),
              now,
              null,
              false,
              false),
          null,
          0);
    }

    Row processing() {
      return with(InboxStatus.PROCESSING, record.attempts(), record.lastError(), null);
    }

    Row completed(Instant now) {
      Row completed = with(InboxStatus.COMPLETED, record.attempts(), record.lastError(), now);
      return new Row(completed.record, null, 0);
    }

    Row failed(String error, int attempts) {
      return with(InboxStatus.FAILED, attempts, error, null);
    }

    /** Without the run that was counted ahead. */
    Row ended() {
      return with(record.status(), Math.max(0, record.attempts() - 1), null, null);
    }

    Row parked(Message message, long parking) {
      return new Row(flagged(record, true, false), message, parking);
    }

    Row reopened() {
      Row fresh = with(InboxStatus.FAILED, 0, record.lastError(), null);
      return new Row(flagged(fresh.record, false, false), kept, parking);
    }

    Row discarded() {
      return new Row(flagged(record, true, true), kept, parking);
    }

    private Row with(
        InboxStatus status, int attempts, @Nullable String error, @Nullable Instant completedAt) {
      return new Row(
          new InboxRecord(
              record.consumer(),
              record.messageId(),
              status,
              attempts,
              error,
              record.messageTime(),
              record.receivedAt(),
              completedAt,
              record.parked(),
              record.discarded()),
          kept,
          parking);
    }

    private static InboxRecord flagged(InboxRecord record, boolean parked, boolean discarded) {
      return new InboxRecord(
          record.consumer(),
          record.messageId(),
          record.status(),
          record.attempts(),
          record.lastError(),
          record.messageTime(),
          record.receivedAt(),
          record.completedAt(),
          parked,
          discarded);
    }
  }
}
