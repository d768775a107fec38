package io.rowpost.testkit;

import static io.rowpost.testkit.OutboxScene.ACT;
import static io.rowpost.testkit.OutboxScene.HOUR;
import static io.rowpost.testkit.OutboxScene.RELAY;
import static io.rowpost.testkit.OutboxScene.labels;
import static io.rowpost.testkit.OutboxScene.orderKey;
import static io.rowpost.testkit.OutboxScene.record;
import static io.rowpost.testkit.OutboxScene.retry;
import static io.rowpost.testkit.OutboxScene.sent;
import static io.rowpost.testkit.OutboxScene.waiting;
import static org.assertj.core.api.Assertions.assertThat;

import io.rowpost.core.OutboxAdmin;
import io.rowpost.core.OutboxBatch;
import io.rowpost.core.OutboxBatch.Entry;
import io.rowpost.core.OutboxBatch.Settled;
import io.rowpost.core.OutboxRecord;
import io.rowpost.core.OutboxStore;
import io.rowpost.core.Settlement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Limits of a turn, what a turn tells, what it costs, and errors as they are stored. */
abstract class OutboxTurnRules<T> {
  private static final long NO_BYTES_LIMIT = Long.MAX_VALUE;

  abstract OutboxScene<T> scene();

  private OutboxBatch fetch(int limit, int newLimit, int keyLimit, long byteLimit) {
    return scene()
        .store
        .settleAndFetch(
            scene().lease(),
            new OutboxStore.Turn(List.of(), limit, newLimit, keyLimit, byteLimit, Duration.ZERO));
  }

  // ---- limits

  @Test
  void aLimitCutsTheStreamAndSaysSo() {
    scene().append("k", "a", "b", "c");

    OutboxBatch first = scene().fetch(2);
    assertThat(labels(first)).containsExactly("a", "b");
    assertThat(first.more()).isTrue();
    OutboxBatch second = scene().fetch(2);
    assertThat(labels(second)).containsExactly("c");
    assertThat(second.more()).isFalse();
    assertThat(scene().fetch(2).more()).isFalse();
  }

  @Test
  void aTurnWithoutALimitFetchesNothing() {
    scene().park(null, "due");
    scene().fixture.elapse(HOUR);
    scene().append("k", "a");

    assertThat(scene().settle().entries()).isEmpty();
    assertThat(scene().fetch(0).entries()).isEmpty();
  }

  @Test
  void newRecordsHaveALimitOfTheirOwn() {
    scene().park("a", "due a");
    scene().park("b", "due b");
    scene().fixture.elapse(HOUR);
    scene().append("k", "n1", "n2", "n3");

    assertThat(labels(fetch(10, 0, 10, NO_BYTES_LIMIT)))
        .containsExactlyInAnyOrder("due a", "due b");
    OutboxBatch batch = fetch(10, 2, 10, NO_BYTES_LIMIT);
    assertThat(labels(batch)).containsExactly("n1", "n2");
    assertThat(batch.more()).isTrue();
    assertThat(labels(fetch(10, 2, 10, NO_BYTES_LIMIT))).containsExactly("n3");
  }

  @Test
  void dueRecordsComeBeforeNewOnesEarliestFirst() {
    scene().append("k1", "first due");
    scene().append("k2", "second due");
    List<Entry> entries = scene().fetch().entries();
    scene().settle(retry(entries.get(0), HOUR), retry(entries.get(1), HOUR.plusSeconds(60)));
    scene().append("k3", "new");
    scene().fixture.elapse(HOUR.plusSeconds(120));

    assertThat(labels(scene().fetch(1))).containsExactly("first due");
    assertThat(labels(scene().fetch(1))).containsExactly("second due");
    assertThat(labels(scene().fetch(1))).containsExactly("new");
  }

  @Test
  void oneKeyTakesAtMostItsShare() {
    scene().park("k", "head");
    scene().queue("k", "s1", "s2", "s3");
    scene().fixture.elapse(HOUR);
    scene().append("other", "new");

    OutboxBatch batch = fetch(10, 10, 2, NO_BYTES_LIMIT);

    assertThat(labels(batch)).containsExactly("head", "s1", "new");
    OutboxBatch next = scene().turn(sent(batch.entries().get(0)), sent(batch.entries().get(1)));
    assertThat(labels(next)).containsExactly("s2", "s3");
  }

  @Test
  void successorsStopAtTheLimitWithoutAGap() {
    scene().park("k", "head");
    scene().queue("k", "s1", "s2", "s3");
    scene().fixture.elapse(HOUR);

    OutboxBatch batch = scene().fetch(3);
    assertThat(labels(batch)).containsExactly("head", "s1", "s2");
    assertThat(batch.more()).isTrue();
    OutboxBatch next =
        scene().turn(batch.entries().stream().map(OutboxScene::sent).toArray(Settled[]::new));
    assertThat(labels(next)).containsExactly("s3");
  }

