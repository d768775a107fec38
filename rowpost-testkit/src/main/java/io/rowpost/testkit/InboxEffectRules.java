package io.rowpost.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rowpost.core.InboxProcessor;
import io.rowpost.core.InboxRecord;
import io.rowpost.core.InboxResult;
import io.rowpost.core.InboxStatus;
import io.rowpost.core.InboxStore;
import io.rowpost.core.InboxStore.Claim;
import io.rowpost.core.InboxStore.Entry;
import io.rowpost.core.Message;
import io.rowpost.core.MessageHandler;
import io.rowpost.core.StoreException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** One delivery at a time: what takes effect, what fails, what is remembered. */
abstract class InboxEffectRules<T> extends InboxRules<T> {
  InboxEffectRules(InboxFixture<T> fixture) {
    super(fixture);
  }

  @Test
  void aRedeliveryIsADuplicate() {
    InboxProcessor<T> inbox = builder().build();
    Message message = message("k");
    assertThat(inbox.process(message, this::charge)).isEqualTo(InboxResult.PROCESSED);
    assertThat(inbox.process(message, this::charge)).isEqualTo(InboxResult.DUPLICATE);
    assertThat(builder().build().process(message, this::charge)).isEqualTo(InboxResult.DUPLICATE);
    assertThat(effects()).containsExactly(message.id());
    InboxRecord row = row(message);
    assertThat(row.status()).isEqualTo(InboxStatus.COMPLETED);
    assertThat(row.attempts()).isZero();
    assertThat(row.completedAt()).isNotNull();
    assertThat(row.messageTime()).isEqualTo(message.time());
  }

  @Test
  void twoConsumersOfOneMessageBothRun() {
    Message message = message("k");
    for (String consumer : List.of(CONSUMER, "audit", "Payments")) {
      InboxProcessor<T> inbox = builder(consumer).build();
      assertThat(inbox.process(message, this::charge)).isEqualTo(InboxResult.PROCESSED);
      assertThat(inbox.process(message, this::charge)).isEqualTo(InboxResult.DUPLICATE);
    }
    assertThat(effects()).hasSize(3);
  }

  @Test
  void aRolledBackHandlerLeavesNothingButAFailedRow() {
    InboxProcessor<T> inbox = builder().build();
    Message message = message("k");
    for (int attempt = 1; attempt <= 3; attempt++) {
      assertThatExceptionOfType(IOException.class)
          .isThrownBy(() -> inbox.process(message, failing("terminal away")));
      InboxRecord row = row(message);
      assertThat(row.status()).isEqualTo(InboxStatus.FAILED);
      assertThat(row.attempts()).isEqualTo(attempt);
      assertThat(row.lastError()).isEqualTo("java.io.IOException: terminal away");
      assertThat(row.completedAt()).isNull();
      assertThat(row.parked()).isFalse();
    }
    assertThat(effects()).isEmpty();
  }

  @Test
  void aRollbackNeverMakesTheRedeliveryADuplicate() {
    InboxProcessor<T> inbox = builder().build();
    for (InboxProcessor<T> redelivered : List.of(inbox, builder().build())) {
      Message message = message("k");
      assertThatThrownBy(() -> inbox.process(message, failing("terminal away")))
          .isInstanceOf(IOException.class);
      assertThat(redelivered.process(message, this::charge)).isEqualTo(InboxResult.PROCESSED);
      assertThat(redelivered.process(message, this::charge)).isEqualTo(InboxResult.DUPLICATE);
      assertThat(effects()).containsOnlyOnce(message.id());
      assertThat(row(message).status()).isEqualTo(InboxStatus.COMPLETED);
    }
  }

  @Test
  void aClaimThatIsRolledBackIsForgotten() {
    Message message = message("k");
    var entry = new Entry(message.id(), message);
    for (boolean completed : new boolean[] {false, true}) {
      assertThatThrownBy(
              () ->
                  inTransaction(
                      tx -> {
                        assertThat(store().claim(tx, CONSUMER, List.of(entry), WEEK))
                            .containsExactly(Claim.NEW);
                        if (completed) {
                          store().complete(tx, CONSUMER, Map.of(entry.id(), Claim.NEW));
                        }
                        throw new IllegalStateException("the process dies here");
                      }))
          .hasMessage("the process dies here");
      assertThat(admin().get(CONSUMER, message.id())).isEmpty();
    }
    assertThat(builder().build().process(message, this::charge)).isEqualTo(InboxResult.PROCESSED);
  }

  @Test
  void theLastAttemptParksTheMessageAndItsRedeliveryIsAcknowledged() throws Exception {
    InboxProcessor<T> inbox = builder().maxAttempts(2).build();
    Message message = message("k");
    assertThatThrownBy(() -> inbox.process(message, failing("first")))
        .isInstanceOf(IOException.class);
    assertThat(inbox.process(message, failing("second"))).isEqualTo(InboxResult.FAILED);
    InboxRecord row = row(message);
    assertThat(row.status()).isEqualTo(InboxStatus.FAILED);
    assertThat(row.attempts()).isEqualTo(2);
    assertThat(row.lastError()).isEqualTo("java.io.IOException: second");
    assertThat(row.parked()).isTrue();
    assertThat(admin().parked(CONSUMER, message.id())).contains(message);
    assertThat(inbox.process(message, this::charge)).isEqualTo(InboxResult.FAILED);
    assertThat(effects()).isEmpty();
  }

