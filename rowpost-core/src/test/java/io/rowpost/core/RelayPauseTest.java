package io.rowpost.core;

import static io.rowpost.core.FailureClass.BROKER;
import static io.rowpost.core.ScriptedPublisher.failure;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rowpost.core.OutboxAdmin.Act;
import io.rowpost.core.OutboxRelay.State;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What an operator may count on who has paused a relay. */
class RelayPauseTest {
  private static final Act ACT = new Act("test", "");

  private final ManualTime time = new ManualTime();
  private final InMemoryOutboxStore store = new InMemoryOutboxStore(time);
  private final InMemoryTransactor transactor = new InMemoryTransactor();
  private final ScriptedPublisher publisher = new ScriptedPublisher();
  private final OutboxRelay relay = relay(store, 7);

  private OutboxRelay relay(OutboxStore<?> over, int seed) {
    return OutboxRelay.builder(over, publisher).time(time).random(new Random(seed)).build();
  }

  /** Appends records of two keys. */
  private void append(int count) {
    transactor.inTransaction(
        tx -> {
          for (int i = 0; i < count; i++) {
            OutboxRecord.Builder record = OutboxRecord.to("t").type("Test").payload("" + i);
            store.append(tx, List.of(record.key("k" + i % 2).build()));
          }
          return null;
        });
  }

  /** Polls each 100 ms of virtual time. */
  private void pollFor(OutboxRelay polled, Duration duration) {
    for (long i = 0; i < duration.toMillis() / 100; i++) {
      polled.pollAndPublish();
      time.pass(Duration.ofMillis(100));
    }
  }

  @Test
  void aPauseBeforeTheFirstRunHolds() {
    append(1);
    relay.pause();
    relay.pause();
    pollFor(relay, Duration.ofSeconds(5));
    assertThat(relay.state()).isEqualTo(State.PAUSED);
    relay.close();
    OutboxRelay other = relay(store, 8);
    pollFor(other, Duration.ofSeconds(5));
    assertThat(other.state()).isEqualTo(State.PAUSED);
    assertThat(publisher.handed).isEmpty();

    other.resume();
    pollFor(other, Duration.ofSeconds(1));
    assertThat(publisher.taken).containsExactly("0");
  }

  @Test
  void aPauseThatCouldNotBeWrittenIsNotIgnored() {
    OutboxStore<?> away =
        Watched.before(
            "lease",
            store,
            () -> {
              throw new StoreException(
                  "ROWPOST-211", "away", "wait", StoreException.Outcome.UNKNOWN, null);
            });
    assertThatThrownBy(() -> relay(away, 8).pause()).isInstanceOf(StoreException.class);
  }

  @Test
  void whatWaitsForTheBrokerIsNotSentDuringAPause() {
    publisher.failAll(failure(BROKER));
    append(20);
    pollFor(relay, Duration.ofSeconds(5));
    assertThat(relay.state()).isEqualTo(State.BROKER_AWAY);
    relay.pause();
    pollFor(relay, Duration.ofSeconds(11));
    assertThat(relay.state()).isEqualTo(State.PAUSED);

    publisher.takeAll();
    publisher.handed.clear();
    pollFor(relay, Duration.ofMinutes(1));
    assertThat(publisher.handed).isEmpty();

    // By another process: this one is not woken.
    store.admin().resume("default", ACT);
    pollFor(relay, Duration.ofSeconds(3));
    assertThat(publisher.taken).hasSize(20);
    for (int key = 0; key < 2; key++) {
      int k = key;
      assertThat(publisher.taken.stream().filter(p -> Integer.parseInt(p) % 2 == k))
          .containsExactlyElementsOf(
              IntStream.range(0, 10).mapToObj(i -> "" + (2 * i + k)).toList());
    }
  }
}
