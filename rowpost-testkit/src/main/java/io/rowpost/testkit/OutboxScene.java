package io.rowpost.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowpost.core.Lease;
import io.rowpost.core.OutboxAdmin;
import io.rowpost.core.OutboxBatch;
import io.rowpost.core.OutboxBatch.Entry;
import io.rowpost.core.OutboxBatch.Origin;
import io.rowpost.core.OutboxBatch.Settled;
import io.rowpost.core.OutboxRecord;
import io.rowpost.core.OutboxStatus;
import io.rowpost.core.OutboxStore;
import io.rowpost.core.Settlement;
import io.rowpost.core.TransactionalOutbox;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The words in which the rules of {@link OutboxStoreContract} are told: one relay that owns an
 * outbox, and records that are known by a label, their payload.
 */
final class OutboxScene<T> implements AutoCloseable {
  static final String RELAY = "relay";
  static final String TOPIC = "orders";
  static final Duration HOUR = Duration.ofHours(1);
  static final OutboxAdmin.Act ACT = new OutboxAdmin.Act("alice", "fixed the topic");

  /** Long enough for every test that moves the clock on. */
  private static final Duration LEASE = Duration.ofDays(3650);

  private static final int MANY = 1000;

  final OutboxFixture<T> fixture;
  final OutboxStore<T> store;
  final OutboxAdmin admin;
  private final boolean showsSent;
  private @Nullable Lease lease;

  OutboxScene(OutboxFixture<T> fixture, boolean keepSent) {
    this.fixture = fixture;
    this.showsSent = keepSent || !fixture.alwaysKeepsSent();
    this.store = fixture.store();
    this.admin = store.admin();
  }

  @Override
  public void close() {
    fixture.close();
  }

  // ---- appending

  static OutboxRecord.Builder record(@Nullable String key, String label) {
    return OutboxRecord.to(TOPIC).key(key).type("Test").payload(label);
  }

  /** Appends records of one key in one committed transaction. */
  void append(@Nullable String key, String... labels) {
    append(Arrays.stream(labels).map(label -> record(key, label).build()).toList());
  }

  void append(OutboxRecord record) {
    append(List.of(record));
  }

  void append(List<OutboxRecord> records) {
    fixture
        .transactor()
        .inTransaction(
            tx -> {
              store.append(tx, records);
              return true;
            });
  }

  boolean appendIfAbsent(OutboxRecord record) {
    return fixture.transactor().inTransaction(tx -> store.appendIfAbsent(tx, record));
  }

  boolean appendIfAbsent(OpenTransaction<T> transaction, OutboxRecord record) {
    return transaction.run(tx -> store.appendIfAbsent(tx, record));
  }

  OpenTransaction<T> begin() {
    return new OpenTransaction<>(fixture.transactor());
  }

  /** Appends one record to a transaction; returns how many that is. */
  int appendTo(T tx, @Nullable String key, String label) {
    store.append(tx, List.of(record(key, label).build()));
    return 1;
  }

  /** The user's entry, which makes transactions of its own. */
  TransactionalOutbox<T> outbox() {
    return TransactionalOutbox.builder(store).transactor(fixture.transactor()).build();
  }

  void appendIn(OpenTransaction<T> transaction, @Nullable String key, String label) {
    transaction.run(
        tx -> {
          store.append(tx, List.of(record(key, label).build()));
          return true;
        });
  }

  // ---- leases

  Lease lease() {
    Lease held = lease;
    if (held == null) {
      held = granted(request(LEASE));
      lease = held;
    }
    return held;
  }

  /** Another owner takes over from this scene's owner, as after its death. */
  Lease takeOver() {
    UUID previous = lease == null ? null : lease.owner();
    Lease next = granted(new Lease.Request(RELAY, UUID.randomUUID(), LEASE, previous, null));
    lease = next;
    return next;
  }

  Lease granted(Lease.Request request) {
    Lease.Attempt attempt = store.lease(request);
    assertThat(attempt).isInstanceOf(Lease.Attempt.Granted.class);
    return ((Lease.Attempt.Granted) attempt).lease();
  }

  Lease.Attempt.Held held(Lease.Request request) {
    Lease.Attempt attempt = store.lease(request);
    assertThat(attempt).isInstanceOf(Lease.Attempt.Held.class);
    return (Lease.Attempt.Held) attempt;
  }

  static Lease.Request request(Duration duration) {
    return new Lease.Request(RELAY, UUID.randomUUID(), duration, null, null);
  }

  // ---- turns

  OutboxBatch fetch() {
    return fetch(MANY);
  }

  OutboxBatch fetch(int limit) {
    return store.settleAndFetch(lease(), OutboxStore.Turn.fetch(limit));
  }

