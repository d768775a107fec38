package io.rowpost.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rowpost.core.InboxProcessor.BatchResult;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What an inbox processor does around its store; the store's own rules are in the contract. */
class InboxProcessorTest {
  private static final Instant NOW = Instant.parse("2026-05-04T10:00:00Z");
  private static final OutboxAdmin.Act ACT = new OutboxAdmin.Act("ann", "fixed");

  private final InMemoryTransactor transactor = new InMemoryTransactor();
  private final InMemoryInboxStore store = new InMemoryInboxStore(InstantSource.fixed(NOW));
  private final InboxProcessor<InMemoryTransaction> inbox = processor("payments").build();

  /** Committed effects, by message id. */
  private final List<String> effects = new ArrayList<>();

  /** Every run of a handler, committed or not. */
  private final List<String> runs = new ArrayList<>();

  @Test
  void aMessageTakesEffectOnce() {
    Message message = message("k");
    assertThat(inbox.process(message, this::charge)).isEqualTo(InboxResult.PROCESSED);
    assertThat(inbox.process(message, this::charge)).isEqualTo(InboxResult.DUPLICATE);
    assertThat(effects).containsExactly(message.id());
    assertThat(runs).hasSize(1);
  }

  @Test
  void theHandlersExceptionComesThroughAndTheMessageIsRunAgain() {
    Message message = message("k");
    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> inbox.process(message, failing(new IOException("card terminal away"))))
        .withMessage("card terminal away");
    InboxRecord failed = store.admin().get("payments", message.id()).orElseThrow();
    assertThat(failed.status()).isEqualTo(InboxStatus.FAILED);
    assertThat(failed.attempts()).isEqualTo(1);
    assertThat(failed.lastError()).isEqualTo("java.io.IOException: card terminal away");
    assertThat(failed.parked()).isFalse();
    assertThat(effects).isEmpty();

