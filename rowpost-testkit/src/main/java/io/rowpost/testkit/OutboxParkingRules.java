package io.rowpost.testkit;

import static io.rowpost.testkit.OutboxScene.HOUR;
import static io.rowpost.testkit.OutboxScene.failed;
import static io.rowpost.testkit.OutboxScene.labels;
import static io.rowpost.testkit.OutboxScene.orderKey;
import static io.rowpost.testkit.OutboxScene.origins;
import static io.rowpost.testkit.OutboxScene.record;
import static io.rowpost.testkit.OutboxScene.retry;
import static io.rowpost.testkit.OutboxScene.sent;
import static io.rowpost.testkit.OutboxScene.waiting;
import static org.assertj.core.api.Assertions.assertThat;

import io.rowpost.core.OutboxAdmin;
import io.rowpost.core.OutboxBatch;
import io.rowpost.core.OutboxBatch.Entry;
import io.rowpost.core.OutboxBatch.Origin;
import io.rowpost.core.OutboxBatch.Settled;
import io.rowpost.core.OutboxRecord;
import io.rowpost.core.OutboxStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Where a record goes that could not be sent in its turn, and when it comes back. */
abstract class OutboxParkingRules<T> {
  abstract OutboxScene<T> scene();

  // ---- sent

  @Test
  void aSentRecordNeverComesBack() {
    scene().append("k", "a", "b");
    List<Entry> entries = scene().fetch().entries();

    OutboxBatch batch = scene().turn(sent(entries.get(0)), sent(entries.get(1)));

    assertThat(batch.entries()).isEmpty();
    assertThat(batch.released()).isEmpty();
    scene().takeOver();
    assertThat(scene().fetchAll()).isEmpty();
    assertThat(scene().items()).isEmpty();
  }

  @Test
  void aSentRetryLeavesAndReleasesItsKey() {
    scene().park("k", "a");
    scene().fixture.elapse(HOUR);
    Entry again = scene().fetchOne();

    OutboxBatch batch = scene().turn(sent(again));

    assertThat(batch.released()).containsExactly(orderKey("k"));
    assertThat(scene().store.blockedKeys(scene().lease(), 10)).isEmpty();
    scene().takeOver();
    assertThat(scene().fetchAll()).isEmpty();
    assertThat(scene().items()).isEmpty();
  }

  // ---- the queue of a key

  @Test
  void aRetryBlocksItsKeyUntilItIsDue() {
    Entry first = scene().park("k", "a");

    assertThat(scene().store.blockedKeys(scene().lease(), 10)).containsExactly(orderKey("k"));
    scene().fixture.elapse(HOUR.minusSeconds(60));
    assertThat(scene().fetch().entries()).isEmpty();
    scene().fixture.elapse(Duration.ofSeconds(61));
    Entry again = scene().fetchOne();
    assertThat(again.position()).isEqualTo(first.position());
    assertThat(again.origin()).isEqualTo(Origin.IN_TURN);
    assertThat(again.record().attempts()).isEqualTo(1);
  }

  @Test
  void attemptsAndTheLastErrorAreCountedUp() {
    Entry entry = scene().park("k", "a");
    for (int attempts = 2; attempts <= 4; attempts++) {
      scene().fixture.elapse(HOUR);
      entry = scene().fetchOne();
      scene().settle(retry(entry, HOUR));
      OutboxAdmin.Item item = scene().item(entry);
      assertThat(item.attempts()).isEqualTo(attempts);
      assertThat(item.lastError()).isEqualTo("refused");
      assertThat(item.status()).isEqualTo(OutboxStatus.PENDING);
      assertThat(item.nextAttemptAt()).isNotNull();
      assertThat(item.blocking()).isTrue();
      assertThat(item.inFlight()).isFalse();
    }
  }

  @Test
  void successorsWaitForTheirHeadThenComeWithItInOrder() {
    scene().park("k", "head");
    scene().queue("k", "s1", "s2");
    scene().queue("k", "s3");
    assertThat(scene().fetch().entries()).isEmpty();
    assertThat(scene().items()).allMatch(OutboxAdmin.Item::blocking);
    assertThat(scene().items().stream().filter(item -> item.nextAttemptAt() != null)).hasSize(1);

    scene().fixture.elapse(HOUR);
    OutboxBatch batch = scene().fetch();

    assertThat(labels(batch)).containsExactly("head", "s1", "s2", "s3");
    assertThat(origins(batch)).containsOnly(Origin.IN_TURN);
  }