  @Test
  void aPageEndsWithTheRecordThatReachesItsBytes() {
    for (int i = 0; i < 6; i++) {
      scene().append(record("k", "").payload(new byte[1000]).header("n", "" + i).build());
    }

    assertThat(numbers(fetch(10, 10, 10, 1))).containsExactly("0");
    OutboxBatch batch = fetch(10, 10, 10, 2000);
    assertThat(numbers(batch)).containsExactly("1", "2");
    assertThat(batch.more()).isTrue();
    assertThat(numbers(fetch(10, 10, 10, 2001))).containsExactly("3", "4", "5");
  }

  @Test
  void dueRecordsAreCutByBytesToo() {
    for (int i = 0; i < 4; i++) {
      scene().append(record("k", "").payload(new byte[1000]).header("n", "" + i).build());
    }
    List<Entry> entries = scene().fetch().entries();
    scene()
        .settle(
            retry(entries.get(0), Duration.ZERO),
            waiting(entries.get(1)),
            waiting(entries.get(2)),
            waiting(entries.get(3)));

    OutboxBatch batch = fetch(10, 10, 10, 2000);
    assertThat(numbers(batch)).containsExactly("0", "1");
    assertThat(batch.more()).isTrue();
    OutboxBatch next = scene().turn(sent(batch.entries().get(0)), sent(batch.entries().get(1)));
    assertThat(numbers(next)).containsExactly("2", "3");
  }

  private static List<String> numbers(OutboxBatch batch) {
    return batch.entries().stream().map(entry -> entry.record().headers().get("n")).toList();
  }

  // ---- what a turn and a probe tell

  @Test
  void keysAreReleasedByTheTurnThatEmptiesThem() {
    scene().park("a", "a1");
    scene().park("b", "b1");
    scene().queue("b", "b2");
    scene().park(null, "x");
    scene().fixture.elapse(HOUR);
    List<Entry> entries = scene().fetch().entries();
    assertThat(entries).hasSize(4);

    OutboxBatch batch =
        scene()
            .turn(
                entries.stream()
                    .filter(entry -> !OutboxScene.label(entry.record()).equals("b2"))
                    .map(OutboxScene::sent)
                    .toArray(Settled[]::new));

    assertThat(batch.released()).containsExactly(orderKey("a"));
  }

  @Test
  void aProbeFindsWhatATurnWouldFetch() {
    long changes = scene().fetch().changes();
    assertThat(probe(changes)).isFalse();
    scene().append("k", "a");
    assertThat(probe(changes)).isTrue();
    scene().settle(retry(scene().fetchOne(), HOUR));
    assertThat(probe(changes)).isFalse();
    scene().fixture.elapse(HOUR);
    assertThat(probe(changes)).isTrue();
    scene().settle(sent(scene().fetchOne()));
    assertThat(probe(changes)).isFalse();
  }

  @Test
  void aProbeDoesNotStumbleOverWhatOnlyWaits() {
    scene().fail("k", "poison");
    scene().queue("k", "s1", "s2");
    long changes = scene().fetch().changes();
    scene().fixture.elapse(Duration.ofDays(1));

    assertThat(probe(changes)).isFalse();
  }

  @Test
  void aProbeFindsWhatAnOperatorDid() {
    scene().fail("k", "poison");
    long changes = scene().fetch().changes();
    assertThat(probe(changes)).isFalse();
    scene().admin.pause(RELAY, ACT);

    assertThat(probe(changes)).isTrue();
    assertThat(scene().fetch().changes()).isNotEqualTo(changes);
  }

  private boolean probe(long changes) {
    return scene().store.probe(scene().lease(), changes);
  }

  /** A record that waits is not looked at again, however many there are. */
  @Test
  void aPollCostsTheSameWhateverWaitsBehindAParkedKey() {
    scene().fail("k", "poison");
    long empty = medianOfPolls();
    int waiting = scene().fixture.size(100_000);
    int step = 1000;
    List<OutboxRecord> records = Collections.nCopies(step, record("k", "w").build());
    for (int i = 0; i < waiting; i += step) {
      scene().append(records);
      List<Entry> entries = scene().fetch(step).entries();
      assertThat(entries).hasSize(step);
      scene().settle(entries.stream().map(OutboxScene::waiting).toArray(Settled[]::new));
    }
    assertThat(scene().store.blockedKeys(scene().lease(), 10)).containsExactly(orderKey("k"));

    long full = medianOfPolls();

    // A scan of 100,000 rows takes many milliseconds; an index takes microseconds.
    assertThat(full)
        .as("nanoseconds of a poll behind which %d records wait; %d without them", waiting, empty)
        .isLessThan(5 * empty + Duration.ofMillis(2).toNanos());
    assertThat(scene().drain()).isEmpty();
  }

