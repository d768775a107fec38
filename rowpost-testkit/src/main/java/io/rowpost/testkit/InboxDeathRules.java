package io.rowpost.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rowpost.core.InboxProcessor;
import io.rowpost.core.InboxRecord;
import io.rowpost.core.InboxResult;
import io.rowpost.core.InboxStatus;
import io.rowpost.core.InboxStore.Claim;
import io.rowpost.core.InboxStore.Entry;
import io.rowpost.core.InboxStore.Failure;
import io.rowpost.core.Message;
import io.rowpost.core.MessageHandler;
import io.rowpost.core.StoreException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Messages that may have ended their process: how their runs are counted, and when no more. */
abstract class InboxDeathRules<T> extends InboxRules<T> {
  private static final String ENDED = "the process ended";

  InboxDeathRules(InboxFixture<T> fixture) {
    super(fixture);
  }

  private Optional<Failure> begin(Message message, int maxAttempts) {
    return inTransaction(tx -> begin(tx, message, maxAttempts));
  }

  private Optional<Failure> begin(T tx, Message message, int maxAttempts) {
    var entry = new Entry(message.id(), message);
    return store().begin(tx, CONSUMER, entry, WEEK, ENDED, maxAttempts);
  }

  private void end(Message message) {
    inTransaction(
        tx -> {
          store().end(tx, CONSUMER, message.id());
          return true;
        });
  }

  private void assertRow(Message message, InboxStatus status, int attempts) {
    InboxRecord row = row(message);
    assertThat(row.status()).isEqualTo(status);
    assertThat(row.attempts()).isEqualTo(attempts);
  }

  private static Failure counted(int attempts) {
    return new Failure(InboxStatus.FAILED, attempts, false);
  }

  @Test
  void eachRunThatEndedItsProcessIsCountedAndThenItIsParkedWithoutRunning() {
    InboxProcessor<T> inbox = builder().maxAttempts(3).build();
    Message message = message("k").asRedelivered();
    for (int run = 1; run <= 3; run++) {
      assertThat(begin(message, 3)).contains(counted(run));
      assertRow(message, InboxStatus.FAILED, run);
      assertThat(row(message).lastError()).isEqualTo(ENDED);
      assertThat(row(message).parked()).isFalse();
      assertThat(row(message).messageTime()).isEqualTo(message.time());
    }
    assertThat(inbox.process(message, this::charge)).isEqualTo(InboxResult.FAILED);
    assertThat(effects()).isEmpty();
    assertRow(message, InboxStatus.FAILED, 3);
    assertThat(row(message).lastError())
        .startsWith("ROWPOST-408 The process ended while it handled this message.");
    assertThat(row(message).parked()).isTrue();
    assertThat(admin().parked(CONSUMER, message.id())).contains(message);
    assertThat(inbox.process(message, this::charge)).isEqualTo(InboxResult.FAILED);
    assertRow(message, InboxStatus.FAILED, 3);

    assertThat(admin().retry(CONSUMER, message.id(), ACT)).isTrue();
    assertThat(inbox.retryParked(this::charge)).isOne();
    assertThat(effects()).containsExactly(message.id());
    assertRow(message, InboxStatus.COMPLETED, 0);
  }

  @Test
  void theCountIsCommittedBeforeTheHandlerRuns() {
    Message message = message("k").asRedelivered();
    var seen = new ArrayList<InboxRecord>();
    InboxProcessor<T> inbox = builder().build();
    assertThat(inbox.process(message, (tx, m) -> seen.add(row(m))))
        .isEqualTo(InboxResult.PROCESSED);
    Message parked = message("k");
    park(parked);
    admin().retry(CONSUMER, parked.id(), ACT);
    assertThat(inbox.retryParked((tx, m) -> seen.add(row(m)))).isOne();
    assertThat(seen)
        .hasSize(2)
        .allSatisfy(
            row -> {
              assertThat(row.attempts()).isOne();
              assertThat(row.lastError()).startsWith("ROWPOST-408 ");
            });
  }

  @Test
  void aRunThatSucceedsTakesItsCountBack() {
    Message message = message("k").asRedelivered();
    begin(message, 10);
    InboxProcessor<T> inbox = builder().build();
    assertThat(inbox.process(message, this::charge)).isEqualTo(InboxResult.PROCESSED);
    assertRow(message, InboxStatus.COMPLETED, 1);
    assertThat(row(message).lastError()).isNull();
    assertThat(inbox.process(message, this::charge)).isEqualTo(InboxResult.DUPLICATE);
    assertThat(effects()).containsExactly(message.id());
  }

  @Test
  void aRunThatThrowsIsCountedOnceWithItsError() throws Exception {
    InboxProcessor<T> inbox = builder().maxAttempts(2).build();
    Message message = message("k").asRedelivered();
    assertThatThrownBy(() -> inbox.process(message, failing("first")))
        .isInstanceOf(IOException.class);
    assertRow(message, InboxStatus.FAILED, 1);
    assertThat(row(message).lastError()).isEqualTo("java.io.IOException: first");
    assertThat(inbox.process(message, failing("second"))).isEqualTo(InboxResult.FAILED);
    assertRow(message, InboxStatus.FAILED, 2);
    assertThat(row(message).lastError()).isEqualTo("java.io.IOException: second");
    assertThat(row(message).parked()).isTrue();
    assertThat(effects()).isEmpty();
  }

