package io.rowpost.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rowpost.core.InboxProcessor;
import io.rowpost.core.InboxResult;
import io.rowpost.core.InboxStatus;
import io.rowpost.core.InboxStore.Claim;
import io.rowpost.core.InboxStore.Entry;
import io.rowpost.core.Message;
import io.rowpost.core.MessageHandler;
import io.rowpost.core.StoreException;
import io.rowpost.core.Transactor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Many deliveries at a time. */
abstract class InboxRaceRules<T> extends InboxRules<T> {
  InboxRaceRules(InboxFixture<T> fixture) {
    super(fixture);
  }

  @Test
  void concurrentFirstMessagesOfOneKeyAllCommit() throws Exception {
    InboxProcessor<T> inbox = builder().build();
    List<Message> messages = messages(8, 1);
    List<InboxResult> results =
        ConcurrentTasks.callAtOnce(
            calls(messages, message -> deliver(() -> inbox.process(message, this::charge))));
    assertThat(results).containsOnly(InboxResult.PROCESSED);
    assertThat(effects()).containsExactlyInAnyOrderElementsOf(ids(messages));
  }

  @TestFactory
  List<DynamicTest> concurrentDeliveriesHaveOneEffect() {
    var tests = new ArrayList<DynamicTest>();
    fixture
        .isolationLevels()
        .forEach(
            (level, transactor) ->
                tests.add(
                    DynamicTest.dynamicTest(level, () -> concurrentDeliveriesOn(transactor))));
    return tests;
  }

  private void concurrentDeliveriesOn(Transactor<T> transactor) throws Exception {
    InboxProcessor<T> inbox = InboxProcessor.builder(store(), transactor, CONSUMER).build();
    for (int round = 0; round < 20; round++) {
      Message message = message("k");
      if (round % 2 == 1) {
        assertThatThrownBy(() -> deliver(() -> inbox.process(message, failing("first"))))
            .isInstanceOf(IOException.class);
      }
      List<InboxResult> results =
          ConcurrentTasks.callAtOnce(
              Collections.nCopies(6, () -> deliver(() -> inbox.process(message, this::charge))));
      assertThat(results).containsOnlyOnce(InboxResult.PROCESSED);
      assertThat(Collections.frequency(results, InboxResult.DUPLICATE)).isEqualTo(5);
      assertThat(effects()).containsOnlyOnce(message.id());
    }
  }

  @Test
  void aCopyThatWaitsTakesOverWhenTheFirstOneFails() throws Exception {
    InboxProcessor<T> inbox = builder().build();
    for (int round = 0; round < 20; round++) {
      Message message = message("k");
      var runs = new AtomicInteger();
      List<String> results =
          ConcurrentTasks.callAtOnce(
              Collections.nCopies(
                  4,
                  () ->
                      outcome(
                          () ->
                              inbox.process(
                                  message,
                                  (tx, m) -> {
                                    charge(tx, m);
                                    if (runs.getAndIncrement() == 0) {
                                      throw new IOException("the first one fails");
                                    }
                                  }))));
      // The failed one answers DUPLICATE if a copy was faster than the record of its failure.
      assertThat(results)
          .containsOnlyOnce("PROCESSED")
          .isSubsetOf("PROCESSED", "DUPLICATE", "the first one fails");
      assertThat(Collections.frequency(results, "the first one fails")).isLessThan(2);
      assertThat(effects()).containsOnlyOnce(message.id());
      assertThat(row(message).status()).isEqualTo(InboxStatus.COMPLETED);
    }
  }

  private static String outcome(Callable<InboxResult> delivery) throws Exception {
    try {
      return deliver(delivery).name();
    } catch (IOException e) {
      return String.valueOf(e.getMessage());
    }
  }

  @Test
  void concurrentFailuresAreAllCounted() throws Exception {
    InboxProcessor<T> inbox = builder().build();
    Message message = message("k");
    List<String> results =
        ConcurrentTasks.callAtOnce(
            Collections.nCopies(6, () -> outcome(() -> inbox.process(message, failing("no")))));
    assertThat(results).containsOnly("no");
    assertThat(row(message).attempts()).isEqualTo(6);
    assertThat(effects()).isEmpty();
  }

  @Test
  void aClaimHoldsUpACopyUntilItsTransactionEnds() {
    Message message = message("k");
    var entry = new Entry(message.id(), message);
    try (var copy = new OpenTransaction<>(fixture.transactor());
        var first = new OpenTransaction<>(fixture.transactor())) {
      Claim claim = first.run(tx -> claim(tx, CONSUMER, entry));
      assertThat(claim).isEqualTo(Claim.NEW);
      CompletableFuture<Claim> waiting = copy.start(tx -> claim(tx, CONSUMER, entry));
      OpenTransaction.assertWaits(waiting);
      first.run(tx -> complete(tx, message));
      first.commit();
      assertThat(OpenTransaction.get(waiting)).isEqualTo(Claim.COMPLETED);
    }
  }

