package io.rowpost.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rowpost.core.InboxAdmin;
import io.rowpost.core.InboxProcessor;
import io.rowpost.core.InboxRecord;
import io.rowpost.core.InboxResult;
import io.rowpost.core.InboxStatus;
import io.rowpost.core.Message;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The window: what is too old to be told from a repeat, and what is purged. */
abstract class InboxRetentionRules<T> extends InboxRules<T> {
  private static final Duration MONTH = Duration.ofDays(30);

  InboxRetentionRules(InboxFixture<T> fixture) {
    super(fixture);
  }

  @Test
  void anUnknownMessageOlderThanTheWindowIsParkedAndNotRun() {
    InboxProcessor<T> inbox = builder().window(WEEK).build();
    Message old = at(ago(WEEK.plusSeconds(60)));
    assertThat(inbox.process(old, this::charge)).isEqualTo(InboxResult.TOO_OLD);
    assertThat(inbox.process(old, this::charge)).isEqualTo(InboxResult.FAILED);
    assertThat(effects()).isEmpty();
    InboxRecord row = row(old);
    assertThat(row.status()).isEqualTo(InboxStatus.FAILED);
    assertThat(row.attempts()).isZero();
    assertThat(row.parked()).isTrue();
    assertThat(row.lastError()).startsWith("TOO_OLD: ");
    assertThat(admin().parked(CONSUMER, old.id())).contains(old);

    Message inTime = at(ago(WEEK.minusSeconds(60)));
    assertThat(inbox.process(inTime, this::charge)).isEqualTo(InboxResult.PROCESSED);
  }

  @Test
  void aMessageFromTheFutureIsParkedAndNotRun() {
    InboxProcessor<T> inbox = builder().build();
    Message future = at(ago(Duration.ofDays(-1).minusSeconds(60)));
    assertThat(inbox.process(future, this::charge)).isEqualTo(InboxResult.FAILED);
    assertThat(effects()).isEmpty();
    assertThat(row(future).lastError()).startsWith("FROM_FUTURE: ");
    assertThat(row(future).parked()).isTrue();
    Message soon = at(ago(Duration.ofDays(-1).plusSeconds(60)));
    assertThat(inbox.process(soon, this::charge)).isEqualTo(InboxResult.PROCESSED);
  }

  @Test
  void timesThatNoDatabaseStoresAreOldOrFuture() {
    InboxProcessor<T> inbox = builder().build();
    for (Instant time : List.of(Instant.MIN, Instant.EPOCH.minusMillis(1))) {
      assertThat(inbox.process(at(time), this::charge)).isEqualTo(InboxResult.TOO_OLD);
    }
    for (Instant time : List.of(Instant.MAX, Instant.ofEpochMilli(Long.MAX_VALUE))) {
      assertThat(inbox.process(at(time), this::charge)).isEqualTo(InboxResult.FAILED);
    }
    assertThat(
            inbox.processAll(List.of(at(Instant.MIN), at(Instant.MAX), message("k")), this::charge))
        .isEqualTo(new InboxProcessor.BatchResult(1, 0, 1, 1, List.of()));
    assertThat(effects()).hasSize(1);
  }

  @Test
  void aMessageWithoutATimeIsNeverTooOldAndNeverPurged() {
    InboxProcessor<T> inbox = builder().build();
    Message timeless = at(null);
    assertThat(inbox.process(timeless, this::charge)).isEqualTo(InboxResult.PROCESSED);
    assertThat(row(timeless).messageTime()).isNull();
    assertThat(admin().purge(Duration.ZERO)).isZero();
    assertThat(inbox.process(timeless, this::charge)).isEqualTo(InboxResult.DUPLICATE);
  }

  @Test
  void aKnownMessageIsADuplicateHoweverOldItIs() {
    Message message = at(ago(WEEK.plusDays(1)));
    builder().window(MONTH).build().process(message, this::charge);
    InboxProcessor<T> narrow = builder().window(WEEK).build();
    assertThat(narrow.process(message, this::charge)).isEqualTo(InboxResult.DUPLICATE);
    assertThat(narrow.processAll(List.of(message, message("k")), this::charge))
        .isEqualTo(new InboxProcessor.BatchResult(1, 1, 0, 0, List.of()));
  }

  @Test
  void purgeNeverMakesARedeliveryRunAgain() {
    InboxProcessor<T> inbox = builder().window(MONTH).build();
    Duration margin = InboxAdmin.PURGE_MARGIN;
    Message inMargin = at(ago(WEEK.plus(margin).minusSeconds(60)));
    Message pastMargin = at(ago(WEEK.plus(margin).plusSeconds(60)));
    inbox.process(inMargin, this::charge);
    inbox.process(pastMargin, this::charge);
    assertThat(admin().purge(WEEK)).isOne();
    assertThat(admin().get(CONSUMER, inMargin.id())).isPresent();
    assertThat(admin().get(CONSUMER, pastMargin.id())).isEmpty();

    InboxProcessor<T> redelivered = builder().window(WEEK).build();
    assertThat(redelivered.process(inMargin, this::charge)).isEqualTo(InboxResult.DUPLICATE);
    assertThat(redelivered.process(pastMargin, this::charge)).isEqualTo(InboxResult.TOO_OLD);
    assertThat(effects()).containsExactly(inMargin.id(), pastMargin.id());
  }

  @Test
  void purgeKeepsWhatIsNotDone() {
    Instant old = ago(Duration.ofDays(20));
    InboxProcessor<T> inbox = builder().window(MONTH).build();
    Message failed = at(old);
    assertThatThrownBy(() -> inbox.process(failed, failing("no"))).isInstanceOf(IOException.class);
    Message parked = at(old);
    InboxProcessor<T> hasty = builder().window(MONTH).maxAttempts(1).build();
    hasty.processAll(List.of(parked), failing("no"));
    Message discarded = at(old);
    hasty.processAll(List.of(discarded), failing("no"));
    assertThat(admin().discard(CONSUMER, discarded.id(), ACT)).isTrue();

    assertThat(admin().purge(WEEK)).as("only the discarded one").isOne();
    assertThat(admin().get(CONSUMER, discarded.id())).isEmpty();
    assertThat(admin().parked(CONSUMER, discarded.id())).isEmpty();
    assertThat(row(failed).status()).isEqualTo(InboxStatus.FAILED);
    assertThat(admin().parked(CONSUMER, parked.id())).contains(parked);
  }

  @Test
  void twoPurgesAtOnceDoEachRowOnce() throws Exception {
    InboxProcessor<T> inbox = builder().window(MONTH).build();
    var old = new ArrayList<Message>();
    for (int i = 0; i < 2500; i++) {
      old.add(at(ago(Duration.ofDays(20).plusSeconds(i))));
    }
    inbox.processAll(old, (tx, message) -> {});
    Message kept = message("k");
    inbox.process(kept, this::charge);
    List<Long> purged =
        ConcurrentTasks.callAtOnce(
            Collections.nCopies(3, () -> deliver(() -> admin().purge(WEEK))));
    assertThat(purged.stream().mapToLong(Long::longValue).sum()).isEqualTo(2500);
    assertThat(admin().counts(CONSUMER)).isEqualTo(new InboxAdmin.Counts(0, 1, 0, 0));
  }
}
