package io.rowpost.core;

import static io.rowpost.core.FailureClass.DESTINATION;
import static io.rowpost.core.FailureClass.RECORD;
import static io.rowpost.core.ScriptedPublisher.failure;
import static org.assertj.core.api.Assertions.assertThat;

import io.rowpost.core.OutboxAdmin.Act;
import io.rowpost.core.OutboxAdmin.Filter;
import io.rowpost.core.OutboxAdmin.Item;
import io.rowpost.core.OutboxRelay.State;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who fills a relay's pipeline, or what it may hold, and what becomes of the others. */
class RelayRoomTest {
  private static final Act ACT = new Act("test", "");
  private static final Duration LEASE = Duration.ofSeconds(30);

  private final ManualTime time = new ManualTime();
  private final InMemoryOutboxStore store = new InMemoryOutboxStore(time);
  private final InMemoryTransactor transactor = new InMemoryTransactor();
  private final ScriptedPublisher publisher = new ScriptedPublisher();

  private OutboxRelay.Builder relay(OutboxStore<?> over) {
    return OutboxRelay.builder(over, publisher).time(time).random(new Random(7)).lease(LEASE);
  }

  /** Appends records "topic/key/payload"; the key "-" stands for none. */
  private void append(String... records) {
    transactor.inTransaction(
        tx -> {
          for (String text : records) {
            String[] parts = text.split("/", 3);
            OutboxRecord.Builder record = OutboxRecord.to(parts[0]).type("Test").payload(parts[2]);
            store.append(tx, List.of(record.key(parts[1].equals("-") ? null : parts[1]).build()));
          }
          return null;
        });
  }

  private void append(int count, String topicAndKey) {
    append(IntStream.range(0, count).mapToObj(i -> topicAndKey + i).toArray(String[]::new));
  }

  /** Polls each 10 ms of virtual time. */
  private void pollFor(OutboxRelay polled, Duration duration) {
    for (long i = 0; i < duration.toMillis() / 10; i++) {
      polled.pollAndPublish();
      time.pass(Duration.ofMillis(10));
    }
  }

  /** Polls until a record is taken; returns how long that took. */
  private Duration pollUntilTaken(OutboxRelay polled, String payload, Duration patience) {
    for (Duration took = Duration.ZERO; ; took = took.plusMillis(100)) {
      pollFor(polled, Duration.ofMillis(100));
      if (publisher.taken.contains(payload)) {
        return took;
      }
      assertThat(took).as("until %s is taken", payload).isLessThan(patience);
    }
  }

  // ---- a topic that hangs ---------------------------------------------------------------------

  @ParameterizedTest
  @ValueSource(ints = {1, 20})
  void aTopicThatHangsAndFillsThePipelineDoesNotStopTheOthersForGood(int batchSize) {
    publisher.hang(payload -> payload.startsWith("x"));
    append(40, "x/-/x");
    append("y/a/y1");
    OutboxRelay relay = relay(store).batchSize(batchSize).maxInFlight(10).build();
    pollUntilTaken(relay, "y1", Duration.ofSeconds(31 + 2 * 10));
    assertThat(relay.state()).isEqualTo(State.RUNNING);
    assertThat(store.admin().find(Filter.of(OutboxStatus.PENDING), 0, 100))
        .hasSize(40)
        .allSatisfy(item -> assertThat(item.attempts()).isZero());

    // Its parked ones come due together, with none of another topic at the broker.
    pollFor(relay, Duration.ofMinutes(5));
    for (int i = 2; i < 20; i++) {
      append("y/a/y" + i);
      assertThat(pollUntilTaken(relay, "y" + i, Duration.ofMinutes(1)))
          .as("y%d, while one record tries x", i)
          .isLessThan(Duration.ofSeconds(11));
      pollFor(relay, Duration.ofSeconds(7));
    }

    publisher.takeAll();
    pollFor(relay, Duration.ofMinutes(1));
    assertThat(store.admin().counts().pending()).isZero();
  }

