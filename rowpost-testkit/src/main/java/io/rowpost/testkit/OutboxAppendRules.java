package io.rowpost.testkit;

import static io.rowpost.testkit.OutboxScene.HOUR;
import static io.rowpost.testkit.OutboxScene.label;
import static io.rowpost.testkit.OutboxScene.labels;
import static io.rowpost.testkit.OutboxScene.record;
import static io.rowpost.testkit.OutboxScene.sent;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rowpost.core.OutboxBatch;
import io.rowpost.core.OutboxBatch.Entry;
import io.rowpost.core.OutboxBatch.Settled;
import io.rowpost.core.OutboxRecord;
import io.rowpost.core.OutboxStatus;
import io.rowpost.core.RejectedException;
import io.rowpost.core.Transactor;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is appended is what is fetched: bytes, order, visibility, ids taken once. */
abstract class OutboxAppendRules<T> {
  abstract OutboxScene<T> scene();

  // ---- bytes

  @Test
  void everyFieldComesBackUnchanged() {
    byte[] payload = new byte[512];
    new Random(7).nextBytes(payload);
    OutboxRecord appended =
        OutboxRecord.to("orders.events")
            .id(UUID.fromString("00000000-0000-4000-8000-0000000000ff"))
            .key("고객/Ärger\u202e😀 \u200b\t'; DROP TABLE--\\ %s ${x} ?::$1{fn x}")
            .type("scenario.order.Gone$Inner<?>/v2")
            .source("/shop?ünïcode=“yes”")
            .contentType("application/vnd.shop+json; charset=\"utf-8\"")
            .header("zebra", "last letter first")
            .header("X-Quote", "a\"b\\c,{}:[]=;| ")
            .header("alpha", "")
            .header("x-!#$%&'*+.^_`|~0", "e\u0301 is not é, 😀")
            .traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
            .payload(payload)
            .availableAt(Instant.parse("2001-02-03T04:05:06.123456Z"))
            .build();

    scene().append(appended);

    OutboxRecord fetched = scene().fetchOne().record();
    assertSame(fetched, appended);
    assertThat(fetched.createdAt()).isNotNull();
    assertThat(fetched.status()).isEqualTo(OutboxStatus.PENDING);
    assertThat(fetched.attempts()).isZero();
    assertThat(fetched.lastError()).isNull();
  }

  @Test
  void everyFieldSurvivesParking() {
    OutboxRecord appended =
        record("ключ ", "p")
            .source("/s")
            .header("b", "2")
            .header("a", "1")
            .traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00")
            .availableAt(Instant.parse("2001-02-03T04:05:06.000001Z"))
            .build();
    scene().append(appended);
    Entry first = scene().fetchOne();
    scene().settle(OutboxScene.retry(first, Duration.ZERO));

    Entry again = scene().fetchOne();

    assertSame(again.record(), appended);
    assertThat(again.record().createdAt()).isEqualTo(first.record().createdAt());
    assertThat(again.position()).isEqualTo(first.position());
    assertThat(again.record().attempts()).isEqualTo(1);
    assertThat(again.record().lastError()).isEqualTo("refused");
  }

