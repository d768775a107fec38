package io.rowpost.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rowpost.core.OutboxRelay.State;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A relay that is closed by what it calls itself, in the midst of what it does. */
class RelayClosedWithinTest {
  private final ManualTime time = new ManualTime();
  private final InMemoryOutboxStore store = new InMemoryOutboxStore(time);
  private final InMemoryTransactor transactor = new InMemoryTransactor();
  private final ScriptedPublisher publisher = new ScriptedPublisher();
  private final List<State> states = new ArrayList<>();

  private OutboxRelay.Builder relay() {
    return OutboxRelay.builder(store, publisher).time(time).random(new Random(7));
  }

  private void append(String topic, String payload) {
    OutboxRecord record = OutboxRecord.to(topic).key("k").type("Test").payload(payload).build();
    transactor.inTransaction(
        tx -> {
          store.append(tx, List.of(record));
          return null;
        });
  }

  /** What stops at the first record that it sees, as one that must not be sent twice. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aListenerMayCloseTheRelayInTheMidstOfACycle(boolean answersLater) {
    var closing = new AtomicReference<OutboxRelay>();
    OutboxRelay relay =
        relay()
            .listener(
                new RelayListener() {
                  @Override
                  public void onSent(OutboxRecord record, Duration took) {
                    closing.get().close();
                    assertThatThrownBy(() -> closing.get().pollAndPublish())
                        .isInstanceOf(IllegalStateException.class);
                  }

                  @Override
                  public void onState(State state) {
                    states.add(state);
                  }
                })
            .build();
    closing.set(relay);
    append("t", "a1");
    append("u", "b1");
    if (answersLater) {
      publisher.answerByHand();
      relay.pollAndPublish();
      publisher.open().forEach(publisher::ack);
    }
    relay.pollAndPublish();
    assertThat(states).containsExactly(State.RUNNING, State.CLOSED);
    assertThat(store.admin().counts().pending()).isEqualTo(2 - publisher.taken.size());

    relay.close();
    relay().build().pollAndPublish();
    assertThat(publisher.taken).containsExactlyInAnyOrder("a1", "b1");
  }

  @Test
  void aListenerMayCloseTheRelayThatIsAboutToStart() {
    var closing = new AtomicReference<OutboxRelay>();
    OutboxRelay relay =
        relay()
            .listener(
                new RelayListener() {
                  @Override
                  public void onState(State state) {
                    states.add(state);
                    closing.get().close();
                  }
                })
            .build();
    closing.set(relay);
    relay.start();
    assertThat(states).containsExactly(State.RUNNING, State.CLOSED);
    OutboxRelay next = relay().build();
    next.pollAndPublish();
    assertThat(next.state()).isEqualTo(State.RUNNING);
  }
}