  @Test
  void whatWaitsCountsNoAttempt() {
    scene().park("k", "head");
    scene().queue("k", "s1");

    OutboxAdmin.Item waiting = scene().items().get(1);
    assertThat(waiting.attempts()).isZero();
    assertThat(waiting.status()).isEqualTo(OutboxStatus.PENDING);
    assertThat(waiting.nextAttemptAt()).isNull();
  }

  /** The head fails again: what was fetched with it goes back behind it. */
  @Test
  void successorsReturnBehindAHeadThatFailsAgain() {
    scene().park("k", "head");
    scene().queue("k", "s1", "s2");
    scene().fixture.elapse(HOUR);
    List<Entry> batch = scene().fetch().entries();

    OutboxBatch after =
        scene().turn(retry(batch.get(0), HOUR), waiting(batch.get(1)), waiting(batch.get(2)));

    assertThat(after.entries()).isEmpty();
    assertThat(after.released()).isEmpty();
    scene().fixture.elapse(HOUR);
    assertThat(labels(scene().fetch())).containsExactly("head", "s1", "s2");
  }

  @Test
  void theNextInTheQueueIsDueAtOnceWhenItsHeadIsGone() {
    scene().park("k", "head");
    scene().fixture.elapse(HOUR);
    Entry head = scene().fetchOne();
    scene().append("k", "s1", "s2");
    List<Entry> late = scene().fetch().entries();
    OutboxBatch meanwhile = scene().turn(waiting(late.get(0)), waiting(late.get(1)));
    assertThat(meanwhile.entries()).isEmpty();

    OutboxBatch batch = scene().turn(sent(head));

    assertThat(labels(batch)).containsExactly("s1", "s2");
    assertThat(origins(batch)).containsOnly(Origin.IN_TURN);
    assertThat(batch.released()).isEmpty();
    OutboxBatch end = scene().turn(sent(batch.entries().get(0)), sent(batch.entries().get(1)));
    assertThat(end.released()).containsExactly(orderKey("k"));
  }

  @Test
  void whatIsInFlightIsNotFetchedAgain() {
    scene().park("k", "head");
    scene().queue("k", "s1");
    scene().fixture.elapse(HOUR);
    List<Entry> batch = scene().fetch().entries();
    scene().fixture.elapse(HOUR);

    assertThat(scene().fetch().entries()).isEmpty();
    assertThat(scene().items()).allMatch(OutboxAdmin.Item::inFlight);
    // The successor in flight is the head now, and still not to be fetched a second time.
    assertThat(scene().turn(sent(batch.get(0))).entries()).isEmpty();
    scene().fixture.elapse(HOUR);
    assertThat(scene().fetch().entries()).isEmpty();
    assertThat(scene().turn(sent(batch.get(1))).released()).containsExactly(orderKey("k"));
  }

  /** Appended earlier, committed later: it goes in front of those who wait. */
  @Test
  void aLateCommitTakesItsPlaceInTheQueue() {
    try (var slow = scene().begin()) {
      scene().appendIn(slow, "k", "late");
      scene().park("k", "head");
      scene().queue("k", "s1");
      slow.commit();
    }
    OutboxBatch batch = scene().turn(waiting(scene().fetchOne()));

    // What was the head keeps its date behind it.
    assertThat(labels(batch)).containsExactly("late");
    assertThat(origins(batch)).containsExactly(Origin.IN_TURN);
    assertThat(scene().turn(sent(batch.entries().get(0))).entries()).isEmpty();
    scene().fixture.elapse(HOUR);
    assertThat(labels(scene().fetch())).containsExactly("head", "s1");
  }

  @Test
  void keysDoNotHoldEachOtherUp() {
    scene().park("a", "a1");
    scene().append("b", "b1");
    scene().append("c", "c1");

    assertThat(labels(scene().fetch())).containsExactly("b1", "c1");
    assertThat(scene().store.blockedKeys(scene().lease(), 10)).containsExactly(orderKey("a"));
  }

  @Test
  void oneKeyInTwoTopicsIsTwoUnits() {
    scene().park("k", "a1");
    scene().append(OutboxRecord.to("payments").key("k").type("x").payload("p1").build());
    Entry other = scene().fetchOne();
    OutboxBatch batch = scene().turn(retry(other, Duration.ZERO));

    assertThat(labels(batch)).containsExactly("p1");
    assertThat(scene().store.blockedKeys(scene().lease(), 10))
        .containsExactlyInAnyOrder(orderKey("k"), other.record().orderKey());
  }

