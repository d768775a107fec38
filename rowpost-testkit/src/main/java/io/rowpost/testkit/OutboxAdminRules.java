package io.rowpost.testkit;

import static io.rowpost.testkit.OutboxScene.ACT;
import static io.rowpost.testkit.OutboxScene.HOUR;
import static io.rowpost.testkit.OutboxScene.RELAY;
import static io.rowpost.testkit.OutboxScene.TOPIC;
import static io.rowpost.testkit.OutboxScene.failed;
import static io.rowpost.testkit.OutboxScene.label;
import static io.rowpost.testkit.OutboxScene.labels;
import static io.rowpost.testkit.OutboxScene.orderKey;
import static io.rowpost.testkit.OutboxScene.record;
import static io.rowpost.testkit.OutboxScene.retry;
import static io.rowpost.testkit.OutboxScene.sent;
import static io.rowpost.testkit.OutboxScene.waiting;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rowpost.core.OutboxAdmin;
import io.rowpost.core.OutboxAdmin.Discarded;
import io.rowpost.core.OutboxAdmin.Filter;
import io.rowpost.core.OutboxAdmin.Item;
import io.rowpost.core.OutboxBatch;
import io.rowpost.core.OutboxBatch.Entry;
import io.rowpost.core.OutboxBatch.Origin;
import io.rowpost.core.OutboxRecord;
import io.rowpost.core.OutboxStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What operators see and do: each act once, audited, and never against the order of a key. */
abstract class OutboxAdminRules<T> {
  abstract OutboxScene<T> scene();

  private OutboxAdmin admin() {
    return scene().admin;
  }

  private Item itemLabelled(String label) {
    return scene().items().stream()
        .filter(item -> label(admin().get(item.id()).orElseThrow()).equals(label))
        .findFirst()
        .orElseThrow();
  }

  private void assertAudited(int acts) {
    assertThat(scene().fixture.audit())
        .hasSize(acts)
        .allSatisfy(line -> assertThat(line).contains(ACT.actor()).contains(ACT.reason()));
  }

  // ---- looking

  @Test
  void aListPagesByPosition() {
    for (int i = 0; i < 7; i++) {
      scene().append("k" + i, "r" + i);
    }
    scene().settle(retry(scene().fetch(1).entries().get(0), HOUR));
    var pages = new ArrayList<Integer>();
    var ids = new ArrayList<UUID>();
    List<Item> page = admin().find(Filter.ALL, 0, 3);
    while (!page.isEmpty()) {
      pages.add(page.size());
      page.forEach(item -> ids.add(item.id()));
      page = admin().find(Filter.ALL, page.get(page.size() - 1).position(), 3);
    }

    assertThat(pages).containsExactly(3, 3, 1);
    assertThat(ids)
        .extracting(id -> label(admin().get(id).orElseThrow()))
        .containsExactly("r0", "r1", "r2", "r3", "r4", "r5", "r6");
  }

  @Test
  void aPageHasBounds() {
    for (int limit : new int[] {Integer.MIN_VALUE, -1, 0, 1001, Integer.MAX_VALUE}) {
      assertThatThrownBy(() -> admin().find(Filter.ALL, 0, limit))
          .isInstanceOf(RuntimeException.class)
          .hasMessageContaining("limit");
    }
    assertThat(admin().find(Filter.ALL, -1, 1000)).isEmpty();
    assertThat(admin().find(Filter.ALL, Long.MAX_VALUE, 1)).isEmpty();
  }