  private long medianOfPolls() {
    var times = new long[51];
    for (int i = 0; i < times.length; i++) {
      long start = System.nanoTime();
      assertThat(scene().fetch(100).entries()).isEmpty();
      times[i] = System.nanoTime() - start;
    }
    Arrays.sort(times);
    return times[times.length / 2];
  }

  // ---- counts

  @Test
  void appendedIsSentAndPendingAndFailedAndDiscarded() {
    assertThat(scene().admin.counts()).isEqualTo(new OutboxAdmin.Counts(0, 0, 0, 0, 0));
    scene().append("k", "sent", "retry", "behind");
    scene().append(null, "failed", "discarded", "held");
    scene().append("n", "new1", "new2");
    List<Entry> entries = scene().fetch(6).entries();
    scene()
        .settle(
            sent(entries.get(0)),
            retry(entries.get(1), HOUR),
            waiting(entries.get(2)),
            OutboxScene.failed(entries.get(3), true),
            OutboxScene.failed(entries.get(4), true),
            waiting(entries.get(5), HOUR));
    scene().admin.discard(scene().item(entries.get(4)), ACT);

    OutboxAdmin.Counts counts = scene().admin.counts();
    assertThat(counts.pending()).isEqualTo(5);
    assertThat(counts.waiting()).isEqualTo(3);
    assertThat(counts.failed()).isEqualTo(1);
    assertThat(counts.discarded()).isEqualTo(1);
  }

  @Test
  void theOldestPendingRecordTellsTheAge() {
    assertThat(scene().admin.oldestPendingAge()).isEmpty();
    scene().park("k", "old");
    scene().fixture.elapse(HOUR.multipliedBy(2));
    scene().append("k", "young");

    assertThat(scene().admin.oldestPendingAge().orElseThrow())
        .isBetween(HOUR.multipliedBy(2), HOUR.multipliedBy(2).plusSeconds(60));
    scene().fixture.elapse(HOUR);
    assertThat(scene().drain()).containsExactlyInAnyOrder("young", "old");
    assertThat(scene().admin.oldestPendingAge()).isEmpty();
    scene().fail("k", "failed");
    assertThat(scene().admin.oldestPendingAge()).isEmpty();
  }

  // ---- errors and delays as they come

  @Test
  void longErrorsAreCut() {
    scene().append("k", "a");
    scene().settle(error(scene().fetchOne(), "é".repeat(5_000)));

    assertThat(scene().onlyItem().lastError()).isEqualTo("é".repeat(4096));
  }

  @Test
  void anErrorThatNoDatabaseStoresDoesNotStopTheTurn() {
    var texts = new ArrayList<>(List.of("nul \0 inside", "lone \ud83d surrogate", ""));
    texts.add("x".repeat(4095) + "😀😀");
    for (String text : texts) {
      scene().append(null, "a");
      Entry entry = scene().fetchOne();
      scene().settle(error(entry, text));

      OutboxAdmin.Item item = scene().item(entry);
      assertThat(item.attempts()).isEqualTo(1);
      assertThat(item.lastError())
          .hasSizeLessThanOrEqualTo(4096)
          .startsWith(text.substring(0, Math.min(4, text.length())));
    }
  }

  private static Settled error(Entry entry, String text) {
    return new Settled(entry, new Settlement.Retry(HOUR, text));
  }

  @Test
  void aDelayWithoutEndMeansNever() {
    scene().append(null, "a", "b", "c");
    List<Entry> entries = scene().fetch().entries();
    Duration endless = Duration.ofSeconds(Long.MAX_VALUE);
    scene()
        .settle(
            retry(entries.get(0), endless),
            waiting(entries.get(1), endless),
            retry(entries.get(2), Duration.ofDays(36_525)));
    scene().fixture.elapse(Duration.ofDays(365));

    assertThat(scene().fetch().entries()).isEmpty();
    assertThat(scene().items()).hasSize(3).allMatch(item -> item.nextAttemptAt() != null);
  }

  @Test
  void aRecordFromTheFarFutureWaits() {
    OutboxRecord record =
        record("k", "a").availableAt(Instant.parse("9999-12-31T23:59:59Z")).build();
    scene().append(record);
    Entry entry = scene().fetchOne();
    assertThat(scene().turn(waiting(entry)).entries()).isEmpty();

    assertThat(scene().admin.get(record.id()).orElseThrow().availableAt())
        .isEqualTo(record.availableAt());
  }
}