  @Test
  void aCopyHasNoOutcomeWhileTheFirstOneIsAtWork() throws Exception {
    InboxProcessor<T> inbox = builder().build();
    Message message = message("k");
    var begun = new CountDownLatch(1);
    var mayEnd = new CountDownLatch(1);
    CompletableFuture<InboxResult> first =
        ConcurrentTasks.start(
            "first",
            () ->
                inbox.process(
                    message,
                    (tx, m) -> {
                      charge(tx, m);
                      begun.countDown();
                      assertThat(mayEnd.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
                    }));
    assertThat(begun.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    CompletableFuture<InboxResult> copy =
        ConcurrentTasks.start("copy", () -> deliver(() -> inbox.process(message, this::charge)));
    OpenTransaction.assertWaits(copy);
    mayEnd.countDown();
    assertThat(OpenTransaction.get(first)).isEqualTo(InboxResult.PROCESSED);
    assertThat(OpenTransaction.get(copy)).isEqualTo(InboxResult.DUPLICATE);
    assertThat(effects()).containsExactly(message.id());
  }

  @Test
  void aDeadlockIsNeitherADuplicateNorAnAttempt() throws Exception {
    InboxProcessor<T> inbox = builder().build();
    List<Message> messages = messages(2, 2);
    List<Entry> shared = messages(2, 2).stream().map(m -> new Entry(m.id(), m)).toList();
    var eachHoldsOne = new CyclicBarrier(2);
    List<Boolean> done =
        ConcurrentTasks.callAtOnce(
            calls(
                List.of(0, 1),
                mine ->
                    isProcessed(
                        inbox,
                        messages.get(mine),
                        (tx, m) -> {
                          charge(tx, m);
                          claim(tx, "audit", shared.get(mine));
                          eachHoldsOne.await(PATIENCE.toSeconds(), TimeUnit.SECONDS);
                          claim(tx, "audit", shared.get(1 - mine));
                        })));
    assertThat(done).as("that two wait for each other is an error of the database").contains(false);
    for (int i = 0; i < 2; i++) {
      Message message = messages.get(i);
      if (!done.get(i)) {
        assertThat(admin().get(CONSUMER, message.id())).as("no attempt is counted").isEmpty();
      }
      assertThat(inbox.process(message, this::charge))
          .isEqualTo(done.get(i) ? InboxResult.DUPLICATE : InboxResult.PROCESSED);
    }
    assertThat(effects()).containsExactlyInAnyOrderElementsOf(ids(messages));
  }

  private Claim claim(T tx, String consumer, Entry entry) {
    return store().claim(tx, consumer, List.of(entry), WEEK).get(0);
  }

  private boolean isProcessed(
      InboxProcessor<T> inbox, Message message, MessageHandler<T, Exception> handler)
      throws Exception {
    try {
      return inbox.process(message, handler) == InboxResult.PROCESSED;
    } catch (StoreException e) {
      return false;
    }
  }

  @Test
  void everyMessageDeliveredTwoToFiveTimesInDisorderTakesEffectOnce() throws Exception {
    var random = new Random(29);
    List<Message> messages = messages(120, 10);
    var deliveries = new ArrayList<Message>();
    for (Message message : messages) {
      deliveries.addAll(Collections.nCopies(2 + random.nextInt(4), message));
    }
    Collections.shuffle(deliveries, random);
    InboxProcessor<T> inbox = builder().build();
    var alreadyFailed = Collections.synchronizedSet(new HashSet<String>());
    MessageHandler<T, IOException> failsOnceForSome =
        (tx, message) -> {
          charge(tx, message);
          if (message.hashCode() % 5 == 0 && alreadyFailed.add(message.id())) {
            throw new IOException("fails once");
          }
        };
    ConcurrentTasks.callAtOnce(
        calls(
            slices(deliveries, 4),
            slice -> {
              deliverInPolls(inbox, slice, failsOnceForSome);
              return true;
            }));
    assertThat(effects()).containsExactlyInAnyOrderElementsOf(ids(messages));

    assertThat(inbox.processAll(messages, this::charge))
        .as("the topic replayed from its beginning")
        .isEqualTo(new InboxProcessor.BatchResult(0, messages.size(), 0, 0, List.of()));
    assertThat(effects()).hasSize(messages.size());
  }

  @Test
  void overlappingBatchesInOppositeOrdersHaveOneEffectEach() throws Exception {
    InboxProcessor<T> inbox = builder().build();
    for (int round = 0; round < 10; round++) {
      List<Message> messages = messages(20, 20);
      var reversed = new ArrayList<>(messages);
      Collections.reverse(reversed);
      ConcurrentTasks.callAtOnce(
          calls(
              List.of(messages, reversed, messages, reversed),
              batch -> {
                deliverInPolls(inbox, batch, this::charge);
                return inbox.processAll(batch, this::charge);
              }));
      assertThat(effects()).as("round %d", round).containsAll(ids(messages));
    }
    assertThat(effects()).hasSize(200).doesNotHaveDuplicates();
  }
}
