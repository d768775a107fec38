package io.rowpost.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rowpost.core.InboxAdmin;
import io.rowpost.core.InboxProcessor;
import io.rowpost.core.InboxRecord;
import io.rowpost.core.InboxResult;
import io.rowpost.core.InboxStatus;
import io.rowpost.core.Message;
import io.rowpost.core.MessageHandler;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What operators see and do. */
abstract class InboxAdminRules<T> extends InboxRules<T> {
  InboxAdminRules(InboxFixture<T> fixture) {
    super(fixture);
  }

  @Test
  void aRetriedMessageRunsAgainWithFreshAttempts() {
    InboxProcessor<T> inbox = builder().maxAttempts(2).build();
    Message message = message("k");
    park(message);
    assertThat(admin().reopened(CONSUMER, 10)).isEmpty();
    assertThat(admin().retry(CONSUMER, message.id(), ACT)).isTrue();
    assertThat(admin().retry(CONSUMER, message.id(), ACT)).isFalse();
    assertThat(admin().reopened(CONSUMER, 10)).containsExactly(message.id());
    assertThat(row(message).attempts()).isZero();
    assertThat(row(message).parked()).isFalse();

    assertThat(inbox.retryParked(failing("still no"))).isZero();
    assertThat(row(message).attempts()).isOne();
    assertThat(admin().reopened(CONSUMER, 10)).containsExactly(message.id());
    assertThat(inbox.retryParked(failing("still no"))).isZero();
    assertThat(row(message).parked()).as("parked again").isTrue();
    assertThat(admin().reopened(CONSUMER, 10)).isEmpty();

    assertThat(admin().retry(CONSUMER, message.id(), ACT)).isTrue();
    assertThat(inbox.retryParked(this::charge)).isOne();
    assertThat(effects()).containsExactly(message.id());
    assertThat(row(message).status()).isEqualTo(InboxStatus.COMPLETED);
    assertThat(admin().parked(CONSUMER, message.id())).isEmpty();
    assertThat(admin().retry(CONSUMER, message.id(), ACT)).isFalse();
    assertThat(inbox.process(message, this::charge)).isEqualTo(InboxResult.DUPLICATE);
    assertAudited(message, "retry", 2);
  }

  /** In a rolling deploy, where processes of two versions share an inbox. */
  @Test
  void aTypeThatOnlyTheNextVersionKnowsIsKeptForIt() {
    InboxProcessor<T> inbox = builder().maxAttempts(1).build();
    MessageHandler<T, IOException> old =
        (tx, message) -> {
          if (!message.type().equals("OrderCreated")) {
            throw new IOException("no handler for type " + message.type());
          }
          charge(tx, message);
        };
    Message known = message("k");
    Message renamed = ofType("OrderPlaced");
    assertThat(inbox.processAll(List.of(renamed, known), old).redeliver()).isEmpty();
    assertThat(effects()).containsExactly(known.id());
    assertThat(row(renamed).lastError()).contains("no handler for type OrderPlaced");

    assertThat(admin().retry(CONSUMER, renamed.id(), ACT)).isTrue();
    assertThat(inbox.retryParked(this::charge)).isOne();
    assertThat(effects()).containsExactly(known.id(), renamed.id());
    assertThat(inbox.processAll(List.of(renamed), old).redeliver()).isEmpty();
    assertThat(row(renamed).status()).isEqualTo(InboxStatus.COMPLETED);
  }

  private static Message ofType(String type) {
    Message like = message("k");
    return new Message(
        like.id(),
        like.topic(),
        like.key(),
        type,
        like.source(),
        like.contentType(),
        like.headers(),
        like.traceparent(),
        like.time(),
        like.payload());
  }

  @Test
  void aRedeliveryRunsAReopenedMessageToo() {
    Message message = at(ago(Duration.ofDays(40)));
    InboxProcessor<T> inbox = builder().build();
    assertThat(inbox.process(message, this::charge)).isEqualTo(InboxResult.TOO_OLD);
    assertThat(admin().retry(CONSUMER, message.id(), ACT)).isTrue();
    assertThat(inbox.process(message, this::charge))
        .as("the operator has decided that it is no repeat")
        .isEqualTo(InboxResult.PROCESSED);
    assertThat(effects()).containsExactly(message.id());
    assertThat(inbox.retryParked(this::charge)).isZero();
  }

  @Test
  void reopenedMessagesComeInTheOrderOfTheirParking() {
    List<Message> messages = messages(6, 6);
    for (Message message : messages) {
      park(message);
    }
    var shuffled = new ArrayList<>(messages);
    Collections.shuffle(shuffled, new Random(6));
    for (Message message : shuffled) {
      admin().retry(CONSUMER, message.id(), ACT);
    }
    List<String> ids = messages.stream().map(Message::id).toList();
    assertThat(admin().reopened(CONSUMER, 10)).containsExactlyElementsOf(ids);
    assertThat(admin().reopened(CONSUMER, 2)).containsExactlyElementsOf(ids.subList(0, 2));
    assertThat(admin().reopened("audit", 10)).isEmpty();
  }