  @Test
  void filtersAreExact() {
    List<OutboxRecord> records =
        List.of(
            record("k", "0").build(),
            record("K", "1").build(),
            record("k ", "2").build(),
            record("é", "3").build(),
            record("e\u0301", "4").build(),
            record(null, "5").build(),
            OutboxRecord.to("Orders").key("k").type("Test").payload("6").build(),
            OutboxRecord.to(TOPIC).key("k").type("test").payload("7").build());
    scene().append(records);
    Entry first = scene().fetch(1).entries().get(0);
    scene().settle(failed(first, true));

    assertThat(found(Filter.ALL.key("k"))).containsExactly("0", "6", "7");
    assertThat(found(Filter.ALL.key("é"))).containsExactly("3");
    assertThat(found(Filter.ALL.topic(TOPIC).key("k"))).containsExactly("0", "7");
    assertThat(found(Filter.ALL.type("Test").topic(TOPIC).key("k"))).containsExactly("0");
    assertThat(found(Filter.of(OutboxStatus.FAILED))).containsExactly("0");
    assertThat(found(Filter.of(OutboxStatus.PENDING).key("k"))).containsExactly("6", "7");
    assertThat(found(Filter.of(OutboxStatus.SENT))).isEmpty();
    assertThat(found(Filter.ALL.key("' or '1'='1"))).isEmpty();
    assertThat(found(Filter.ALL.key("%"))).isEmpty();
  }

  private List<String> found(Filter filter) {
    return admin().find(filter, 0, 100).stream()
        .map(item -> label(admin().get(item.id()).orElseThrow()))
        .toList();
  }

  @Test
  void filtersTellWhenARecordWasCreated() {
    scene().append("k", "old");
    scene().fixture.elapse(HOUR);
    scene().append("k", "young");
    List<Item> items = scene().items();
    var young = items.get(1).createdAt();

    assertThat(found(Filter.ALL.created(young, null))).containsExactly("young");
    assertThat(found(Filter.ALL.created(null, young))).containsExactly("old");
    assertThat(found(Filter.ALL.created(items.get(0).createdAt(), young))).containsExactly("old");
    assertThat(found(Filter.ALL.created(young.plusSeconds(60), null))).isEmpty();
  }

  @Test
  void filtersTellPositionsWithBothEnds() {
    scene().append("k", "r0", "r1", "r2", "r3");
    scene().settle(retry(scene().fetch(1).entries().get(0), HOUR));
    List<Long> at = scene().items().stream().map(Item::position).toList();

    assertThat(found(Filter.ALL.positions(at.get(1), at.get(2)))).containsExactly("r1", "r2");
    assertThat(found(Filter.ALL.positions(at.get(2), null))).containsExactly("r2", "r3");
    assertThat(found(Filter.ALL.positions(null, at.get(0)))).containsExactly("r0");
    assertThat(found(Filter.ALL.positions(at.get(1), at.get(0)))).isEmpty();
    assertThat(found(Filter.ALL.positions(null, Long.MIN_VALUE))).isEmpty();
    assertThat(found(Filter.ALL.positions(Long.MAX_VALUE, null))).isEmpty();
    assertThat(found(Filter.ALL.positions(Long.MIN_VALUE, Long.MAX_VALUE))).hasSize(4);
    assertThat(admin().find(Filter.ALL.positions(at.get(1), at.get(3)), at.get(1), 1))
        .extracting(Item::position)
        .containsExactly(at.get(2));
    assertThat(admin().find(Filter.ALL.positions(at.get(2), null), at.get(0), 1))
        .extracting(Item::position)
        .containsExactly(at.get(2));
  }

  @Test
  void aCountTellsWhatAFilterMatches() {
    scene().fail("c", "failed");
    scene().park("d", "retry");
    scene().append("a", "a1", "a2");
    scene().append("b", "b1");
    scene().append(null, "alone");

    for (Filter filter :
        List.of(
            Filter.ALL,
            Filter.ALL.key("a"),
            Filter.ALL.key("unknown"),
            Filter.of(OutboxStatus.FAILED),
            Filter.of(OutboxStatus.PENDING),
            Filter.of(OutboxStatus.PENDING).key("d"),
            Filter.of(OutboxStatus.SENT),
            Filter.ALL.positions(scene().items().get(1).position(), null),
            Filter.ALL.created(null, scene().items().get(3).createdAt()))) {
      assertThat(admin().count(filter)).as(filter.toString()).isEqualTo(found(filter).size());
    }
    assertThat(admin().count(Filter.ALL)).isEqualTo(scene().items().size()).isPositive();
  }