  @Test
  void blockedKeysAreListedOnceEachUpToTheLimit() {
    for (int i = 0; i < 5; i++) {
      scene().park("k" + i, "head");
      scene().queue("k" + i, "s1", "s2");
    }

    assertThat(scene().store.blockedKeys(scene().lease(), 10))
        .containsExactlyInAnyOrder(
            orderKey("k0"), orderKey("k1"), orderKey("k2"), orderKey("k3"), orderKey("k4"));
    assertThat(scene().store.blockedKeys(scene().lease(), 3)).hasSize(3);
  }

  // ---- destinations that are held

  @Test
  void aHeldHeadWaitsForItsDelayWithoutAnAttempt() {
    scene().append("k", "a", "b");
    List<Entry> entries = scene().fetch().entries();
    OutboxBatch batch = scene().turn(waiting(entries.get(0), HOUR), waiting(entries.get(1), HOUR));

    assertThat(batch.entries()).isEmpty();
    assertThat(scene().items()).extracting(OutboxAdmin.Item::attempts).containsExactly(0, 0);
    scene().fixture.elapse(HOUR.minusSeconds(60));
    assertThat(scene().fetch().entries()).isEmpty();
    scene().fixture.elapse(Duration.ofSeconds(61));
    OutboxBatch due = scene().fetch();
    assertThat(labels(due)).containsExactly("a", "b");
    // Held once more, while it is its turn.
    scene().settle(waiting(due.entries().get(0), HOUR), waiting(due.entries().get(1), HOUR));
    assertThat(scene().fetch().entries()).isEmpty();
    scene().fixture.elapse(HOUR);
    assertThat(labels(scene().fetch())).containsExactly("a", "b");
  }

  @Test
  void aHeldRecordWithoutAKeyBlocksNothing() {
    scene().append(null, "a", "b");
    List<Entry> entries = scene().fetch().entries();
    scene().settle(waiting(entries.get(0), HOUR), sent(entries.get(1)));

    assertThat(scene().store.blockedKeys(scene().lease(), 10)).isEmpty();
    assertThat(scene().onlyItem().blocking()).isFalse();
    assertThat(scene().onlyItem().attempts()).isZero();
    assertThat(scene().fetch().entries()).isEmpty();
    scene().fixture.elapse(HOUR);
    Entry due = scene().fetchOne();
    assertThat(due.origin()).isEqualTo(Origin.DUE);
    scene().settle(waiting(due, HOUR));
    assertThat(scene().fetch().entries()).isEmpty();
    scene().fixture.elapse(HOUR);
    assertThat(scene().drain()).containsExactly("a");
  }

  // ---- without a key

  @Test
  void retriesWithoutAKeyAreAloneAndBlockNothing() {
    scene().append(null, "a", "b", "c");
    List<Entry> entries = scene().fetch().entries();
    OutboxBatch batch =
        scene().turn(retry(entries.get(0), HOUR), retry(entries.get(1), HOUR.multipliedBy(2)));
    assertThat(batch.released()).isEmpty();
    scene().settle(sent(entries.get(2)));

    assertThat(scene().store.blockedKeys(scene().lease(), 10)).isEmpty();
    scene().fixture.elapse(HOUR);
    Entry due = scene().fetchOne();
    assertThat(OutboxScene.label(due.record())).isEqualTo("a");
    assertThat(due.origin()).isEqualTo(Origin.DUE);
    assertThat(due.record().attempts()).isEqualTo(1);
    scene().settle(retry(due, HOUR.multipliedBy(5)));
    scene().fixture.elapse(HOUR);
    assertThat(scene().drain()).containsExactly("b");
    assertThat(scene().onlyItem().attempts()).isEqualTo(2);
  }

  @Test
  void aFailedRecordWithoutAKeyNeverBlocks() {
    scene().fail(null, "a");
    scene().append(null, "b");

    assertThat(scene().items().get(0).blocking()).isFalse();
    assertThat(scene().items().get(0).status()).isEqualTo(OutboxStatus.FAILED);
    assertThat(scene().store.blockedKeys(scene().lease(), 10)).isEmpty();
    assertThat(scene().drain()).containsExactly("b");
  }

