package io.rowpost.testkit;

import static io.rowpost.testkit.OutboxScene.ACT;
import static io.rowpost.testkit.OutboxScene.HOUR;
import static io.rowpost.testkit.OutboxScene.label;
import static io.rowpost.testkit.OutboxScene.labels;
import static io.rowpost.testkit.OutboxScene.record;
import static io.rowpost.testkit.OutboxScene.retry;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rowpost.core.OutboxAdmin;
import io.rowpost.core.OutboxAdmin.Filter;
import io.rowpost.core.OutboxAdmin.Item;
import io.rowpost.core.OutboxBatch.Entry;
import io.rowpost.core.OutboxRecord;
import io.rowpost.core.OutboxStatus;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** How long records are kept that are done, and what can be done with them; SENT ones are kept. */
abstract class OutboxRetentionRules<T> {
  private static final Duration DAY = Duration.ofDays(1);

  /** Of an outbox that keeps SENT records. */
  abstract OutboxScene<T> scene();

  private OutboxAdmin admin() {
    return scene().admin;
  }

  private List<String> found(OutboxStatus status) {
    return admin().find(Filter.of(status), 0, 1000).stream()
        .map(item -> label(admin().get(item.id()).orElseThrow()))
        .toList();
  }

  @Test
  void sentRecordsAreKeptAndNeverFetched() {
    scene().park("p", "retried");
    scene().append("k", "a", "b");
    scene().fixture.elapse(HOUR);
    assertThat(scene().drain()).containsExactlyInAnyOrder("a", "b", "retried");

    assertThat(found(OutboxStatus.SENT)).containsExactly("retried", "a", "b");
    assertThat(admin().counts()).isEqualTo(new OutboxAdmin.Counts(0, 0, 0, 0, 3));
    assertThat(scene().items()).noneMatch(Item::blocking).noneMatch(Item::inFlight);
    assertThat(admin().oldestPendingAge()).isEmpty();
    scene().takeOver();
    assertThat(scene().fetchAll()).isEmpty();
  }

  @Test
  void aSentRetryKeepsItsPlaceInTheList() {
    scene().park("k", "first");
    scene().append("x", "second");
    scene().drain();
    scene().fixture.elapse(HOUR);
    scene().drain();

    assertThat(found(OutboxStatus.SENT)).containsExactly("first", "second");
  }

  @Test
  void aSentRecordIsTerminal() {
    scene().append("k", "a");
    Entry entry = scene().fetchOne();
    scene().settle(OutboxScene.sent(entry));
    Item sent = scene().onlyItem();
    assertThat(sent.status()).isEqualTo(OutboxStatus.SENT);

    scene().settle(retry(entry, Duration.ZERO), OutboxScene.failed(entry, true));
    assertThat(admin().retry(sent, ACT)).isFalse();
    assertThat(admin().letContinue(sent, ACT)).isFalse();
    assertThat(admin().discard(sent, ACT)).isEqualTo(OutboxAdmin.Discarded.NOT_CHANGED);
    assertThat(scene().onlyItem()).isEqualTo(sent);
    assertThat(scene().fetch().entries()).isEmpty();
  }

  // ---- replay

  @Test
  void aReplayPublishesTheSameRecordsAgainInOrder() {
    List<OutboxRecord> records =
        IntStream.range(0, 5)
            .mapToObj(i -> record("k", "r" + i).header("n", "" + i).build())
            .toList();
    scene().append(records);
    List<Entry> first = scene().fetch().entries();
    scene()
        .settle(
            first.stream()
                .map(OutboxScene::sent)
                .toArray(io.rowpost.core.OutboxBatch.Settled[]::new));
    scene().append("k", "pending");
    long changes = scene().fetch(0).changes();

    assertThat(admin().replay(Filter.ALL, ACT)).isEqualTo(5);

    assertThat(scene().fixture.audit())
        .hasSize(1)
        .allSatisfy(line -> assertThat(line).contains(ACT.actor()).contains(ACT.reason()));
    var batch = scene().fetch();
    assertThat(batch.changes()).isNotEqualTo(changes);
    assertThat(labels(batch)).containsExactly("pending", "r0", "r1", "r2", "r3", "r4");
    List<Entry> again = batch.entries().subList(1, 6);
    for (int i = 0; i < 5; i++) {
      assertThat(again.get(i).record()).usingRecursiveComparison().isEqualTo(first.get(i).record());
      assertThat(again.get(i).position()).isNotEqualTo(first.get(i).position());
    }
  }