  @Test
  void onlyFailedRecordsAtThePositionsOfAFilterAreRetried() {
    scene().fail("a", "a1");
    scene().fail("b", "b1");
    scene().fail("c", "c1");
    long b1 = itemLabelled("b1").position();

    assertThat(admin().retryAll(Filter.ALL.positions(b1, b1), ACT)).isEqualTo(1);
    assertThat(labels(scene().fetch())).containsExactly("b1");
  }

  @Test
  void anItemShowsItsRecordButNeverItsPayload() {
    OutboxRecord record = record("k", "payload!").build();
    scene().append(record);
    Item item = scene().onlyItem();

    assertThat(item.id()).isEqualTo(record.id());
    assertThat(item.topic()).isEqualTo(TOPIC);
    assertThat(item.key()).isEqualTo("k");
    assertThat(item.type()).isEqualTo("Test");
    assertThat(item.payloadSize()).isEqualTo(8);
    assertThat(item.status()).isEqualTo(OutboxStatus.PENDING);
    assertThat(item.version()).isZero();
    assertThat(item.attempts()).isZero();
    assertThat(item.blocking()).isFalse();
    assertThat(item.discarded()).isFalse();
    assertThat(item.toString()).doesNotContain("payload!");
    scene().settle(retry(scene().fetchOne(), HOUR));
    assertThat(scene().onlyItem().payloadSize()).isEqualTo(8);
    assertThat(scene().onlyItem().version()).isPositive();
    assertThat(scene().onlyItem().createdAt()).isEqualTo(item.createdAt());
  }

  @Test
  void getFindsTheNewestRecordOfAnId() {
    OutboxRecord record = record("k", "first").build();
    scene().append(record);
    scene().settle(failed(scene().fetchOne(), false));
    assertThat(admin().get(record.id()).orElseThrow().status()).isEqualTo(OutboxStatus.FAILED);
    scene().append(record("k", "second").id(record.id()).build());

    OutboxRecord newest = admin().get(record.id()).orElseThrow();
    assertThat(label(newest)).isEqualTo("second");
    assertThat(newest.status()).isEqualTo(OutboxStatus.PENDING);
    assertThat(admin().get(UUID.randomUUID())).isEmpty();
  }

  // ---- retry

  @Test
  void aRetriedRecordIsDueAtOnceWithItsSuccessorsAndItsOldId() {
    scene().append("k", "poison", "next");
    List<Entry> entries = scene().fetch().entries();
    scene().settle(failed(entries.get(0), true), waiting(entries.get(1)));
    long changes = scene().fetch().changes();
    Item item = scene().item(entries.get(0));

    assertThat(admin().retry(item, ACT)).isTrue();

    assertAudited(1);
    OutboxBatch batch = scene().fetch();
    assertThat(batch.changes()).isNotEqualTo(changes);
    assertThat(labels(batch)).containsExactly("poison", "next");
    Entry again = batch.entries().get(0);
    assertThat(again.record().id()).isEqualTo(item.id());
    assertThat(again.record().attempts()).isZero();
    assertThat(again.origin()).isEqualTo(Origin.IN_TURN);
  }

  @Test
  void aRetriedRecordThatLetItsKeyContinueComesAlone() {
    scene().append("k", "a");
    scene().settle(failed(scene().fetchOne(), false));
    scene().park("k", "head");

    assertThat(admin().retry(itemLabelled("a"), ACT)).isTrue();

    Entry due = scene().fetchOne();
    assertThat(label(due.record())).isEqualTo("a");
    assertThat(due.origin()).isEqualTo(Origin.DUE);
    scene().settle(waiting(due));
    scene().fixture.elapse(HOUR);
    assertThat(labels(scene().fetch())).containsExactly("head", "a");
  }