  // ---- delayed records

  @Test
  void aDelayedRecordBlocksNothingAndComesWhenItIsDue() {
    delay("k", "later", HOUR);
    assertThat(scene().onlyItem().blocking()).isFalse();
    assertThat(scene().onlyItem().attempts()).isZero();
    scene().append("k", "now");

    assertThat(scene().drain()).containsExactly("now");
    scene().fixture.elapse(HOUR.plusSeconds(60));
    Entry due = scene().fetchOne();
    assertThat(due.origin()).isEqualTo(Origin.DUE);
    assertThat(OutboxScene.label(due.record())).isEqualTo("later");
    assertThat(due.record().attempts()).isZero();
    OutboxBatch batch = scene().turn(sent(due));
    assertThat(batch.entries()).isEmpty();
    assertThat(scene().items()).isEmpty();
  }

  @Test
  void aRecordAvailableInThePastIsNew() {
    scene().append(delayed("k", "a", Duration.ofHours(-1)));

    assertThat(scene().fetchOne().origin()).isEqualTo(Origin.NEW);
  }

  /** When due, it stands behind those of its key that wait already, and before those to come. */
  @Test
  void aDelayedRecordTakesItsPlaceWhenItIsDue() {
    delay("k", "delayed", HOUR);
    scene().append("k", "head");
    scene().settle(retry(scene().fetchOne(), HOUR.multipliedBy(3)));
    scene().queue("k", "s1");
    scene().fixture.elapse(HOUR.plusSeconds(60));

    Entry due = scene().fetchOne();
    assertThat(due.origin()).isEqualTo(Origin.DUE);
    assertThat(scene().turn(waiting(due)).entries()).isEmpty();
    assertThat(scene().item(due).blocking()).isTrue();
    assertThat(scene().item(due).nextAttemptAt()).isNull();
    scene().queue("k", "s2");
    scene().fixture.elapse(HOUR.multipliedBy(2));

    assertThat(labels(scene().fetch())).containsExactly("head", "s1", "delayed", "s2");
  }

  @Test
  void aDelayedRecordThatFailsBlocksItsKey() {
    delay("k", "delayed", HOUR);
    scene().fixture.elapse(HOUR.plusSeconds(60));
    Entry due = scene().fetchOne();
    scene().settle(retry(due, HOUR));

    assertThat(scene().store.blockedKeys(scene().lease(), 10)).containsExactly(orderKey("k"));
    scene().queue("k", "next");
    scene().fixture.elapse(HOUR);
    OutboxBatch batch = scene().fetch();
    assertThat(labels(batch)).containsExactly("delayed", "next");
    assertThat(origins(batch)).containsOnly(Origin.IN_TURN);
  }

  private void delay(String key, String label, Duration delay) {
    scene().append(delayed(key, label, delay));
    Entry entry = scene().fetchOne();
    assertThat(entry.origin()).isEqualTo(Origin.EARLY);
    OutboxBatch batch = scene().turn(waiting(entry));
    assertThat(batch.entries()).isEmpty();
  }

  private OutboxRecord delayed(String key, String label, Duration delay) {
    // The store's clock need not be this process's: the time of an append tells it.
    scene().append("clock", "clock");
    Entry clock = scene().fetchOne();
    scene().settle(sent(clock));
    Instant now = Objects.requireNonNull(clock.record().createdAt());
    return record(key, label).availableAt(now.plus(delay)).build();
  }

  // ---- given up

  @Test
  void aFailedRecordBlocksItsKeyAndIsNotTriedAgain() {
    scene().fail("k", "poison");
    scene().queue("k", "s1");
    scene().append("other", "fine");
    scene().fixture.elapse(Duration.ofDays(1));

    assertThat(scene().drain()).containsExactly("fine");
    OutboxAdmin.Item poison = scene().items().get(0);
    assertThat(poison.status()).isEqualTo(OutboxStatus.FAILED);
    assertThat(poison.attempts()).isEqualTo(1);
    assertThat(poison.lastError()).isEqualTo("given up");
    assertThat(poison.blocking()).isTrue();
    assertThat(poison.nextAttemptAt()).isNull();
    assertThat(scene().items().get(1).nextAttemptAt()).isNull();
    assertThat(scene().store.blockedKeys(scene().lease(), 10)).containsExactly(orderKey("k"));
  }