  @Test
  void aFailureOfTheDatabaseTakesTheCountBack() {
    InboxProcessor<T> inbox = builder().build();
    Message message = message("k").asRedelivered();
    MessageHandler<T, StoreException> away =
        (tx, m) -> {
          charge(tx, m);
          throw new StoreException(
              "ROWPOST-212", "in the way", "wait", StoreException.Outcome.ROLLED_BACK, null);
        };
    assertThatThrownBy(() -> inbox.process(message, away)).isInstanceOf(StoreException.class);
    assertRow(message, InboxStatus.FAILED, 0);
    assertThat(row(message).lastError()).isNull();
    assertThat(inbox.process(message, this::charge)).isEqualTo(InboxResult.PROCESSED);
    assertThat(effects()).containsExactly(message.id());
  }

  @Test
  void whatHasNothingToRunDoesNotBegin() {
    InboxProcessor<T> inbox = builder().window(WEEK).build();
    Message done = message("k").asRedelivered();
    inbox.process(done, this::charge);
    Message parked = message("k").asRedelivered();
    park(parked);
    InboxRecord doneRow = row(done);
    InboxRecord parkedRow = row(parked);
    assertThat(begin(done, 1)).isEmpty();
    assertThat(begin(parked, 1)).isEmpty();
    end(done);
    end(parked);
    assertThat(row(done)).isEqualTo(doneRow);
    assertThat(row(parked)).isEqualTo(parkedRow);

    Message old = at(ago(Duration.ofDays(8))).asRedelivered();
    Message future = at(ago(Duration.ofDays(-2))).asRedelivered();
    for (Message refused : List.of(old, future)) {
      assertThat(begin(refused, 1)).isEmpty();
      end(refused);
      assertThat(admin().get(CONSUMER, refused.id())).isEmpty();
    }
    assertThat(inbox.process(old, this::charge)).isEqualTo(InboxResult.TOO_OLD);
    assertThat(inbox.process(future, this::charge)).isEqualTo(InboxResult.FAILED);
    assertThat(effects()).containsExactly(done.id());
  }

  @Test
  void anEndNeverCountsBelowZero() {
    Message message = message("k");
    assertThatThrownBy(() -> builder().build().process(message, failing("no")))
        .isInstanceOf(IOException.class);
    end(message);
    end(message);
    assertRow(message, InboxStatus.FAILED, 0);
    Claim claim = inTransaction(tx -> claim(tx, message));
    assertThat(claim).isEqualTo(Claim.RETRY);
  }

  private Claim claim(T tx, Message message) {
    return store().claim(tx, CONSUMER, List.of(new Entry(message.id(), message)), WEEK).get(0);
  }

  @Test
  void aCountIsForgottenWithItsTransaction() {
    Message message = message("k");
    assertThatThrownBy(
            () ->
                inTransaction(
                    tx -> {
                      assertThat(begin(tx, message, 3)).contains(counted(1));
                      throw new IllegalStateException("it dies before the commit");
                    }))
        .hasMessage("it dies before the commit");
    assertThat(admin().get(CONSUMER, message.id())).isEmpty();
  }

  @Test
  void copiesThatBeginAtOnceAreAllCounted() throws Exception {
    Message message = message("k");
    ConcurrentTasks.callAtOnce(
        Collections.nCopies(6, () -> deliver(() -> begin(message, 10).orElseThrow())));
    assertRow(message, InboxStatus.FAILED, 6);
  }

  @Test
  void aBeginWaitsForACopyAtWorkAndSeesItsOutcome() {
    Message message = message("k");
    try (var copy = new OpenTransaction<>(fixture.transactor());
        var first = new OpenTransaction<>(fixture.transactor())) {
      Claim claim = first.run(tx -> claim(tx, message));
      assertThat(claim).isEqualTo(Claim.NEW);
      var waiting = copy.start(tx -> begin(tx, message, 10));
      OpenTransaction.assertWaits(waiting);
      first.run(tx -> complete(tx, message));
      first.commit();
      assertThat(OpenTransaction.get(waiting)).isEmpty();
    }
    assertRow(message, InboxStatus.COMPLETED, 0);
  }

  /** Where one ends its process at each delivery, the others of its poll are done by then. */
  @Test
  void whatHasEndedAProcessRunsWhenTheOthersOfItsPollAreDone() {
    List<Message> poll = messages(12, 4).stream().map(Message::asRedelivered).toList();
    Message deadly = poll.get(1);
    begin(deadly, 10);
    List<Message> others =
        poll.stream().filter(m -> !String.valueOf(m.key()).equals(deadly.key())).toList();
    var doneBefore = new ArrayList<String>();
    InboxProcessor.BatchResult result =
        builder()
            .build()
            .processAll(
                poll,
                (tx, message) -> {
                  if (message.equals(deadly)) {
                    doneBefore.addAll(effects());
                  }
                  charge(tx, message);
                });
    assertThat(result).isEqualTo(new InboxProcessor.BatchResult(12, 0, 0, 0, List.of()));
    assertThat(doneBefore).containsExactlyInAnyOrderElementsOf(ids(others));
    assertThat(effects()).containsExactlyInAnyOrderElementsOf(ids(poll));
  }

  @Test
  void redeliveredDuplicatesAreStillOneTransaction() {
    List<Message> poll = messages(20, 4);
    InboxProcessor<T> inbox = builder().build();
    inbox.processAll(poll, this::charge);
    List<Message> again = poll.stream().map(Message::asRedelivered).toList();
    assertThat(inbox.processAll(again, this::charge))
        .isEqualTo(new InboxProcessor.BatchResult(0, 20, 0, 0, List.of()));
    assertThat(effects()).containsExactlyInAnyOrderElementsOf(ids(poll));
    assertThat(admin().find(CONSUMER, InboxStatus.COMPLETED, null, 100))
        .hasSize(20)
        .allMatch(row -> row.attempts() == 0);
  }
}