  /** It fails first; another one of its key, which committed late, now stands before it. */
  @Test
  void aRetriedRecordBehindAnotherWaitsForIt() {
    try (var slow = scene().begin()) {
      scene().appendIn(slow, "k", "late");
      scene().fail("k", "poison");
      slow.commit();
    }
    Entry late = scene().fetchOne();
    scene().settle(retry(late, HOUR));
    // "late" was appended first, so it is the head; its own date holds.
    assertThat(admin().retry(itemLabelled("poison"), ACT)).isTrue();

    assertThat(scene().fetch().entries()).isEmpty();
    scene().fixture.elapse(HOUR);
    assertThat(labels(scene().fetch())).containsExactly("late", "poison");
  }

  @Test
  void onlyAFailedRecordAsItIsShownIsRetried() {
    scene().append("k", "new");
    assertThat(admin().retry(scene().onlyItem(), ACT)).isFalse();
    Entry entry = scene().fetchOne();
    scene().settle(retry(entry, HOUR));
    assertThat(admin().retry(scene().onlyItem(), ACT)).isFalse();
    scene().fixture.elapse(HOUR);
    scene().settle(failed(scene().fetchOne(), true));
    Item item = scene().onlyItem();

    assertThat(admin().retry(item, ACT)).isTrue();
    assertThat(admin().retry(item, ACT)).isFalse();
    scene().settle(failed(scene().fetchOne(), true));
    assertThat(admin().retry(item, ACT)).as("an old sight of it").isFalse();
    assertThat(admin().retry(scene().onlyItem(), ACT)).isTrue();
    assertAudited(2);
  }

  @Test
  void allFailedRecordsOfAFilterAreRetried() {
    scene().fail("a", "a1");
    scene().queue("a", "a2");
    scene().fail("b", "b1");
    scene().fail(null, "c1");
    scene().fail("d", "d1");
    scene().park("e", "e1");
    admin().discard(itemLabelled("d1"), ACT);

    assertThat(admin().retryAll(Filter.ALL.key("a"), ACT)).isEqualTo(1);
    assertThat(labels(scene().fetch())).containsExactly("a1", "a2");
    assertThat(admin().retryAll(Filter.of(OutboxStatus.PENDING), ACT)).isZero();
    assertThat(admin().retryAll(Filter.ALL, ACT)).isEqualTo(2);
    assertThat(labels(scene().fetch())).containsExactlyInAnyOrder("b1", "c1");
    assertThat(admin().retryAll(Filter.ALL, ACT)).isZero();
  }

  // ---- discard

  @Test
  void aDiscardedHeadLetsItsKeyGoOn() {
    scene().fail("k", "poison");
    scene().queue("k", "s1");
    Item poison = itemLabelled("poison");
    long changes = scene().fetch().changes();

    assertThat(admin().discard(poison, ACT)).isEqualTo(Discarded.DISCARDED);

    assertAudited(1);
    OutboxBatch batch = scene().fetch();
    assertThat(labels(batch)).containsExactly("s1");
    assertThat(batch.changes()).isNotEqualTo(changes);
    Item discarded = scene().item(poison.position());
    assertThat(discarded.discarded()).isTrue();
    assertThat(discarded.status()).isEqualTo(OutboxStatus.FAILED);
    assertThat(discarded.blocking()).isFalse();
    scene().settle(sent(batch.entries().get(0)));
    assertThat(scene().store.blockedKeys(scene().lease(), 10)).isEmpty();
  }

  @Test
  void aDiscardedRecordIsGoneForGood() {
    scene().fail("k", "poison");
    admin().discard(scene().onlyItem(), ACT);

    Item item = scene().onlyItem();
    assertThat(admin().discard(item, ACT)).isEqualTo(Discarded.NOT_CHANGED);
    assertThat(admin().retry(item, ACT)).isFalse();
    assertThat(admin().retryAll(Filter.ALL, ACT)).isZero();
    assertThat(admin().letContinue(item, ACT)).isFalse();
    assertThat(scene().onlyItem()).isEqualTo(item);
    scene().fixture.elapse(Duration.ofDays(1));
    assertThat(scene().fetch().entries()).isEmpty();
  }