  /** An inbox that forgot the id must still see that the message is old. */
  @Test
  void aReplayedRecordKeepsTheTimeOfItsCreation() {
    scene().append("k", "a");
    scene().drain();
    scene().fixture.elapse(DAY);
    Item sent = scene().onlyItem();
    admin().replay(Filter.ALL, ACT);

    Entry again = scene().fetchOne();
    assertThat(again.record().createdAt()).isEqualTo(sent.createdAt());
    assertThat(again.record().id()).isEqualTo(sent.id());
  }

  @Test
  void aReplayTakesOnlySentRecordsOfItsFilter() {
    scene().append("a", "a1");
    scene().append("b", "b1");
    scene().drain();
    scene().fail("c", "failed");
    scene().fail("d", "discarded");
    admin().discard(scene().items().get(3), ACT);

    assertThat(admin().replay(Filter.ALL.key("b"), ACT)).isEqualTo(1);
    assertThat(scene().drain()).containsExactly("b1");
    assertThat(admin().replay(Filter.of(OutboxStatus.FAILED), ACT)).isZero();
    assertThat(admin().replay(Filter.ALL.key("c"), ACT)).isZero();
    assertThat(admin().replay(Filter.ALL.key("unknown"), ACT)).isZero();
    assertThat(scene().drain()).isEmpty();
  }

  @Test
  void aReplayTakesWhatItsPreviewHasCounted() {
    scene().append("a", "a1", "a2", "a3");
    scene().append("b", "b1");
    scene().append(OutboxScene.record("a", "other").type("Other").build());
    scene().drain();
    scene().fixture.elapse(DAY);
    scene().append("a", "a4");
    scene().drain();
    List<Item> sent = scene().items(Filter.of(OutboxStatus.SENT));
    long a2 = sent.get(1).position();
    Item a4 = sent.get(5);

    assertReplayed(Filter.ALL.positions(a2, sent.get(3).position()), "a2", "a3", "b1");
    assertReplayed(Filter.ALL.key("a").type("Test").positions(a2, a4.position()), "a2", "a3", "a4");
    assertReplayed(Filter.ALL.created(a4.createdAt(), null).positions(null, a4.position()), "a4");
    assertReplayed(Filter.ALL.topic("unknown"));
    assertReplayed(Filter.ALL.positions(null, a2 - 1), "a1");
  }

  private void assertReplayed(Filter filter, String... labels) {
    assertThat(admin().count(filter.status(OutboxStatus.SENT))).isEqualTo(labels.length);
    assertThat(admin().replay(filter, ACT)).isEqualTo(labels.length);
    assertThat(scene().drain()).containsExactly(labels);
  }

  // ---- purge

  @Test
  void aPurgeDeletesWhatWasSentLongAgo() {
    scene().append("k", "old");
    scene().drain();
    scene().fixture.elapse(DAY);
    scene().append("k", "young");
    scene().drain();

    assertThat(admin().purge(DAY.plusHours(1))).isZero();
    assertThat(admin().purge(HOUR)).isEqualTo(1);
    assertThat(found(OutboxStatus.SENT)).containsExactly("young");
    assertThat(admin().purge(HOUR)).isZero();
    scene().fixture.elapse(Duration.ofSeconds(1));
    assertThat(admin().purge(Duration.ZERO)).isEqualTo(1);
    assertThat(scene().items()).isEmpty();
  }

