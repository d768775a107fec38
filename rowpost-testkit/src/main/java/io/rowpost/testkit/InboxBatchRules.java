package io.rowpost.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rowpost.core.InboxProcessor;
import io.rowpost.core.InboxStore.Claim;
import io.rowpost.core.InboxStore.Entry;
import io.rowpost.core.Message;
import io.rowpost.core.MessageHandler;
import io.rowpost.core.Transactor;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The messages of one poll in one transaction, and what one bad one does to the others. */
abstract class InboxBatchRules<T> extends InboxRules<T> {
  InboxBatchRules(InboxFixture<T> fixture) {
    super(fixture);
  }

  @Test
  void aBatchSeesEveryStateAtOnce() {
    InboxProcessor<T> inbox = builder().window(WEEK).build();
    Message done = message("k");
    inbox.process(done, this::charge);
    Message parked = message("k");
    park(parked);
    Message old = at(Instant.now().minus(Duration.ofDays(8)));
    Message future = at(Instant.now().plus(Duration.ofDays(2)));
    Message timeless = at(null);
    Message fresh = message("k");
    assertThat(
            inbox.processAll(
                List.of(fresh, old, done, parked, timeless, future, fresh), this::charge))
        .isEqualTo(new InboxProcessor.BatchResult(2, 2, 2, 1, List.of()));
    assertThat(effects()).containsExactlyInAnyOrder(done.id(), fresh.id(), timeless.id());
    assertThat(row(old).parked()).isTrue();
    assertThat(row(future).parked()).isTrue();
  }

  @Test
  void claimsAnswerInTheOrderOfDelivery() {
    InboxProcessor<T> inbox = builder().build();
    List<Message> messages = messages(50, 5);
    for (int i = 0; i < messages.size(); i += 3) {
      inbox.process(messages.get(i), this::charge);
    }
    assertThatThrownBy(() -> inbox.process(messages.get(1), failing("no")))
        .isInstanceOf(IOException.class);
    List<Entry> entries = messages.stream().map(m -> new Entry(m.id(), m)).toList();
    List<Claim> claims = inTransaction(tx -> store().claim(tx, CONSUMER, entries, WEEK));
    for (int i = 0; i < messages.size(); i++) {
      Claim expected = i % 3 == 0 ? Claim.COMPLETED : i == 1 ? Claim.RETRY : Claim.NEW;
      assertThat(claims.get(i)).as("claim %d", i).isEqualTo(expected);
    }
  }

  @Test
  void aLargeBatchIsOneTransaction() {
    InboxProcessor<T> inbox = builder().build();
    List<Message> messages = messages(1500, 100);
    inbox.processAll(messages.subList(0, 700), this::charge);
    var runs = new AtomicInteger();
    assertThatThrownBy(
            () ->
                inTransaction(
                    tx -> {
                      List<Entry> entries =
                          messages.stream().map(m -> new Entry(m.id(), m)).toList();
                      List<Claim> claims = store().claim(tx, CONSUMER, entries, WEEK);
                      runs.set(Collections.frequency(claims, Claim.NEW));
                      throw new IllegalStateException("nothing of it may stay");
                    }))
        .hasMessage("nothing of it may stay");
    assertThat(runs).hasValue(800);
    assertThat(inbox.processAll(messages, this::charge))
        .isEqualTo(new InboxProcessor.BatchResult(800, 700, 0, 0, List.of()));
    assertThat(effects()).containsExactlyInAnyOrderElementsOf(ids(messages));
  }

  @ParameterizedTest
  @EnumSource
  void poisonDelaysItsOwnKeyOnly(Poison poison) throws Exception {
    isolates(fixture.transactor(), 10, (tx, message) -> poison.harm());
  }

  enum Poison {
    THROWS {
      @Override
      void harm() throws Exception {
        throw new IOException("poison");
      }
    },
    OVERFLOWS {
      @Override
      void harm() {
        overflow(0);
      }
    },
    FAILS_AN_ASSERTION {
      @Override
      void harm() {
        throw new AssertionError("poison");
      }
    };

    abstract void harm() throws Exception;
  }

  @Test
  void aHandlerThatHangsDelaysItsOwnKeyOnly() throws Exception {
    Transactor<T> limited = fixture.transactor(Duration.ofSeconds(3));
    Assumptions.assumeTrue(limited != null, "nothing can end a handler of this store");
    if (limited != null) {
      isolates(limited, 2, (tx, message) -> fixture.hang(tx));
    }
  }

  private void isolates(
      Transactor<T> transactor, int maxAttempts, MessageHandler<T, Exception> poisonous)
      throws Exception {
    InboxProcessor<T> inbox =
        InboxProcessor.builder(store(), transactor, CONSUMER).maxAttempts(maxAttempts).build();
    List<Message> messages = messages(60, 6);
    Message poison = messages.get(3);
    List<Message> behind =
        messages.stream().filter(m -> "k3".equals(m.key())).filter(m -> !m.equals(poison)).toList();
    MessageHandler<T, Exception> handler =
        (tx, message) -> {
          charge(tx, message);
          if (message.equals(poison)) {
            poisonous.handle(tx, message);
          }
        };
    var expected = new ArrayList<>(messages);
    expected.remove(poison);
    expected.removeAll(behind);

    List<Message> redeliver = inbox.processAll(messages, handler).redeliver();
    assertThat(redeliver).startsWith(poison).hasSize(behind.size() + 1).containsAll(behind);
    assertThat(effects())
        .as("the other keys are done after the first delivery")
        .containsExactlyInAnyOrderElementsOf(ids(expected));
    for (int attempt = 2; attempt <= maxAttempts; attempt++) {
      assertThat(row(poison).attempts()).isEqualTo(attempt - 1);
      redeliver = inbox.processAll(redeliver, handler).redeliver();
    }
    assertThat(redeliver).isEmpty();
    assertThat(row(poison).attempts()).isEqualTo(maxAttempts);
    assertThat(row(poison).lastError()).isNotBlank();
    assertThat(admin().parked(CONSUMER, poison.id())).contains(poison);
    expected.addAll(behind);
    assertThat(effects()).containsExactlyInAnyOrderElementsOf(ids(expected));
  }
}