  @Test
  void aFailedRecordStopsTheQueueInItsPlace() {
    scene().append("k", "a", "b", "c");
    List<Entry> entries = scene().fetch().entries();
    scene()
        .settle(retry(entries.get(0), HOUR), failed(entries.get(1), true), waiting(entries.get(2)));
    scene().fixture.elapse(HOUR);

    Entry head = scene().fetchOne();
    assertThat(OutboxScene.label(head.record())).isEqualTo("a");
    OutboxBatch batch = scene().turn(sent(head));

    assertThat(batch.entries()).isEmpty();
    assertThat(batch.released()).isEmpty();
    scene().fixture.elapse(Duration.ofDays(1));
    assertThat(scene().fetch().entries()).isEmpty();
  }

  @Test
  void aFailedRecordMayLetItsKeyContinue() {
    scene().park("k", "head");
    scene().queue("k", "s1", "s2");
    scene().fixture.elapse(HOUR);
    List<Entry> entries = scene().fetch().entries();

    OutboxBatch batch =
        scene()
            .turn(failed(entries.get(0), false), waiting(entries.get(1)), waiting(entries.get(2)));

    assertThat(labels(batch)).containsExactly("s1", "s2");
    assertThat(batch.released()).isEmpty();
    assertThat(scene().item(entries.get(0)).status()).isEqualTo(OutboxStatus.FAILED);
    assertThat(scene().item(entries.get(0)).blocking()).isFalse();
    OutboxBatch end = scene().turn(sent(batch.entries().get(0)), sent(batch.entries().get(1)));
    assertThat(end.released()).containsExactly(orderKey("k"));
  }

  @Test
  void aFailedRecordThatLetsItsEmptyKeyContinueReleasesIt() {
    scene().append("k", "a");
    OutboxBatch batch = scene().turn(failed(scene().fetchOne(), false));

    assertThat(batch.released()).containsExactly(orderKey("k"));
    scene().append("k", "b");
    assertThat(scene().drain()).containsExactly("b");
    assertThat(scene().onlyItem().status()).isEqualTo(OutboxStatus.FAILED);
  }

  // ---- repeating

  enum Outcome {
    SENT,
    WAITING,
    RETRY,
    FAILED,
    CONTINUE;

    Settled of(Entry entry) {
      return switch (this) {
        case SENT -> sent(entry);
        case WAITING -> waiting(entry, HOUR);
        case RETRY -> retry(entry, HOUR);
        case FAILED -> failed(entry, true);
        case CONTINUE -> failed(entry, false);
      };
    }
  }

  @ParameterizedTest
  @EnumSource
  void repeatingTheOutcomeOfANewRecordChangesNothing(Outcome outcome) {
    scene().append("k", "a");
    assertRepeatable(outcome.of(scene().fetchOne()));
  }

  @ParameterizedTest
  @EnumSource
  void repeatingTheOutcomeOfARetryChangesNothing(Outcome outcome) {
    scene().park("k", "a");
    scene().queue("k", "s1");
    scene().fixture.elapse(HOUR);
    List<Entry> entries = scene().fetch().entries();
    scene().settle(waiting(entries.get(1)));
    assertRepeatable(outcome.of(entries.get(0)));
  }

  @ParameterizedTest
  @EnumSource
  void repeatingTheOutcomeOfADueRecordChangesNothing(Outcome outcome) {
    delay("k", "a", HOUR);
    scene().fixture.elapse(HOUR.plusSeconds(60));
    assertRepeatable(outcome.of(scene().fetchOne()));
  }

  private void assertRepeatable(Settled settled) {
    scene().settle(settled);
    List<OutboxAdmin.Item> once = scene().items();
    scene().fixture.elapse(Duration.ofSeconds(1));
    scene().settle(settled, settled);

    List<OutboxAdmin.Item> more = scene().items();
    assertThat(more)
        .usingRecursiveFieldByFieldElementComparatorIgnoringFields("createdAt", "nextAttemptAt")
        .isEqualTo(once);
    for (int i = 0; i < once.size(); i++) {
      // A fixture may move stored times into the past; a second write would move them on.
      Instant due = once.get(i).nextAttemptAt();
      Instant dueAfter = more.get(i).nextAttemptAt();
      assertThat(dueAfter == null).isEqualTo(due == null);
      if (due != null) {
        assertThat(dueAfter).isBeforeOrEqualTo(due);
      }
    }
  }
}