  @Test
  void aPurgeNeverTouchesWhatIsUnsentOrWaitsForAnOperator() {
    scene().append("sent", "sent");
    scene().drain();
    scene().park("k", "retry");
    scene().queue("k", "behind");
    scene().park(null, "alone");
    scene().fail("f", "failed");
    scene().append("g", "failed without blocking");
    scene().settle(OutboxScene.failed(scene().fetchOne(), false));
    scene().append("n", "fetched");
    scene().fetchOne();
    scene().append("n", "new");
    List<String> kept =
        List.of("retry", "behind", "alone", "failed", "failed without blocking", "fetched", "new");
    scene().fixture.elapse(Duration.ofDays(1000));

    assertThat(admin().purge(Duration.ZERO)).isEqualTo(1);

    assertThat(scene().items())
        .extracting(item -> label(admin().get(item.id()).orElseThrow()))
        .containsExactlyElementsOf(kept);
    assertThat(scene().drain()).contains("retry", "behind", "alone", "new");
    scene().takeOver();
    assertThat(scene().drain()).containsExactly("fetched");
    assertThat(admin().retryAll(Filter.ALL, ACT)).isEqualTo(2);
    assertThat(scene().drain()).containsExactlyInAnyOrder("failed", "failed without blocking");
  }

  @Test
  void aPurgeDeletesWhatWasDiscardedLongAgo() {
    scene().fail("k", "poison");
    scene().fixture.elapse(DAY);
    admin().discard(scene().onlyItem(), ACT);
    scene().fixture.elapse(HOUR);

    assertThat(admin().purge(DAY)).isZero();
    assertThat(admin().purge(Duration.ofMinutes(59))).isEqualTo(1);
    assertThat(scene().items()).isEmpty();
  }

  @Test
  void aPurgeKeepsTheIdsOfAppendIfAbsentForADay() {
    OutboxRecord once = record("k", "once").build();
    scene().appendIfAbsent(once);
    scene().drain();
    scene().fixture.elapse(DAY.minusSeconds(60));
    assertThat(admin().purge(Duration.ZERO)).isEqualTo(1);
    assertThat(scene().appendIfAbsent(once)).isFalse();
    scene().fixture.elapse(Duration.ofSeconds(61));
    admin().purge(Duration.ofDays(2));
    assertThat(scene().appendIfAbsent(once)).as("kept as long as records are").isFalse();

    admin().purge(Duration.ZERO);

    assertThat(scene().appendIfAbsent(once)).isTrue();
    assertThat(scene().drain()).containsExactly("once");
  }

  @Test
  void twoPurgesAtOnceDeleteEachRecordOnce() {
    int rows = scene().fixture.size(5_000);
    scene().append("k", IntStream.range(0, rows).mapToObj(i -> "r").toArray(String[]::new));
    scene().drain();
    scene().append("k", "unsent");
    scene().fixture.elapse(HOUR);

    List<Long> deleted = ConcurrentTasks.callAtOnce(2, i -> admin().purge(Duration.ofMinutes(1)));

    assertThat(deleted.get(0) + deleted.get(1)).isEqualTo(rows);
    assertThat(scene().drain()).containsExactly("unsent");
  }

  @Test
  void aPurgeUnderwayHoldsNoRelayUp() {
    int rows = scene().fixture.size(5_000);
    scene().append("k", IntStream.range(0, rows).mapToObj(i -> "r").toArray(String[]::new));
    scene().drain();
    scene().fixture.elapse(HOUR);

    List<Long> deleted =
        ConcurrentTasks.callAtOnce(
            2,
            i -> {
              if (i == 0) {
                return admin().purge(Duration.ofMinutes(1));
              }
              for (int n = 0; n < 20; n++) {
                scene().append("k", "n" + n);
                assertThat(scene().drain()).containsExactly("n" + n);
              }
              return 20L;
            });

    assertThat(deleted).containsExactly((long) rows, 20L);
    assertThat(admin().counts().sent()).isEqualTo(20);
  }

  @Test
  void retentionIsNotNegative() {
    assertThatThrownBy(() -> admin().purge(Duration.ofSeconds(-1)))
        .isInstanceOf(RuntimeException.class)
        .hasMessageContaining("retention");
  }
}