  /** What waits behind the first page of it is in the pipeline, but not at the broker. */
  @Test
  void theNextProbeOfABrokerIsOfAnotherTopic() {
    publisher.hang(payload -> payload.startsWith("x"));
    append(15, "x/-/x");
    append("y/a/y1");
    OutboxRelay relay = relay(store).maxInFlight(10).build();
    assertThat(pollUntilTaken(relay, "y1", Duration.ofMinutes(1)))
        .as("one send timeout")
        .isLessThan(Duration.ofSeconds(11));
  }

  @Test
  void whatWaitsForTheProbeOfATopicLeavesRoomToOthers() {
    publisher.answer(p -> p.startsWith("x") ? failure(DESTINATION) : null);
    append(100, "x/-/x");
    for (int key = 0; key < 50; key++) {
      append(4, "x/k" + key + "/x" + key + "-");
    }
    OutboxRelay relay = relay(store).maxInFlight(10).build();
    pollFor(relay, Duration.ofSeconds(1));
    publisher.hang(payload -> payload.startsWith("x"));
    for (int i = 0; i < 60; i++) {
      append("y/a/y" + i);
      assertThat(pollUntilTaken(relay, "y" + i, Duration.ofMinutes(1)))
          .as("y%d", i)
          .isLessThan(Duration.ofSeconds(1));
      pollFor(relay, Duration.ofSeconds(1));
    }
    publisher.takeAll();
    pollFor(relay, Duration.ofMinutes(1));
    assertThat(store.admin().counts().pending()).isZero();
    for (int key = 0; key < 50; key++) {
      String ofKey = "x" + key + "-";
      assertThat(publisher.taken.stream().filter(p -> p.startsWith(ofKey)))
          .containsExactly(ofKey + 0, ofKey + 1, ofKey + 2, ofKey + 3);
    }
  }

  @Test
  void anOutageShorterThanAHoldSetsNothingAside() {
    publisher.hang(payload -> true);
    append(40, "x/-/x");
    OutboxRelay relay = relay(store).maxInFlight(10).build();
    pollFor(relay, Duration.ofSeconds(28));
    assertThat(store.admin().counts().waiting()).isZero();
    assertThat(relay.state()).isEqualTo(State.BROKER_AWAY);
    publisher.takeAll();
    pollFor(relay, Duration.ofSeconds(4));
    assertThat(publisher.taken).as("the last probe has timed out").hasSize(40);
  }

  // ---- how much may be held -------------------------------------------------------------------

  @Test
  void readsOnWhenWhatItHeldWasDiscarded() {
    OutboxRelay relay = relay(store).build();
    holdTooMany(relay);
    discardWaiting();
    pollUntilTaken(relay, "y1", Duration.ofMinutes(2));
  }

  @Test
  void readsOnWhenTheTopicRefusesEachOfWhatItHeld() {
    OutboxRelay relay = relay(store).retry((attempts, error) -> Optional.empty()).build();
    holdTooMany(relay);
    publisher.answer(p -> p.startsWith("x") ? failure(RECORD) : null);
    pollUntilTaken(relay, "y1", Duration.ofMinutes(2));
  }

  /** Ends with a record of another topic behind those that may not be read. */
  private void holdTooMany(OutboxRelay relay) {
    publisher.answer(p -> p.startsWith("x") ? failure(DESTINATION) : null);
    append(RelaySettings.MAX_HELD + 3_000, "x/-/x");
    append("y/a/y1");
    pollFor(relay, Duration.ofSeconds(20));
    assertThat(store.admin().counts().waiting()).isGreaterThanOrEqualTo(RelaySettings.MAX_HELD);
    assertThat(publisher.taken).isEmpty();
  }

  private void discardWaiting() {
    long last = 0;
    for (List<Item> page = waiting(last); !page.isEmpty(); page = waiting(last)) {
      page.stream()
          .filter(item -> item.version() > 0)
          .forEach(item -> store.admin().discard(item, ACT));
      last = page.get(page.size() - 1).position();
    }
    assertThat(store.admin().counts().waiting()).isZero();
  }