  @Test
  void aMessageRefusedAgainStaysWhatItHasBecome() {
    refuse(message("x".repeat(513), "k", ago(Duration.ZERO)), "ROWPOST-403 ");
  }

  @Test
  void aMessageWithoutAnIdStaysWhatItHasBecome() {
    refuse(message("", "k", ago(Duration.ZERO)).at("orders.events-3@8841"), "ROWPOST-402 ");
  }

  private void refuse(Message refused, String code) {
    InboxProcessor<T> inbox = builder().build();
    assertThat(inbox.process(refused, this::charge)).isEqualTo(InboxResult.FAILED);
    InboxRecord parked = onlyRow();
    assertThat(parked.lastError()).startsWith(code);
    assertThat(parked.parked()).isTrue();
    assertThat(inbox.process(refused, this::charge)).isEqualTo(InboxResult.FAILED);
    assertThat(onlyRow()).isEqualTo(parked);

    assertThat(admin().retry(CONSUMER, parked.messageId(), ACT)).isTrue();
    assertThat(inbox.process(refused, this::charge)).isEqualTo(InboxResult.FAILED);
    assertThat(admin().reopened(CONSUMER, 10)).containsExactly(parked.messageId());
    assertThat(inbox.retryParked(this::charge)).isOne();
    assertThat(inbox.process(refused, this::charge)).isEqualTo(InboxResult.FAILED);
    assertThat(onlyRow().status()).isEqualTo(InboxStatus.COMPLETED);
    assertThat(inbox.retryParked(this::charge)).isZero();
  }

  private InboxRecord onlyRow() {
    List<InboxRecord> rows = admin().find(CONSUMER, null, null, 10);
    assertThat(rows).hasSize(1);
    return rows.get(0);
  }

  @Test
  void aLateFailureNeverOverwritesCompletion() {
    Message message = message("k");
    var entry = new Entry(message.id(), message);
    builder().build().process(message, this::charge);
    InboxRecord completed = row(message);
    InboxStore.Failure late =
        inTransaction(tx -> store().recordFailure(tx, CONSUMER, entry, "late", 1));
    assertThat(late).isEqualTo(new InboxStore.Failure(InboxStatus.COMPLETED, 0, false));
    assertThat(row(message)).isEqualTo(completed);
    assertThat(admin().parked(CONSUMER, message.id())).isEmpty();
    assertThat(builder().build().process(message, this::charge)).isEqualTo(InboxResult.DUPLICATE);
  }

  @Test
  void aCopyThatSucceedsBeforeTheFailureIsRecordedMakesItADuplicate() throws Exception {
    InboxProcessor<T> inbox = builder().build();
    Message message = message("k");
    Runnable copy =
        () ->
            OpenTransaction.get(
                ConcurrentTasks.start("copy", () -> inbox.process(message, this::charge)));
    MessageHandler<T, OvertakenException> overtaken =
        (tx, m) -> {
          charge(tx, m);
          throw new OvertakenException(copy);
        };
    assertThat(inbox.process(message, overtaken)).isEqualTo(InboxResult.DUPLICATE);
    assertThat(effects()).containsExactly(message.id());
    assertThat(row(message).status()).isEqualTo(InboxStatus.COMPLETED);
    assertThat(row(message).attempts()).isZero();
  }

  /** Its text is asked for after the rollback and before the failure is recorded. */
  private static final class OvertakenException extends Exception {
    private static final long serialVersionUID = 1L;
    private final transient Runnable overtake;
    private final AtomicBoolean overtaken = new AtomicBoolean();

    OvertakenException(Runnable overtake) {
      this.overtake = overtake;
    }

    @Override
    public String getMessage() {
      if (overtaken.compareAndSet(false, true)) {
        overtake.run();
      }
      return "overtaken";
    }
  }

  @Test
  void completionNeedsAStandingClaim() {
    Message message = message("k");
    assertThatThrownBy(
            () ->
                inTransaction(
                    tx -> {
                      store().complete(tx, CONSUMER, Map.of(message.id(), Claim.RETRY));
                      return true;
                    }))
        .isInstanceOf(StoreException.class)
        .hasMessageStartingWith("ROWPOST-405 ");
    builder().build().process(message, this::charge);
    assertThatThrownBy(
            () ->
                inTransaction(
                    tx -> {
                      store().complete(tx, CONSUMER, Map.of(message.id(), Claim.RETRY));
                      return true;
                    }))
        .as("a completed message is not completed again")
        .hasMessageStartingWith("ROWPOST-405 ");
  }
}