  @Test
  void whatIsLeftOutStaysOut() {
    OutboxRecord appended = OutboxRecord.to("t").type("x").build();

    scene().append(appended);

    OutboxRecord fetched = scene().fetchOne().record();
    assertSame(fetched, appended);
    assertThat(fetched.key()).isNull();
    assertThat(fetched.headers()).isEmpty();
    assertThat(fetched.payload()).isEmpty();
    assertThat(fetched.availableAt()).isNull();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 255, 65_535, 65_536, (1 << 20) - 1, 1 << 20, (1 << 20) + 1})
  void payloadsOfEverySizeComeBack(int size) {
    byte[] payload = new byte[size];
    new Random(size).nextBytes(payload);

    scene().append(OutboxRecord.to("t").key("k").type("x").payload(payload).build());

    assertThat(scene().fetchOne().record().payload()).isEqualTo(payload);
  }

  @Test
  void longestFieldsFit() {
    OutboxRecord appended =
        OutboxRecord.to("t".repeat(249))
            .key("한".repeat(255))
            .type("t".repeat(255))
            .source("ü".repeat(255))
            .contentType("c".repeat(255))
            .header("n".repeat(128), "한".repeat(5_000))
            .build();

    scene().append(appended);

    assertSame(scene().fetchOne().record(), appended);
  }

  static void assertSame(OutboxRecord actual, OutboxRecord expected) {
    assertThat(actual)
        .usingRecursiveComparison()
        .ignoringFields("createdAt", "status", "attempts", "lastError", "headers")
        .isEqualTo(expected);
    assertThat(new ArrayList<>(actual.headers().entrySet()))
        .isEqualTo(new ArrayList<>(expected.headers().entrySet()));
  }

  // ---- visibility and order

  @Test
  void nothingIsSeenBeforeTheCommitOrAfterARollback() {
    try (var lost = scene().begin();
        var kept = scene().begin()) {
      scene().appendIn(lost, "k", "lost");
      scene().appendIn(kept, "k", "kept");
      assertThat(scene().fetch().entries()).isEmpty();
      assertThat(scene().items()).isEmpty();
      lost.rollback();
      kept.commit();
    }

    assertThat(labels(scene().fetch())).containsExactly("kept");
  }

  @Test
  void recordsOfOneTransactionComeInTheOrderOfTheCalls() {
    try (var transaction = scene().begin()) {
      for (int i = 0; i < 20; i++) {
        scene().appendIn(transaction, i % 3 == 0 ? null : "k" + i % 3, "r" + i);
      }
      transaction.commit();
    }

    assertThat(labels(scene().fetch()))
        .containsExactlyElementsOf(IntStream.range(0, 20).mapToObj(i -> "r" + i).toList());
  }

  @Test
  void recordsOfOneCallComeInTheOrderOfTheList() {
    List<String> expected = IntStream.range(0, 500).mapToObj(i -> "r" + i).toList();

    scene().append("k", expected.toArray(String[]::new));

    assertThat(labels(scene().fetch())).containsExactlyElementsOf(expected);
  }

  /** An id drawn on a node whose clock is an hour off must not move a record. */
  @Test
  void idsAndTheirClocksNeverDecideTheOrder() {
    for (int i = 0; i < 10; i++) {
      long time = Instant.parse("2030-01-01T00:00:00Z").minus(HOUR.multipliedBy(i)).toEpochMilli();
      scene()
          .append(record("k", "r" + i).id(new UUID(time << 16 | 0x7000, Long.MIN_VALUE)).build());
    }

    assertThat(labels(scene().fetch()))
        .containsExactly("r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9");
  }

  @Test
  void aLateCommitIsNeverSkipped() {
    try (var late = scene().begin();
        var later = scene().begin()) {
      scene().appendIn(late, "a", "late");
      scene().appendIn(later, "b", "later");
      scene().append("c", "early");

      Entry early = scene().fetchOne();
      assertThat(label(early.record())).isEqualTo("early");
      scene().settle(sent(early));
      scene().append("c", "next");
      Entry next = scene().fetchOne();
      assertThat(label(next.record())).isEqualTo("next");
      later.commit();
      Entry second = scene().fetchOne();
      assertThat(label(second.record())).isEqualTo("later");
      scene().settle(sent(second), sent(next));
      late.commit();
    }

    assertThat(scene().drain()).containsExactly("late");
    assertThat(scene().fetch().entries()).isEmpty();
  }

  @Test
  void manyLateCommitsAreNeverSkipped() {
    var seen = new ArrayList<String>();
    var open = new ArrayList<OpenTransaction<T>>();
    try {
      for (int i = 0; i < 8; i++) {
        OpenTransaction<T> slow = scene().begin();
        open.add(slow);
        scene().appendIn(slow, "slow" + i, "slow" + i);
        scene().append("quick", "quick" + i);
        seen.addAll(scene().drain());
      }
      assertThat(seen).hasSize(8).allMatch(label -> label.startsWith("quick"));
      for (int i = 7; i >= 0; i--) {
        open.get(i).commit();
        seen.addAll(scene().drain());
      }
    } finally {
      open.forEach(OpenTransaction::close);
    }

    assertThat(seen.subList(8, 16))
        .containsExactly("slow7", "slow6", "slow5", "slow4", "slow3", "slow2", "slow1", "slow0");
  }

  @Test
  void rolledBackGapsHoldNothingUp() {
    for (int i = 0; i < 30; i++) {
      try (var gone = scene().begin()) {
        scene().appendIn(gone, "k", "gone");
      }
      scene().append("k", "r" + i);
    }

    assertThat(scene().drain())
        .containsExactlyElementsOf(IntStream.range(0, 30).mapToObj(i -> "r" + i).toList());
  }

  /** The transaction that begins first and appends last is last. */
  @Test
  void theAppendGivesThePlaceNotTheBeginOfTheTransaction() {
    try (var early = scene().begin()) {
      scene().appendIn(early, "other", "x");
      scene().append("k", "first");
      scene().appendIn(early, "k", "second");
      early.commit();
    }

    assertThat(labels(scene().fetch()).stream().filter(label -> !label.equals("x")))
        .containsExactly("first", "second");
  }

  /** Every order in which two transactions append to a key and commit, with a poll in between. */
  @Test
  void aKeySurvivesEveryInterleavingOfAppends() {
    List<String> interleavings = List.of("aAbB", "abAB", "abBA", "baAB", "baBA", "bBaA");
    for (String steps : interleavings) {
      for (int poll = 0; poll <= steps.length(); poll++) {
        String where = steps + " polled at " + poll;
        var published = new ArrayList<String>();
        try (var a = scene().begin();
            var b = scene().begin()) {
          for (int i = 0; i < steps.length(); i++) {
            if (i == poll) {
              published.addAll(scene().drain());
            }
            switch (steps.charAt(i)) {
              case 'a' -> scene().appendIn(a, "k", "a");
              case 'A' -> a.commit();
              case 'b' -> scene().appendIn(b, "k", "b");
              case 'B' -> b.commit();
              default -> throw new AssertionError(steps);
            }
          }
        }
        published.addAll(scene().drain());
        assertThat(published).as(where).containsExactlyInAnyOrder("a", "b");
        if (steps.equals("aAbB")) {
          assertThat(published).as(where).containsExactly("a", "b");
        } else if (steps.equals("bBaA")) {
          assertThat(published).as(where).containsExactly("b", "a");
        }
      }
    }
  }

  @Test
  void concurrentFirstUseOfAKeyCommitsEverywhere() {
    int threads = 8;
    ConcurrentTasks.runAtOnce(threads, i -> scene().append("new key", "r" + i));

    assertThat(labels(scene().fetch()))
        .containsExactlyInAnyOrderElementsOf(
            IntStream.range(0, threads).mapToObj(i -> "r" + i).toList());
  }

  @Test
  void anIdAppendedTwiceComesTwice() {
    OutboxRecord record = record("k", "r").build();

    scene().append(List.of(record, record));
    scene().append(record);

    List<Entry> entries = scene().fetch().entries();
    assertThat(entries).extracting(Entry::record).containsExactly(record, record, record);
    assertThat(entries).extracting(Entry::position).doesNotHaveDuplicates();
  }

  @Test
  void aFetchedRecordIsNotFetchedAgainUnderItsLease() {
    scene().append("k", "a", "b");
    OutboxBatch batch = scene().fetch();
    scene().append("k", "c");

    assertThat(labels(scene().fetch())).containsExactly("c");
    assertThat(scene().fetch().entries()).isEmpty();
    scene().settle(batch.entries().stream().map(OutboxScene::sent).toArray(Settled[]::new));
    assertThat(scene().fetch().entries()).isEmpty();
  }

  // ---- the append as the last act of a transaction

  @Test
  void aLastAppendIsCommittedWithTheWork() {
    for (int i = 0; i < 3; i++) {
      String last = "last" + i;
      String work = "work" + i;
      Integer result =
          scene()
              .outbox()
              .executeWithOutbox(record("k", last).build(), tx -> scene().appendTo(tx, "k", work));

      assertThat(result).isEqualTo(1);
      assertThat(scene().drain()).containsExactly(work, last);
    }
  }

  @Test
  void aLastAppendIsNotBegunWhenTheWorkFails() {
    var thrown = new IOException("from the work");
    assertThatThrownBy(
            () ->
                scene()
                    .outbox()
                    .executeWithOutbox(
                        record("k", "last").build(),
                        tx -> {
                          scene().appendTo(tx, "k", "work");
                          throw thrown;
                        }))
        .isSameAs(thrown);

    assertThat(scene().drain()).isEmpty();
  }

  @Test
  void nothingIsSavedWhenALastAppendIsRejected() {
    OutboxRecord tooLarge = record("k", "last").payload(new byte[(1 << 20) + 1]).build();
    assertThatThrownBy(
            () ->
                scene()
                    .outbox()
                    .executeWithOutbox(tooLarge, tx -> scene().appendTo(tx, "k", "work")))
        .isInstanceOf(RejectedException.class);

    assertThat(scene().drain()).isEmpty();
  }

  /** Whether the store commits or the transactor does. */
  @Test
  void aLastActThatFailsRollsTheWorkBack() {
    var thrown = new IllegalStateException("from the last act");
    assertThatThrownBy(
            () ->
                scene()
                    .fixture
                    .transactor()
                    .inTransaction(
                        tx -> scene().appendTo(tx, "k", "work"),
                        new Transactor.LastAct<>() {
                          @Override
                          public void run(T tx, Integer result) {
                            throw thrown;
                          }

                          @Override
                          public void runAndCommit(T tx, Integer result) {
                            throw thrown;
                          }
                        }))
        .isSameAs(thrown);

    assertThat(scene().drain()).isEmpty();
  }

  @Test
  void aLastAppendThatCommitsHasCommittedWhenItReturns() {
    OutboxRecord last = record("k", "last").build();
    scene()
        .fixture
        .transactor()
        .inTransaction(
            tx -> scene().appendTo(tx, "k", "work"),
            new Transactor.LastAct<>() {
              /** What a transactor calls that commits by itself. */
              @Override
              public void run(T tx, Integer result) {
                scene().store.append(tx, List.of(last));
              }

              @Override
              public void runAndCommit(T tx, Integer result) {
                scene().store.appendAndCommit(tx, last);
                assertThat(labels(scene().fetch())).containsExactly("work", "last");
              }
            });
  }

  // ---- appendIfAbsent

  @Test
  void anIdIsTakenOnceAndTheTransactionStaysUsable() {
    OutboxRecord once = record("k", "once").build();
    assertThat(scene().appendIfAbsent(once)).isTrue();

    try (var transaction = scene().begin()) {
      assertThat(scene().appendIfAbsent(transaction, once)).isFalse();
      scene().appendIn(transaction, "k", "after");
      transaction.commit();
    }

    assertThat(labels(scene().fetch())).containsExactly("once", "after");
    assertThat(scene().appendIfAbsent(once)).isFalse();
  }

  @Test
  void anIdIsTakenOnceInOneTransaction() {
    OutboxRecord once = record("k", "once").build();
    try (var transaction = scene().begin()) {
      assertThat(scene().appendIfAbsent(transaction, once)).isTrue();
      assertThat(scene().appendIfAbsent(transaction, once)).isFalse();
      transaction.commit();
    }

    assertThat(labels(scene().fetch())).containsExactly("once");
  }

  @Test
  void anIdIsFreeAgainAfterARollback() {
    OutboxRecord once = record("k", "once").build();
    try (var transaction = scene().begin()) {
      assertThat(scene().appendIfAbsent(transaction, once)).isTrue();
    }

    assertThat(scene().appendIfAbsent(once)).isTrue();
    assertThat(labels(scene().fetch())).containsExactly("once");
  }

  @Test
  void aTakenIdStaysTakenAfterItsRecordIsSent() {
    OutboxRecord once = record("k", "once").build();
    scene().appendIfAbsent(once);
    scene().drain();

    assertThat(scene().appendIfAbsent(once)).isFalse();
    assertThat(scene().fetch().entries()).isEmpty();
  }

  @Test
  void aPlainAppendDoesNotTakeTheId() {
    OutboxRecord record = record("k", "r").build();
    scene().append(record);

    assertThat(scene().appendIfAbsent(record)).isTrue();
    assertThat(labels(scene().fetch())).containsExactly("r", "r");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aConcurrentCopyWaitsForTheOutcomeOfTheFirst(boolean firstCommits) {
    OutboxRecord once = record("k", "once").build();
    try (var first = scene().begin();
        var second = scene().begin()) {
      assertThat(scene().appendIfAbsent(first, once)).isTrue();
      CompletableFuture<Boolean> copy = second.start(tx -> scene().store.appendIfAbsent(tx, once));
      OpenTransaction.assertWaits(copy);
      if (firstCommits) {
        first.commit();
      } else {
        first.rollback();
      }
      boolean appended = OpenTransaction.get(copy);
      assertThat(appended).isEqualTo(!firstCommits);
      scene().appendIn(second, "k", "after");
      second.commit();
    }

    assertThat(labels(scene().fetch())).containsExactly("once", "after");
  }

  @Test
  void ofConcurrentCopiesExactlyOneIsAppended() {
    int rounds = scene().fixture.size(50);
    int threads = 4;
    for (int round = 0; round < rounds; round++) {
      OutboxRecord once = record("k", "once").build();
      List<Boolean> appended =
          ConcurrentTasks.callAtOnce(threads, i -> scene().appendIfAbsent(once));
      assertThat(appended).as("round %d", round).containsOnlyOnce(true);
      assertThat(scene().drain()).as("round %d", round).containsExactly("once");
    }
  }
}