    assertThat(inbox.process(message, this::charge)).isEqualTo(InboxResult.PROCESSED);
    assertThat(effects).containsExactly(message.id());
  }

  @Test
  void theLastAttemptParksTheWholeMessage() throws Exception {
    InboxProcessor<InMemoryTransaction> patient = processor("payments").maxAttempts(3).build();
    Message message = message("k");
    for (int attempt = 1; attempt <= 2; attempt++) {
      assertThatThrownBy(() -> patient.process(message, failing(new IOException("no"))))
          .isInstanceOf(IOException.class);
    }
    assertThat(store.admin().parked("payments", message.id())).isEmpty();
    assertThat(patient.process(message, failing(new IOException("no"))))
        .isEqualTo(InboxResult.FAILED);
    assertThat(store.admin().parked("payments", message.id())).containsSame(message);
    assertThat(patient.process(message, this::charge)).isEqualTo(InboxResult.FAILED);
    assertThat(runs).hasSize(3);
    assertThat(effects).isEmpty();
  }

  @Test
  void aReopenedMessageRunsWithFreshAttempts() {
    Message message = park(message("k"));
    assertThat(inbox.retryParked(this::charge)).isZero();
    assertThat(store.admin().retry("payments", message.id(), ACT)).isTrue();
    assertThat(inbox.retryParked(failing(new IOException("still no")))).isZero();
    assertThat(store.admin().get("payments", message.id())).map(InboxRecord::attempts).contains(1);
    assertThat(inbox.retryParked(this::charge)).isOne();
    assertThat(inbox.retryParked(this::charge)).isZero();
    assertThat(effects).containsExactly(message.id());
    assertThat(store.admin().parked("payments", message.id())).isEmpty();
  }

  @Test
  void aReopenedFailureHoldsUpTheLaterOnesOfItsKeyOnly() {
    Message first = park(message("k"));
    Message second = park(message("k"));
    Message other = park(message("other"));
    for (Message message : List.of(first, second, other)) {
      store.admin().retry("payments", message.id(), ACT);
    }
    int processed = inbox.retryParked((tx, message) -> chargeBut(first, tx, message));
    assertThat(processed).isOne();
    assertThat(effects).containsExactly(other.id());
    assertThat(runs).containsExactlyInAnyOrder(first.id(), other.id());
  }

  @Test
  void errorsOfTheMachineAreFailuresOfTheMessage() {
    Message message = message("k");
    assertThatThrownBy(() -> inbox.process(message, (tx, m) -> overflow(0)))
        .isInstanceOf(StackOverflowError.class);
    assertThat(store.admin().get("payments", message.id())).map(InboxRecord::attempts).contains(1);
  }

  @Test
  void aStoreThatFailsBurnsNoAttempt() {
    Message message = message("k");
    StoreException away = away();
    assertThatThrownBy(() -> inbox.process(message, failing(away))).isSameAs(away);
    assertThat(store.admin().get("payments", message.id())).isEmpty();
  }

  @Test
  void aFailureThatCannotBeRecordedStillAsksForARedelivery() {
    var broken = new BrokenTransactor();
    InboxProcessor<InMemoryTransaction> failing =
        InboxProcessor.builder(store, broken, "payments").build();
    var error = new IOException("no");
    assertThatThrownBy(
            () ->
                failing.process(
                    message("k"),
                    (tx, m) -> {
                      broken.failure = away();
                      throw error;
                    }))
        .isSameAs(error)
        .hasSuppressedException(broken.failure);
  }

  @Test
  void aFailureWhoseRecordIsInDoubtIsNotCountedTwice() {
    var broken = new BrokenTransactor();
    InboxProcessor<InMemoryTransaction> failing =
        InboxProcessor.builder(store, broken, "payments").build();
    Message message = message("k");
    var error = new IOException("no");
    assertThatThrownBy(
            () ->
                failing.process(
                    message,
                    (tx, m) -> {
                      broken.lostAnswer = commitFailure(StoreException.Outcome.UNKNOWN);
                      throw error;
                    }))
        .isSameAs(error)
        .hasSuppressedException(broken.lostAnswer);
    assertThat(store.admin().get("payments", message.id())).map(InboxRecord::attempts).contains(1);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aCommitThatFailsBurnsNoAttempt(boolean known) {
    var broken = new BrokenTransactor();
    InboxProcessor<InMemoryTransaction> failing =
        InboxProcessor.builder(store, broken, "payments").build();
    Message message = message("k");
    broken.commitFailure =
        commitFailure(known ? StoreException.Outcome.ROLLED_BACK : StoreException.Outcome.UNKNOWN);
    assertThatThrownBy(() -> failing.process(message, this::charge)).isSameAs(broken.commitFailure);
    assertThat(store.admin().get("payments", message.id())).isEmpty();
  }

  private static StoreException commitFailure(StoreException.Outcome outcome) {
    return new StoreException("ROWPOST-213", "lost", "wait", outcome, null);
  }

  @Test
  void anErrorThatCannotBePrintedIsRecordedAllTheSame() {
    Message message = message("k");
    RuntimeException unprintable =
        new RuntimeException("x") {
          private static final long serialVersionUID = 1L;

          @Override
          public String getMessage() {
            throw new IllegalStateException("no message either");
          }
        };
    assertThatThrownBy(() -> inbox.process(message, failing(unprintable))).isSameAs(unprintable);
    assertThat(store.admin().get("payments", message.id()))
        .map(InboxRecord::lastError)
        .contains(unprintable.getClass().getName());
  }

  @Test
  void errorsAreStoredAsSafeTextOfBoundedLength() {
    var cause = new IllegalStateException("b\0c\uD800 \u001B[2J");
    var error = new IOException("x".repeat(5000), cause);
    assertThat(ErrorText.of(error)).hasSize(4096).startsWith("java.io.IOException: xxx");
    assertThat(ErrorText.of(cause))
        .isEqualTo("java.lang.IllegalStateException: b\uFFFDc\uFFFD \uFFFD[2J");
    assertThat(ErrorText.of(new IOException("outer", cause)))
        .isEqualTo("java.io.IOException: outer\ncaused by " + ErrorText.of(cause));
    assertThat(ErrorText.safe("a\uD83D\uDE00b")).isEqualTo("a\uD83D\uDE00b");
    assertThat(ErrorText.safe("x".repeat(4095) + "\uD83D\uDE00"))
        .isEqualTo("x".repeat(4095) + "\uFFFD");
  }

  @Test
  void aForeignNameStaysInItsLineOfTheLog() {
    assertThat(ErrorText.inLine("orders\n2026 ERROR forged\r\t\u001B[2J"))
        .isEqualTo("orders\uFFFD2026 ERROR forged\uFFFD\uFFFD\uFFFD[2J");
    assertThat(ErrorText.inLine("x".repeat(9999))).hasSize(258).endsWith("x...");
  }

  // ids

  @ParameterizedTest
  @CsvSource({
    "0190163D-8694-739B-AEA5-966C26F8AD91, 0190163d-8694-739b-aea5-966c26f8ad91",
    "0190163d-8694-739b-aea5-966c26f8ad91, 0190163d-8694-739b-aea5-966c26f8ad91",
    "1-1-1-1-1, /shop/1-1-1-1-1",
    "4711, /shop/4711",
    "a/b%2F, /shop/a%2Fb%252F",
    "' 7 ', '/shop/ 7 '",
  })
  void idsOfOtherProducersAreKeptApart(String id, String expected) {
    Message message = message(id, "/shop");
    assertThat(DedupId.of(message, null)).isEqualTo(new DedupId(expected, null));
  }

  @Test
  void withoutASourceTheTopicStandsForTheProducer() {
    assertThat(DedupId.of(message("4711", null), null).id()).isEqualTo("orders.events/4711");
  }

  @Test
  void twoPairsOfProducerAndIdNeverShareAForm() {
    assertThat(DedupId.of(message("b/c", "a"), null))
        .isNotEqualTo(DedupId.of(message("c", "a/b"), null));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "\t\n"})
  void aMessageWithoutAnIdIsAnErrorAndNotANewId(String id) {
    assertThatExceptionOfType(RejectedException.class)
        .isThrownBy(() -> inbox.process(message(id, "/shop"), this::charge))
        .withMessageStartingWith(
            "ROWPOST-402 The message was not processed: no message id found on topic orders.events.")
        .withMessageContaining("\n  Fix: have the producer send ce_id");
    assertThat(runs).isEmpty();
  }

  @Test
  void aResolverOverridesTheId() {
    InboxProcessor<InMemoryTransaction> byHeader =
        processor("payments").messageId(m -> m.headers().get("x-request-id")).build();
    Message first = message("1", "/shop", Map.of("x-request-id", "r-1"));
    Message same = message("2", "/shop", Map.of("x-request-id", "r-1"));
    assertThat(byHeader.process(first, this::charge)).isEqualTo(InboxResult.PROCESSED);
    assertThat(byHeader.process(same, this::charge)).isEqualTo(InboxResult.DUPLICATE);
    assertThat(store.admin().get("payments", "r-1")).isPresent();
    assertThatThrownBy(() -> byHeader.process(message("k"), this::charge))
        .hasMessageStartingWith("ROWPOST-402");
  }

  @Test
  void theLongestIdRunsAndALongerOneIsRefusedAndParked() {
    String longest = "x".repeat(512 - "/shop/".length());
    assertThat(inbox.process(message(longest, "/shop"), this::charge))
        .isEqualTo(InboxResult.PROCESSED);
    assertParkedAs403(message(longest + "x", "/shop"), "has 513 characters");
  }

  @Test
  void idsThatDatabasesCannotKeepAreRefusedAndParked() {
    assertParkedAs403(message("a\0b", "/shop"), "has a NUL character");
    assertParkedAs403(message("a\uD800b", "/shop"), "has a lone surrogate");
    assertParkedAs403(message("a\uD801b", "/shop"), "has a lone surrogate");
    assertThat(store.admin().counts("payments").parked()).isEqualTo(3);
  }

  private void assertParkedAs403(Message message, String problem) {
    int before = runs.size();
    String id = DedupId.of(message, null).id();
    assertThat(inbox.process(message, this::charge)).isEqualTo(InboxResult.FAILED);
    assertThat(inbox.process(message, this::charge)).isEqualTo(InboxResult.FAILED);
    assertThat(id).matches("sha256:[0-9a-f]{64}");
    assertThat(store.admin().parked("payments", id)).containsSame(message);
    assertThat(store.admin().get("payments", id).orElseThrow().lastError())
        .startsWith("ROWPOST-403 The message was not processed: its id " + problem);
    assertThat(runs).hasSize(before);
  }

  @Test
  void aRefusedMessageRunsWhenAnOperatorSaysSo() {
    Message message = message("a\0b", "/shop");
    inbox.process(message, this::charge);
    store.admin().retry("payments", DedupId.of(message, null).id(), ACT);
    assertThat(inbox.retryParked(this::charge)).isOne();
    assertThat(inbox.process(message, this::charge)).isEqualTo(InboxResult.FAILED);
    assertThat(effects).containsExactly("a\0b");
  }

  // the batch

  @Test
  void aPollIsOneTransaction() {
    var counting = new BrokenTransactor();
    InboxProcessor<InMemoryTransaction> batch =
        InboxProcessor.builder(store, counting, "payments").build();
    Message done = message("k");
    batch.process(done, this::charge);
    Message a = message("k");
    Message b = message("k");
    int before = counting.begun;
    assertThat(batch.processAll(List.of(a, done, b, a), this::charge))
        .isEqualTo(new BatchResult(2, 2, 0, 0, List.of()));
    assertThat(counting.begun).isEqualTo(before + 1);
    assertThat(effects).containsExactly(done.id(), a.id(), b.id());
    assertThat(batch.processAll(List.of(), this::charge))
        .isEqualTo(new BatchResult(0, 0, 0, 0, List.of()));
  }

  @Test
  void aFailureHoldsUpItsKeyAndNobodyElse() {
    Message poison = message("k");
    Message behind = message("k");
    Message other = message("other");
    Message alone = message((String) null);
    Message elsewhere = onTopic(message("k"), "refunds.events");
    BatchResult result =
        inbox.processAll(
            List.of(other, poison, behind, alone, elsewhere, poison),
            (tx, message) -> chargeBut(poison, tx, message));
    assertThat(result).isEqualTo(new BatchResult(3, 0, 0, 0, List.of(poison, behind, poison)));
    assertThat(effects).containsExactly(other.id(), alone.id(), elsewhere.id());
    assertThat(runs).doesNotContain(behind.id());
    assertThat(store.admin().get("payments", poison.id())).map(InboxRecord::attempts).contains(1);
  }

  @Test
  void aMessageWithoutAKeyHoldsUpItsRepetitionsOnly() {
    Message poison = message((String) null);
    Message alone = message((String) null);
    BatchResult result =
        inbox.processAll(
            List.of(poison, poison, alone), (tx, message) -> chargeBut(poison, tx, message));
    assertThat(result).isEqualTo(new BatchResult(1, 0, 0, 0, List.of(poison, poison)));
    assertThat(effects).containsExactly(alone.id());
  }

  /** As where the producer sends no id and the inbox takes another header. */
  @Test
  void aMessageWithoutAnIdOfItsOwnHoldsUpItsRepetitionsOnly() {
    InboxProcessor<InMemoryTransaction> resolving =
        processor("payments").messageId(m -> m.headers().get("x-request-id")).build();
    Message poison = nameless("r1");
    Message repetition = nameless("r1");
    Message nobody = withHeaders(Map.of());
    Message alone = nameless("r2");
    for (int delivery = 1; delivery <= 2; delivery++) {
      BatchResult result =
          resolving.processAll(
              List.of(nobody, poison, repetition, alone),
              (tx, m) -> {
                charge(tx, m);
                if (m.headers().equals(poison.headers())) {
                  throw new IOException("poison");
                }
              });
      assertThat(result.redeliver()).hasSize(3);
      assertThat(result.redeliver().get(0)).isSameAs(nobody);
      assertThat(result.redeliver().get(1)).isSameAs(poison);
      assertThat(result.redeliver().get(2)).isSameAs(repetition);
      assertThat(result.processed() + result.duplicates()).isEqualTo(1);
      assertThat(store.admin().get("payments", "r1")).map(InboxRecord::attempts).contains(delivery);
    }
    assertThat(store.admin().get("payments", "r2"))
        .map(InboxRecord::status)
        .contains(InboxStatus.COMPLETED);
  }

  @Test
  void aMessageThatFailedBeforeRunsOncePerDelivery() {
    Message poison = message("k");
    Message other = message("other");
    assertThatThrownBy(() -> inbox.process(poison, failing(new IOException("no"))))
        .isInstanceOf(IOException.class);
    BatchResult result =
        inbox.processAll(List.of(other, poison), (tx, message) -> chargeBut(poison, tx, message));
    assertThat(result).isEqualTo(new BatchResult(1, 0, 0, 0, List.of(poison)));
    assertThat(runs).containsExactly(poison.id(), other.id(), poison.id());
  }

  @Test
  void aMessageThatIsGivenUpLetsItsKeyGoOn() {
    InboxProcessor<InMemoryTransaction> hasty = processor("payments").maxAttempts(1).build();
    Message poison = message("k");
    Message behind = message("k");
    BatchResult result =
        hasty.processAll(List.of(poison, behind), (tx, message) -> chargeBut(poison, tx, message));
    assertThat(result).isEqualTo(new BatchResult(1, 0, 1, 0, List.of()));
    assertThat(effects).containsExactly(behind.id());
  }

  @Test
  void badIdsDoNotStopAPoll() {
    Message nameless = onTopic(message("", "/shop"), "refunds.events");
    Message unstorable = message("a\0b", "/shop");
    Message good = message("k");
    assertThat(inbox.processAll(List.of(nameless, unstorable, good), this::charge))
        .isEqualTo(new BatchResult(1, 0, 1, 0, List.of(nameless)));
    assertThat(effects).containsExactly(good.id());
  }

  @Test
  void aMessageWithoutAnIdIsParkedUnderItsPositionAndHoldsUpNobody() {
    Message nameless = message("", "/shop").at("orders.events-3@8841");
    Message behind = message("k");
    assertThat(inbox.processAll(List.of(nameless, behind), this::charge))
        .isEqualTo(new BatchResult(1, 0, 1, 0, List.of()));
    assertThat(effects).containsExactly(behind.id());
    InboxRecord row = onlyFailed();
    assertThat(row.messageId()).startsWith("position:orders.events-3@8841#");
    assertThat(row.lastError())
        .startsWith(
            "ROWPOST-402 The message was not processed: no message id found on"
                + " orders.events-3@8841. Without an id duplicates cannot be recognised."
                + " It is kept under its position.\n  Fix: ");

    // The same once more, and others: there, but elsewhere; and there after the topic began again.
    inbox.process(message("", "/shop").at("orders.events-3@8841"), this::charge);
    assertThat(onlyFailed()).isEqualTo(row);
    inbox.process(message("", "/shop").at("orders.events-3@8842"), this::charge);
    inbox.process(withHeaders(Map.of()).at("orders.events-3@8841"), this::charge);
    assertThat(store.admin().counts("payments").failed()).isEqualTo(3);

    assertThat(store.admin().retry("payments", row.messageId(), ACT)).isTrue();
    assertThat(inbox.retryParked(this::charge)).isEqualTo(1);
    inbox.process(message("", "/shop").at("orders.events-3@8841"), this::charge);
    assertThat(effects).containsExactly(behind.id(), "");
  }

  @Test
  void aMessageIdFunctionThatThrowsParksTheMessageAndHoldsUpNobody() {
    InboxProcessor<InMemoryTransaction> byHeader =
        InboxProcessor.builder(store, new InMemoryTransactor(), "payments")
            .messageId(m -> Objects.requireNonNull(m.headers().get("x-id"), "x-id"))
            .build();
    Message bad = message("k").at("orders.events-3@8841");
    assertThat(
            byHeader.processAll(List.of(bad, bad, withHeaders(Map.of("x-id", "1"))), this::charge))
        .isEqualTo(new BatchResult(1, 0, 2, 0, List.of()));
    assertThat(onlyFailed().lastError())
        .startsWith(
            "ROWPOST-402 The message was not processed: the messageId function failed"
                + " (java.lang.NullPointerException: x-id) on orders.events-3@8841.");
  }

  private InboxRecord onlyFailed() {
    List<InboxRecord> failed = store.admin().find("payments", InboxStatus.FAILED, null, 10);
    assertThat(failed).hasSize(1);
    return failed.get(0);
  }

  @Test
  void aDatabaseThatIsAwayIsNotAskedForEveryMessage() {
    var broken = new BrokenTransactor();
    InboxProcessor<InMemoryTransaction> batch =
        InboxProcessor.builder(store, broken, "payments").build();
    List<Message> messages = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      messages.add(message("k" + i));
    }
    broken.failure = away();
    BatchResult result = batch.processAll(messages, this::charge);
    assertThat(result.redeliver()).isEqualTo(messages);
    assertThat(broken.begun).isEqualTo(3);
  }

  @Test
  void oneMessageThatTheStoreRefusesDoesNotStopTheOthers() {
    Message refused = message("k");
    Message first = message("a");
    Message last = message("b");
    BatchResult result =
        inbox.processAll(
            List.of(first, refused, last),
            (tx, message) -> {
              if (message.equals(refused)) {
                throw away();
              }
              charge(tx, message);
            });
    assertThat(result).isEqualTo(new BatchResult(2, 0, 0, 0, List.of(refused)));
    assertThat(effects).containsExactly(first.id(), last.id());
  }

  /** Whose handlers had begun, so the database is there: nobody behind them has to wait. */
  @Test
  void severalMessagesThatTheStoreRefusesDoNotStopTheOthers() {
    List<Message> messages = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      messages.add(message("k" + i));
    }
    List<Message> refused = messages.subList(0, 3);
    for (int delivery = 1; delivery <= 2; delivery++) {
      BatchResult result =
          inbox.processAll(
              messages,
              (tx, message) -> {
                if (refused.contains(message)) {
                  throw away();
                }
                charge(tx, message);
              });
      assertThat(result.redeliver()).isEqualTo(refused);
    }
    assertThat(effects).hasSize(7);
  }

  @Test
  void aFailureIsNotRecordedOverAndOverWhereNoTransactionBegins() {
    var broken = new BrokenTransactor();
    InboxProcessor<InMemoryTransaction> failing =
        InboxProcessor.builder(store, broken, "payments").build();
    assertThatThrownBy(
            () ->
                failing.process(
                    message("k"),
                    (tx, m) -> {
                      broken.failure = away();
                      throw new IOException("no");
                    }))
        .isInstanceOf(IOException.class);
    assertThat(broken.begun).as("the run, and one try to record it").isEqualTo(2);
  }

  @Test
  void oldAndFutureMessagesAreParkedInTheBatchToo() {
    Message old = at(message("k"), NOW.minus(Duration.ofDays(8)));
    Message future = at(message("k"), NOW.plus(Duration.ofDays(2)));
    Message good = at(message("k"), NOW);
    assertThat(inbox.processAll(List.of(old, future, good), this::charge))
        .isEqualTo(new BatchResult(1, 0, 1, 1, List.of()));
    assertThat(effects).containsExactly(good.id());
    assertThat(store.admin().get("payments", old.id()).orElseThrow().lastError())
        .isEqualTo(
            "TOO_OLD: message time 2026-04-26T10:00:00Z is older than the inbox window of PT168H,"
                + " so a repeat could not be told from a first delivery");
    assertThat(store.admin().get("payments", future.id()).orElseThrow().lastError())
        .isEqualTo(
            "FROM_FUTURE: message time 2026-05-06T10:00:00Z is more than a day ahead of this"
                + " database's clock");
  }

  // what may have ended a process

  @Test
  void aRedeliveredMessageCostsATransactionMoreAndTheOthersNone() {
    var counting = new BrokenTransactor();
    InboxProcessor<InMemoryTransaction> batch =
        InboxProcessor.builder(store, counting, "payments").build();
    Message suspect = message("k").asRedelivered();
    assertThat(batch.processAll(List.of(suspect), this::charge).processed()).isOne();
    assertThat(counting.begun).isEqualTo(2);
    assertThat(batch.processAll(List.of(message("k"), suspect, message("k")), this::charge))
        .isEqualTo(new BatchResult(2, 1, 0, 0, List.of()));
    assertThat(counting.begun).as("known to be done, it suspects nobody").isEqualTo(3);
    Message second = message("k").asRedelivered();
    assertThat(batch.processAll(List.of(message("k"), second), this::charge).processed())
        .isEqualTo(2);
    assertThat(counting.begun).as("a look at all, one, a count, one").isEqualTo(3 + 4);
  }

  @Test
  void aCountThatCannotBeTakenBackIsLeftAndTheFailureComesThrough() {
    var broken = new BrokenTransactor();
    InboxProcessor<InMemoryTransaction> failing =
        InboxProcessor.builder(store, broken, "payments").build();
    Message message = message("k").asRedelivered();
    StoreException away = away();
    assertThatThrownBy(
            () ->
                failing.process(
                    message,
                    (tx, m) -> {
                      broken.failure = away();
                      throw away;
                    }))
        .isSameAs(away)
        .hasSuppressedException(broken.failure);
    assertThat(broken.begun).as("count, run, and one try to take it back").isEqualTo(3);
    assertThat(store.admin().get("payments", message.id())).map(InboxRecord::attempts).contains(1);
  }

  @Test
  void aStoreThatFailsToCountRunsNothing() {
    var broken = new BrokenTransactor();
    broken.commitFailure = away();
    InboxProcessor<InMemoryTransaction> failing =
        InboxProcessor.builder(store, broken, "payments").build();
    Message message = message("k").asRedelivered();
    assertThatThrownBy(() -> failing.process(message, this::charge)).isSameAs(broken.commitFailure);
    assertThat(runs).isEmpty();
    assertThat(store.admin().get("payments", message.id())).isEmpty();
  }

  // wiring

  @Test
  void aListenerReturnsWhatIsToBeDeliveredAgain() throws Exception {
    Message poison = message("k");
    Message good = message("other");
    MessageListener listener = inbox.listener((tx, message) -> chargeBut(poison, tx, message));
    assertThat(listener.onMessages(List.of(poison, good))).containsExactly(poison);
    assertThat(effects).containsExactly(good.id());
  }

  @Test
  void twoHandlersOfOneConsumerAndTopicAreRefused() {
    try (var broker = InMemoryMessageBroker.builder().stepped(() -> 0).build()) {
      MessageBroker.Subscription first = inbox.subscribe(broker, "orders.events", this::charge);
      InboxProcessor<InMemoryTransaction> twin = processor("payments").build();
      assertThatThrownBy(() -> twin.subscribe(broker, "orders.events", this::charge))
          .isInstanceOf(RowpostException.class)
          .hasMessageStartingWith(
              "ROWPOST-406 Nothing was subscribed: consumer \"payments\" already handles topic"
                  + " \"orders.events\" in this process.");
      twin.subscribe(broker, "refunds.events", this::charge).close();
      processor("audit").build().subscribe(broker, "orders.events", this::charge).close();
      first.close();
      MessageBroker.Subscription next = twin.subscribe(broker, "orders.events", this::charge);
      first.close(); // once more, as a hook at shutdown may
      assertThatThrownBy(() -> inbox.subscribe(broker, "orders.events", this::charge))
          .hasMessageStartingWith("ROWPOST-406");
      next.close();
    }
  }

  @Test
  void aSubscriptionThatFailsDoesNotHoldItsPlace() {
    var broker = InMemoryMessageBroker.builder().stepped(() -> 0).build();
    broker.close();
    assertThatThrownBy(() -> inbox.subscribe(broker, "orders.events", this::charge))
        .isNotInstanceOf(NullPointerException.class);
    try (var second = InMemoryMessageBroker.builder().stepped(() -> 0).build()) {
      inbox.subscribe(second, "orders.events", this::charge).close();
    }
  }

  /** Or that run could end its process without a trace, beyond the last attempt. */
  @Test
  void aSuspectThatIsReopenedWhenItSeemedDoneIsCountedAllTheSame() {
    InboxProcessor<InMemoryTransaction> once = processor("once").maxAttempts(1).build();
    Message suspect = message("k").asRedelivered();
    once.process(suspect, failing(new IllegalStateException("no")));
    var reopening = new AtomicBoolean(true);
    var attemptsInTheRun = new ArrayList<Integer>();
    FaultPoint.watch(
        point -> {
          if (point == FaultPoint.INBOX_COUNT_DONE && reopening.getAndSet(false)) {
            assertThat(store.admin().retry("once", suspect.id(), ACT)).isTrue();
          }
        });
    try {
      InboxResult result =
          once.process(
              suspect,
              (tx, message) ->
                  attemptsInTheRun.add(
                      store.admin().get("once", message.id()).orElseThrow().attempts()));
      assertThat(result).isEqualTo(InboxResult.PROCESSED);
    } finally {
      FaultPoint.watch(null);
    }
    assertThat(attemptsInTheRun).containsExactly(1);
  }

  @Test
  void aSubscribedConsumerProcessesWhatIsPublished() {
    try (var broker = InMemoryMessageBroker.builder().stepped(() -> 0).build()) {
      MessageBroker.Subscription subscription =
          inbox.subscribe(broker, "orders.events", this::charge);
      Message message = message("k");
      broker.publish(message);
      broker.publish(message);
      while (broker.deliver() > 0) {
        // until nothing is left
      }
      subscription.close();
      assertThat(effects).containsExactly(message.id());
    }
  }

  @Test
  void aTransactionOfTheCallerIsRefused() {
    transactor.<Optional<Void>, RuntimeException>inTransaction(
        tx -> {
          assertThatThrownBy(() -> inbox.process(message("k"), this::charge))
              .isInstanceOf(RowpostException.class)
              .hasMessageStartingWith("ROWPOST-104 Nothing was executed");
          return Optional.empty();
        });
    assertThat(inbox.process(message("k"), this::charge)).isEqualTo(InboxResult.PROCESSED);
  }

  @Test
  void twoConsumersBothRun() {
    Message message = message("k");
    InboxProcessor<InMemoryTransaction> audit = processor("audit").build();
    assertThat(inbox.process(message, this::charge)).isEqualTo(InboxResult.PROCESSED);
    assertThat(audit.process(message, this::charge)).isEqualTo(InboxResult.PROCESSED);
    assertThat(effects).containsExactly(message.id(), message.id());
  }

  @Test
  void settingsAreChecked() {
    assertThatThrownBy(() -> processor(" payments"))
        .hasMessageStartingWith("ROWPOST-601 Nothing was started: consumer is  payments.");
    assertThatThrownBy(() -> processor("payments").maxAttempts(0))
        .hasMessageContaining("maxAttempts is 0");
    assertThatThrownBy(() -> processor("payments").window(Duration.ofSeconds(59)))
        .hasMessageContaining("window is PT59S");
  }

  private InboxProcessor.Builder<InMemoryTransaction> processor(String consumer) {
    return InboxProcessor.builder(store, transactor, consumer);
  }

  private void charge(InMemoryTransaction tx, Message message) {
    runs.add(message.id());
    tx.onCommit(() -> effects.add(message.id()));
  }

  private void chargeBut(Message poison, InMemoryTransaction tx, Message message)
      throws IOException {
    charge(tx, message);
    if (message.equals(poison)) {
      throw new IOException("poison");
    }
  }

  private <X extends Exception> MessageHandler<InMemoryTransaction, X> failing(X error) {
    return (tx, message) -> {
      charge(tx, message);
      throw error;
    };
  }

  @SuppressWarnings("InfiniteRecursion") // the point of it
  private static int overflow(int depth) {
    return overflow(depth + 1) + 1;
  }

  private Message park(Message message) {
    try {
      processor("payments")
          .maxAttempts(1)
          .build()
          .process(message, (tx, m) -> failing(new IOException("no")).handle(tx, m));
    } catch (Exception e) {
      throw new AssertionError("the last attempt must not throw", e);
    }
    runs.clear();
    return message;
  }

  private static StoreException away() {
    return new StoreException(
        "ROWPOST-205", "away", "wait", StoreException.Outcome.ROLLED_BACK, null);
  }

  private static Message message(@Nullable String key) {
    return new Message(
        UUID.randomUUID().toString().toLowerCase(Locale.ROOT),
        "orders.events",
        key,
        "OrderCreated",
        "/shop",
        "application/json",
        Map.of(),
        null,
        NOW,
        new byte[] {1});
  }

  private static Message message(String id, @Nullable String source) {
    return message(id, source, Map.of());
  }

  private static Message message(String id, @Nullable String source, Map<String, String> headers) {
    return new Message(
        id,
        "orders.events",
        "k",
        "OrderCreated",
        source,
        "application/json",
        headers,
        null,
        NOW,
        new byte[] {1});
  }

  private static Message nameless(String requestId) {
    return withHeaders(Map.of("x-request-id", requestId));
  }

  private static Message withHeaders(Map<String, String> headers) {
    return new Message("", "orders.events", null, "T", null, "c", headers, null, NOW, new byte[1]);
  }

  private static Message onTopic(Message m, String topic) {
    return new Message(
        m.id(),
        topic,
        m.key(),
        m.type(),
        m.source(),
        m.contentType(),
        m.headers(),
        null,
        m.time(),
        m.payload());
  }

  private static Message at(Message m, Instant time) {
    return new Message(
        m.id(),
        m.topic(),
        m.key(),
        m.type(),
        m.source(),
        m.contentType(),
        m.headers(),
        null,
        time,
        m.payload());
  }

  /** A transactor whose database goes away when told, and which counts. */
  private final class BrokenTransactor implements Transactor<InMemoryTransaction> {
    private @Nullable StoreException failure;
    private @Nullable StoreException commitFailure;
    private @Nullable StoreException lostAnswer;
    private int begun;

    @Override
    public <R, X extends Exception> R inTransaction(Work<InMemoryTransaction, R, X> work) throws X {
      begun++;
      if (failure != null) {
        throw failure;
      }
      InMemoryTransaction tx = transactor.begin();
      R result;
      try {
        result = work.run(tx);
        if (commitFailure != null) {
          throw commitFailure;
        }
        transactor.commit(tx);
      } catch (Throwable e) {
        transactor.rollback(tx);
        throw e;
      }
      if (lostAnswer != null) {
        throw lostAnswer;
      }
      return result;
    }
  }
}