  @Test
  void aWaitingRecordCanBeDiscarded() {
    scene().park("k", "head");
    scene().queue("k", "s1", "s2");

    assertThat(admin().discard(itemLabelled("s1"), ACT)).isEqualTo(Discarded.DISCARDED);
    assertThat(scene().fetch().entries()).isEmpty();
    scene().fixture.elapse(HOUR);
    assertThat(labels(scene().fetch())).containsExactly("head", "s2");
  }

  @Test
  void aRecordOfTheStreamIsNotDiscarded() {
    scene().append("k", "new");

    assertThat(admin().discard(scene().onlyItem(), ACT)).isEqualTo(Discarded.NOT_CHANGED);
    assertThat(scene().drain()).containsExactly("new");
  }

  @Test
  void aRecordDiscardedInFlightMayHaveBeenSent() {
    Entry parked = scene().park("k", "head");
    scene().queue("k", "s1");
    Item before = scene().item(parked);
    scene().fixture.elapse(HOUR);
    List<Entry> inFlight = scene().fetch().entries();
    assertThat(admin().discard(before, ACT))
        .as("seen before it went out")
        .isNotEqualTo(Discarded.DISCARDED);
    if (!scene().item(parked).discarded()) {
      assertThat(scene().item(parked).inFlight()).isTrue();
      assertThat(admin().discard(scene().item(parked), ACT))
          .isEqualTo(Discarded.MAY_HAVE_BEEN_SENT);
    }

    // Whatever came of it, it stays discarded, and its key goes on.
    OutboxBatch batch = scene().turn(retry(inFlight.get(0), Duration.ZERO), sent(inFlight.get(1)));
    assertThat(batch.entries()).isEmpty();
    assertThat(batch.released()).containsExactly(orderKey("k"));
    assertThat(scene().onlyItem().discarded()).isTrue();
    assertThat(scene().onlyItem().inFlight()).isFalse();
    assertThat(scene().onlyItem().status()).isEqualTo(OutboxStatus.FAILED);
    scene().takeOver();
    scene().fixture.elapse(Duration.ofDays(1));
    assertThat(scene().fetchAll()).isEmpty();
  }

  @Test
  void theOutcomeOfARecordDiscardedInFlightIsAudited() {
    scene().park("k", "head");
    scene().fixture.elapse(HOUR);
    Entry inFlight = scene().fetchOne();
    admin().discard(scene().onlyItem(), ACT);
    int acts = scene().fixture.audit().size();

    scene().settle(sent(inFlight));

    assertThat(scene().fixture.audit()).hasSize(acts + 1);
    assertThat(scene().onlyItem().status()).isEqualTo(OutboxStatus.FAILED);
    scene().settle(sent(inFlight));
    assertThat(scene().fixture.audit()).hasSize(acts + 1);
  }

  // ---- let continue

  @Test
  void aKeyContinuesWithoutItsFailedRecord() {
    scene().fail("k", "poison");
    scene().queue("k", "s1", "s2");
    Item poison = itemLabelled("poison");
    long changes = scene().fetch().changes();

    assertThat(admin().letContinue(poison, ACT)).isTrue();

    assertAudited(1);
    OutboxBatch batch = scene().fetch();
    assertThat(labels(batch)).containsExactly("s1", "s2");
    assertThat(batch.changes()).isNotEqualTo(changes);
    assertThat(scene().item(poison.position()).status()).isEqualTo(OutboxStatus.FAILED);
    assertThat(admin().letContinue(poison, ACT)).as("an old sight of it").isFalse();
    scene().settle(sent(batch.entries().get(0)), sent(batch.entries().get(1)));
    assertThat(scene().store.blockedKeys(scene().lease(), 10)).isEmpty();
  }