  @Test
  void aDiscardedMessageIsAcknowledgedForGood() {
    InboxProcessor<T> inbox = builder().build();
    Message message = message("k");
    assertThat(admin().discard(CONSUMER, message.id(), ACT)).isFalse();
    park(message);
    assertThat(admin().discard(CONSUMER, message.id(), ACT)).isTrue();
    assertThat(admin().discard(CONSUMER, message.id(), ACT)).isFalse();
    assertThat(admin().retry(CONSUMER, message.id(), ACT)).isFalse();
    assertThat(inbox.process(message, this::charge)).isEqualTo(InboxResult.FAILED);
    assertThat(inbox.retryParked(this::charge)).isZero();
    assertThat(effects()).isEmpty();
    assertThat(row(message).discarded()).isTrue();
    assertThat(row(message).parked()).isTrue();
    assertThat(admin().parked(CONSUMER, message.id())).contains(message);
    assertThat(admin().counts(CONSUMER)).isEqualTo(new InboxAdmin.Counts(0, 0, 1, 0));
    assertAudited(message, "discard", 1);
  }

  @Test
  void aForgottenMessageRunsAgain() {
    InboxProcessor<T> inbox = builder().build();
    Message message = message("k");
    assertThat(admin().forget(CONSUMER, message.id(), ACT)).isFalse();
    inbox.process(message, this::charge);
    assertThat(admin().forget("audit", message.id(), ACT)).isFalse();
    assertThat(admin().forget(CONSUMER, message.id(), ACT)).isTrue();
    assertThat(admin().get(CONSUMER, message.id())).isEmpty();
    assertThat(inbox.process(message, this::charge)).isEqualTo(InboxResult.PROCESSED);
    assertThat(effects()).containsExactly(message.id(), message.id());
    assertAudited(message, "forget", 1);

    Message failed = message("k");
    park(failed);
    assertThat(admin().forget(CONSUMER, failed.id(), ACT)).as("not completed").isFalse();
  }

  private void assertAudited(Message message, String act, int times) {
    assertThat(fixture.audit())
        .filteredOn(line -> line.contains(message.id()))
        .hasSize(times)
        .allSatisfy(line -> assertThat(line).contains(ACT.actor(), act, CONSUMER, ACT.reason()));
  }

  @Test
  void operatorsAndRedeliveriesRacingDoItOnce() throws Exception {
    InboxProcessor<T> inbox = builder().build();
    for (int round = 0; round < 20; round++) {
      Message message = message("k");
      park(message);
      List<Boolean> acts =
          ConcurrentTasks.callAtOnce(
              List.of(
                  () -> deliver(() -> admin().retry(CONSUMER, message.id(), ACT)),
                  () -> deliver(() -> admin().retry(CONSUMER, message.id(), ACT)),
                  () -> deliver(() -> admin().discard(CONSUMER, message.id(), ACT)),
                  () -> deliver(() -> inbox.process(message, this::charge)) == null,
                  () -> deliver(() -> inbox.retryParked(this::charge)) > 1));
      assertThat(Collections.frequency(acts, true)).isOne();
      boolean discarded = acts.get(2);
      deliver(() -> inbox.process(message, this::charge));
      assertThat(Collections.frequency(effects(), message.id())).isEqualTo(discarded ? 0 : 1);
      assertAudited(message, discarded ? "discard" : "retry", 1);
    }
  }

  @Test
  void rowsAreListedPageByPage() {
    List<Message> messages = messages(7, 7);
    for (String consumer : List.of("audit", CONSUMER)) {
      builder(consumer).build().processAll(messages, this::charge);
    }
    park(message("k"));
    var all = new ArrayList<InboxRecord>();
    @Nullable InboxRecord last = null;
    List<InboxRecord> page;
    do {
      page = admin().find(null, null, last, 4);
      all.addAll(page);
      last = page.isEmpty() ? null : page.get(page.size() - 1);
    } while (page.size() == 4);
    assertThat(all).hasSize(15).doesNotHaveDuplicates();
    assertThat(all.subList(0, 7)).extracting(InboxRecord::consumer).containsOnly("audit");
    assertThat(admin().find(CONSUMER, null, null, 1000)).isEqualTo(all.subList(7, 15));
    assertThat(admin().find(CONSUMER, InboxStatus.COMPLETED, null, 1000)).hasSize(7);
    assertThat(admin().find(CONSUMER, InboxStatus.FAILED, null, 1000)).hasSize(1);
    assertThat(admin().find(null, InboxStatus.PROCESSING, null, 1000)).isEmpty();
    assertThat(admin().find("nobody", null, null, 1000)).isEmpty();
    InboxRecord middle = all.get(9);
    assertThat(admin().find(CONSUMER, InboxStatus.COMPLETED, middle, 1000))
        .allSatisfy(row -> assertThat(all.indexOf(row)).isGreaterThan(9));
    assertThat(admin().counts(null)).isEqualTo(new InboxAdmin.Counts(0, 14, 1, 1));
    assertThat(admin().counts(CONSUMER)).isEqualTo(new InboxAdmin.Counts(0, 7, 1, 1));
    assertThat(admin().counts("nobody")).isEqualTo(new InboxAdmin.Counts(0, 0, 0, 0));
  }

  @Test
  void pagesHaveALimit() {
    for (int limit : new int[] {0, -1, 1001, Integer.MAX_VALUE}) {
      assertThatThrownBy(() -> admin().find(null, null, null, limit))
          .hasMessageStartingWith("ROWPOST-601 ");
      assertThatThrownBy(() -> admin().reopened(CONSUMER, limit))
          .hasMessageStartingWith("ROWPOST-601 ");
    }
  }
}
