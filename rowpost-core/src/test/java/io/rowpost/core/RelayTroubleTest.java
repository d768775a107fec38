package io.rowpost.core;

import static io.rowpost.core.FailureClass.RECORD;
import static org.assertj.core.api.Assertions.assertThat;

import io.rowpost.core.OutboxAdmin.Filter;
import io.rowpost.core.OutboxRelay.State;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What others throw at a relay, and how it ends: it goes on, or says that it does not. */
class RelayTroubleTest {
  private static final Duration LEASE = Duration.ofSeconds(30);

  private final ManualTime time = new ManualTime();
  private final InMemoryOutboxStore store = new InMemoryOutboxStore(time);
  private final InMemoryTransactor transactor = new InMemoryTransactor();
  private final ScriptedPublisher publisher = new ScriptedPublisher();
  private final List<State> states = new CopyOnWriteArrayList<>();

  private OutboxRelay.Builder relay(OutboxStore<?> over) {
    return OutboxRelay.builder(over, publisher)
        .time(time)
        .random(new Random(7))
        .lease(LEASE)
        .listener(
            new RelayListener() {
              @Override
              public void onState(State state) {
                states.add(state);
              }
            });
  }

  private void append(String... records) {
    transactor.inTransaction(
        tx -> {
          for (String text : records) {
            String[] parts = text.split("/", 3);
            OutboxRecord.Builder record = OutboxRecord.to(parts[0]).type("Test").payload(parts[2]);
            store.append(tx, List.of(record.key(parts[1]).build()));
          }
          return null;
        });
  }

  /** Polls each 10 ms of virtual time. */
  private void pollFor(OutboxRelay polled, Duration duration) {
    for (long i = 0; i < duration.toMillis() / 10; i++) {
      polled.pollAndPublish();
      time.pass(Duration.ofMillis(10));
    }
  }

  // ---- the policy -----------------------------------------------------------------------------

  @SuppressWarnings("NullAway") // one of the mistakes
  static List<RetryPolicy> brokenPolicies() {
    return List.of(
        (attempts, error) -> {
          throw new IllegalStateException("a policy's own trouble");
        },
        (attempts, error) -> {
          throw new NoClassDefFoundError("a/Policy");
        },
        (attempts, error) -> null,
        (attempts, error) -> Optional.of(Duration.ofNanos(-1)));
  }

  @ParameterizedTest
  @MethodSource("brokenPolicies")
  void aRetryPolicyThatFailsCostsItsRecordAMinuteAndNobodyElseAnything(RetryPolicy broken) {
    OutboxRelay relay = relay(store).retry(broken).build();
    publisher.answer(p -> p.equals("bad") ? ScriptedPublisher.failure(RECORD) : null);
    append("t/a/bad", "t/b/good");

    assertThat(relay.pollAndPublish()).isEqualTo(new PollResult(1, 1, 0, 0));
    pollFor(relay, Duration.ofSeconds(59));
    assertThat(publisher.handed).containsExactlyInAnyOrder("bad", "good");

    publisher.takeAll();
    pollFor(relay, Duration.ofSeconds(2));
    assertThat(publisher.taken).containsExactly("good", "bad");
    assertThat(states).containsExactly(State.RUNNING);
  }

  /** An error whose own text cannot be had. */
  private static final class Unspeakable extends RuntimeException {
    private static final long serialVersionUID = 1L;

    @Override
    public String getMessage() {
      throw new IllegalStateException("no message");
    }
  }

  @Test
  void anErrorWithoutATextIsWrittenDownByItsName() {
    OutboxRelay relay = relay(store).build();
    publisher.answer(
        p ->
            p.equals("bad")
                ? new PublishException(RECORD, "Refused.", "none.", new Unspeakable())
                : null);
    append("t/a/bad", "t/b/good");
    assertThat(relay.pollAndPublish()).isEqualTo(new PollResult(1, 1, 0, 0));
    OutboxAdmin.Item item = store.admin().find(Filter.of(OutboxStatus.PENDING), 0, 10).get(0);
    assertThat(item.lastError()).contains("Refused.").contains(Unspeakable.class.getName());
  }

  @Test
  void anErrorWithoutATextIsJudgedAsAnyOther() {
    OutboxRelay relay = relay(store).build();
    publisher.failAll(new Unspeakable());
    append("t/a/a1");
    relay.pollAndPublish();
    assertThat(relay.state()).isEqualTo(State.BROKER_AWAY);
  }
}