  /** Fetches as a new owner does: parked records may be due from its second turn on. */
  List<Entry> fetchAll() {
    var entries = new ArrayList<Entry>(fetch().entries());
    entries.addAll(fetch().entries());
    return entries;
  }

  /** Writes outcomes, then fetches in the same turn. */
  OutboxBatch turn(Settled... settled) {
    return store.settleAndFetch(lease(), turnOf(List.of(settled)));
  }

  static OutboxStore.Turn turnOf(List<Settled> settled) {
    return new OutboxStore.Turn(settled, MANY, MANY, MANY, Long.MAX_VALUE, Duration.ZERO);
  }

  /** Writes outcomes and fetches nothing. */
  OutboxBatch settle(Settled... settled) {
    return store.settleAndFetch(lease(), OutboxStore.Turn.settle(List.of(settled)));
  }

  /** Fetches what must be exactly one record. */
  Entry fetchOne() {
    OutboxBatch batch = fetch();
    assertThat(batch.entries()).hasSize(1);
    return batch.entries().get(0);
  }

  /** Appends a record, fails its first attempt, and leaves it parked for an hour. */
  Entry park(@Nullable String key, String label) {
    append(key, label);
    Entry entry = fetchOne();
    settle(retry(entry, HOUR));
    return entry;
  }

  /** Appends a record and gives it up, blocking its key. */
  void fail(@Nullable String key, String label) {
    append(key, label);
    settle(failed(fetchOne(), true));
  }

  /** Appends records behind a blocked key and parks them there. */
  void queue(String key, String... labels) {
    append(key, labels);
    OutboxBatch batch = fetch();
    assertThat(labels(batch)).containsExactly(labels);
    settle(batch.entries().stream().map(OutboxScene::waiting).toArray(Settled[]::new));
  }

  /** Fetches and confirms until nothing is left to fetch; the labels in the order of publishing. */
  List<String> drain() {
    var order = new ArrayList<String>();
    OutboxBatch batch = fetch();
    while (!batch.entries().isEmpty()) {
      order.addAll(labels(batch));
      batch = turn(batch.entries().stream().map(OutboxScene::sent).toArray(Settled[]::new));
    }
    return order;
  }

  // ---- outcomes

  static Settled sent(Entry entry) {
    return new Settled(entry, new Settlement.Sent());
  }

  /** Waits behind its key. */
  static Settled waiting(Entry entry) {
    return waiting(entry, Duration.ZERO);
  }

  static Settled waiting(Entry entry, Duration delay) {
    return new Settled(entry, new Settlement.Waiting(delay, "waits"));
  }

  static Settled retry(Entry entry, Duration delay) {
    return new Settled(entry, new Settlement.Retry(delay, "refused"));
  }

  static Settled failed(Entry entry, boolean blocking) {
    return new Settled(entry, new Settlement.Failed("given up", blocking));
  }

  // ---- looking

  static String label(OutboxRecord record) {
    return new String(record.payload(), StandardCharsets.UTF_8);
  }

  static List<String> labels(OutboxBatch batch) {
    return labels(batch.entries());
  }

  static List<String> labels(List<Entry> entries) {
    return entries.stream().map(entry -> label(entry.record())).toList();
  }

  static List<Origin> origins(OutboxBatch batch) {
    return batch.entries().stream().map(Entry::origin).toList();
  }

  static long orderKey(String key) {
    return record(key, "").build().orderKey();
  }

  /** What operators see, but for SENT records that the store keeps though nobody asked for it. */
  List<OutboxAdmin.Item> items() {
    return items(OutboxAdmin.Filter.ALL);
  }

  List<OutboxAdmin.Item> items(OutboxAdmin.Filter filter) {
    return admin.find(filter, 0, MANY).stream()
        .filter(item -> item.status() != OutboxStatus.SENT || showsSent)
        .toList();
  }

  /** Every record that operators see. */
  List<OutboxAdmin.Item> allItems() {
    return admin.find(OutboxAdmin.Filter.ALL, 0, MANY);
  }

  /** What operators see of the record fetched as this entry. */
  OutboxAdmin.Item item(Entry entry) {
    return item(entry.position());
  }

  OutboxAdmin.Item item(long position) {
    List<OutboxAdmin.Item> found = admin.find(OutboxAdmin.Filter.ALL, position - 1, 1);
    assertThat(found).hasSize(1);
    assertThat(found.get(0).position()).isEqualTo(position);
    return found.get(0);
  }

  /** The only record that operators see. */
  OutboxAdmin.Item onlyItem() {
    List<OutboxAdmin.Item> items = items();
    assertThat(items).hasSize(1);
    return items.get(0);
  }

  OutboxAdmin.Item itemOf(UUID id) {
    return allItems().stream().filter(item -> item.id().equals(id)).findFirst().orElseThrow();
  }
}