  private List<Item> waiting(long after) {
    return store.admin().find(Filter.of(OutboxStatus.PENDING), after, 1000);
  }

  // ---- how many keys may be blocked -----------------------------------------------------------

  /** That of the parked ones is not known, and nothing is due before new records are read. */
  @Test
  void aNewOwnerMovesOnInOrderThoughMoreKeysAreBlockedThanItMayKnow() {
    int limit = RelaySettings.MAX_BLOCKED_KEYS_LOADED;
    Set<Long> others = LongStream.rangeClosed(1, limit).boxed().collect(Collectors.toSet());
    var loads = new AtomicInteger();
    boolean[] freed = {false};
    OutboxStore<?> crowded =
        (OutboxStore<?>)
            Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {OutboxStore.class},
                (proxy, method, arguments) -> {
                  if (method.getName().equals("blockedKeys") && loads.getAndIncrement() == 0) {
                    return others;
                  }
                  Object result = method.invoke(store, arguments);
                  return result instanceof OutboxBatch batch && freed[0]
                      ? new OutboxBatch(
                          batch.entries(), batch.more(), batch.paused(), batch.changes(), others)
                      : result;
                });
    publisher.failAll(failure(RECORD));
    append("t/a/a1", "t/a/a2", "t/b/b1", "t/-/n1");
    OutboxRelay former = relay(store).build();
    former.pollAndPublish();
    append("t/a/a3", "t/c/c1", "t/c/c2");
    former.close();

    publisher.takeAll();
    OutboxRelay relay = relay(crowded).batchSize(2).build();
    pollFor(relay, Duration.ofSeconds(5));
    assertThat(publisher.taken)
        .containsExactlyInAnyOrder("a1", "a2", "a3", "b1", "c1", "c2", "n1")
        .containsSubsequence("a1", "a2", "a3")
        .containsSubsequence("c1", "c2");
    assertThat(loads).hasValue(1);

    freed[0] = true;
    append("t/d/d1");
    pollFor(relay, Duration.ofSeconds(1));
    assertThat(loads).as("asked for again, now that others may fit").hasValue(2);
    append("t/d/d2");
    assertThat(relay.pollAndPublish()).isEqualTo(new PollResult(1, 0, 0, 0));
  }

  // ---- small ones -----------------------------------------------------------------------------

  @Test
  void aRelayOfOneRecordAtATimeWaitsForItsAnswer() {
    publisher.answerByHand();
    EngineTime answering =
        new EngineTime() {
          @Override
          public long nanoTime() {
            return time.nanoTime();
          }

          @Override
          public void await(BooleanSupplier ready, long maxNanos) {
            time.pass(Duration.ofMillis(1));
            publisher.open().forEach(publisher::ack);
          }

          @Override
          public void signal() {}
        };
    append("t/a/a1", "t/b/b1");
    OutboxRelay relay = relay(store).time(answering).maxInFlight(1).build();
    assertThat(relay.pollAndPublish().sent()).isEqualTo(1);
    assertThat(relay.pollAndPublish().sent()).isEqualTo(1);
  }

  @Test
  void aRecordThatFillsThePipelineCostsNoTurnsWhileItIsAtTheBroker() {
    publisher.answerByHand();
    var turns = new AtomicInteger();
    OutboxStore<?> counting = Watched.before("settleAndFetch", store, turns::incrementAndGet);
    String large = "x".repeat(70_000);
    append("t/a/" + large, "t/b/b1");
    OutboxRelay relay = relay(counting).maxInFlightBytes(65_536).build();
    relay.pollAndPublish();
    assertThat(publisher.open()).containsExactly(large);
    turns.set(0);
    pollFor(relay, Duration.ofSeconds(5));
    assertThat(turns).hasValue(0);

    publisher.ack(large);
    pollFor(relay, Duration.ofSeconds(1));
    assertThat(publisher.open()).containsExactly("b1");
  }
}