  @Test
  void onlyAFailedRecordLetsItsKeyContinue() {
    scene().park("k", "head");

    assertThat(admin().letContinue(scene().onlyItem(), ACT)).isFalse();
    assertThat(scene().onlyItem().blocking()).isTrue();
    assertThat(scene().fixture.audit()).isEmpty();
  }

  // ---- pause

  @Test
  void aPausedRelaySettlesAndFetchesNothing() {
    scene().append("k", "a", "b");
    Entry a = scene().fetch(1).entries().get(0);
    long changes = scene().fetch(0).changes();
    assertThat(admin().pause(RELAY, ACT)).isTrue();

    OutboxBatch paused = scene().turn(sent(a));
    assertThat(paused.paused()).isTrue();
    assertThat(paused.entries()).isEmpty();
    assertThat(paused.changes()).isNotEqualTo(changes);
    assertThat(scene().items()).hasSize(1);
    scene().takeOver();
    assertThat(scene().fetch().paused()).as("under the next owner").isTrue();

    assertThat(admin().resume(RELAY, ACT)).isTrue();
    OutboxBatch resumed = scene().fetch();
    assertThat(resumed.paused()).isFalse();
    assertThat(resumed.changes()).isNotEqualTo(paused.changes());
    assertThat(labels(resumed)).containsExactly("b");
    assertAudited(2);
  }

  @Test
  void onlyAChangeOfThePauseIsAnAct() {
    scene().lease();

    assertThat(admin().resume(RELAY, ACT)).isFalse();
    assertThat(admin().pause("unknown", ACT)).isFalse();
    assertThat(admin().resume("unknown", ACT)).isFalse();
    assertThat(admin().pause(RELAY, ACT)).isTrue();
    assertThat(admin().pause(RELAY, ACT)).isFalse();
    assertAudited(1);
  }

  // ---- races

  private enum Act {
    RETRY,
    DISCARD,
    CONTINUE
  }

  /** Two operators act on what they both see, while the relay settles and fetches. */
  @Test
  void racingOperatorsAndTheRelayDoEachActOnce() {
    int races = scene().fixture.size(1000);
    for (int race = 0; race < races; race++) {
      String key = "k" + race;
      Act first = Act.values()[race % 3];
      Act second = Act.values()[race / 3 % 3];
      scene().fail(key, "poison");
      scene().queue(key, "next");
      Item item = itemLabelledIn(key);
      int acts = scene().fixture.audit().size();

      List<Boolean> done =
          ConcurrentTasks.callAtOnce(
              3,
              i ->
                  switch (i) {
                    case 0 -> act(first, item);
                    case 1 -> act(second, item);
                    default -> {
                      scene().drain();
                      yield false;
                    }
                  });

      assertThat(done).as("race %d: %s against %s", race, first, second).containsOnlyOnce(true);
      assertThat(scene().fixture.audit()).hasSize(acts + 1);
      scene().drain();
      Act winner = done.get(0) ? first : second;
      List<Item> left = scene().items(Filter.ALL.key(key));
      assertThat(left).as("race %d: %s", race, winner).hasSize(winner == Act.RETRY ? 0 : 1);
      assertThat(left).allMatch(rest -> rest.status() == OutboxStatus.FAILED);
      assertThat(left).allMatch(rest -> rest.discarded() == (winner == Act.DISCARD));
    }
  }

  private Item itemLabelledIn(String key) {
    List<Item> failed = admin().find(Filter.of(OutboxStatus.FAILED).key(key), 0, 10);
    assertThat(failed).hasSize(1);
    return failed.get(0);
  }

  private boolean act(Act act, Item item) {
    return switch (act) {
      case RETRY -> admin().retry(item, ACT);
      case DISCARD -> admin().discard(item, ACT) != Discarded.NOT_CHANGED;
      case CONTINUE -> admin().letContinue(item, ACT);
    };
  }
}
