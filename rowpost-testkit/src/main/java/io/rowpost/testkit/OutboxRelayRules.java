package io.rowpost.testkit;

import static io.rowpost.testkit.OutboxScene.record;
import static org.assertj.core.api.Assertions.assertThat;

import io.rowpost.core.EngineTime;
import io.rowpost.core.FailureClass;
import io.rowpost.core.OutboxAdmin.Counts;
import io.rowpost.core.OutboxAdmin.Filter;
import io.rowpost.core.OutboxAdmin.Item;
import io.rowpost.core.OutboxRecord;
import io.rowpost.core.OutboxRelay;
import io.rowpost.core.OutboxStatus;
import io.rowpost.core.PollResult;
import io.rowpost.core.TransactionalOutbox;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The real relay over the store: what users of both see, on time that tests own where it can be.
 */
abstract class OutboxRelayRules<T> {
  private static final Duration LEASE = Duration.ofSeconds(30);
  private static final Duration STEP = Duration.ofSeconds(5);
  private static final long MICROSECOND = 1_000;
  private static final PollResult NOTHING = new PollResult(0, 0, 0, 0);

  private final SteppedTime time = new SteppedTime();
  private final ListeningPublisher broker = new ListeningPublisher();

  abstract OutboxScene<T> scene();

  private OutboxRelay.Builder relay(ListeningPublisher publisher, SteppedTime relayTime) {
    return OutboxRelay.builder(scene().store, publisher)
        .name(OutboxScene.RELAY)
        .lease(LEASE)
        .time(relayTime)
        .random(new Random(7));
  }

  private OutboxRelay relay() {
    return relay(broker, time).build();
  }

  /** Time passes for the store and for relays. */
  private void pass(Duration duration) {
    time.pass(duration);
    scene().fixture.elapse(duration);
  }

  private void pollFor(OutboxRelay relay, Duration duration) {
    for (long i = 0; i < duration.dividedBy(STEP); i++) {
      relay.pollAndPublish();
      pass(STEP);
    }
  }

  private void pollUntilSent(OutboxRelay relay, int count) {
    for (int i = 0; broker.messages().size() < count && i < 1_000; i++) {
      relay.pollAndPublish();
      pass(STEP);
    }
  }

  private Counts counts() {
    return scene().admin.counts();
  }

  private static String[] numbered(String prefix, int count) {
    return IntStream.range(0, count).mapToObj(i -> prefix + i).toArray(String[]::new);
  }

  @Test
  void publishesEachRecordOnceInTheOrderOfItsKey() {
    int each = scene().fixture.size(100);
    for (int key = 0; key < 5; key++) {
      scene().append("k" + key, numbered(key + "-", each));
    }
    scene().append(null, numbered("free-", each));
    OutboxRelay relay = relay();
    pollUntilSent(relay, 6 * each);

    assertThat(broker.labels()).hasSize(6 * each).doesNotHaveDuplicates();
    for (int key = 0; key < 5; key++) {
      assertThat(broker.firstsByKey()).containsEntry("k" + key, list(numbered(key + "-", each)));
    }
    assertThat(relay.pollAndPublish()).isEqualTo(NOTHING);
    assertThat(counts().pending()).isZero();
  }

  private static List<String> list(String... labels) {
    return Arrays.asList(labels);
  }

  /** Ten minutes without the broker, and without a topic. */
  @ParameterizedTest
  @EnumSource(names = {"BROKER", "DESTINATION"})
  void anOutageCountsNoAttemptAndThenAllDrains(FailureClass outage) {
    broker.refuse(label -> outage);
    OutboxRelay relay = relay();
    for (int i = 0; i < 10; i++) {
      scene().append("k" + i % 3, "m" + i);
      pollFor(relay, Duration.ofMinutes(1));
    }
    assertThat(scene().items()).hasSize(10);
    assertThat(scene().items())
        .allSatisfy(item -> assertThat(item.attempts()).isZero())
        .allSatisfy(item -> assertThat(item.status()).isEqualTo(OutboxStatus.PENDING));

    broker.refuseNothing();
    pollUntilSent(relay, 10);
    assertThat(broker.labels()).hasSize(10).doesNotHaveDuplicates();
    assertThat(broker.firstsByKey())
        .containsEntry("k0", list("m0", "m3", "m6", "m9"))
        .containsEntry("k1", list("m1", "m4", "m7"))
        .containsEntry("k2", list("m2", "m5", "m8"));
  }

  @Test
  void aRefusedRecordHoldsUpItsKeyOnlyAndIsGivenUpAfterItsLastAttempt() {
    broker.refuse(label -> label.equals("bad") ? FailureClass.RECORD : null);
    scene().append("k", "before", "bad", "behind");
    scene().append("other", "free");
    OutboxRelay relay = relay();
    pollFor(relay, Duration.ofMinutes(20));

    assertThat(broker.labels()).containsExactlyInAnyOrder("before", "free");
    List<Item> given = scene().admin.find(Filter.of(OutboxStatus.FAILED), 0, 10);
    assertThat(given).hasSize(1);
    assertThat(given.get(0).attempts()).isEqualTo(10);

    broker.refuseNothing();
    assertThat(scene().admin.retry(given.get(0), OutboxScene.ACT)).isTrue();
    pollUntilSent(relay, 4);
    assertThat(broker.firstsByKey()).containsEntry("k", list("before", "bad", "behind"));
  }

  @Test
  void behindAParkedKeyNothingIsReadAgainByEachPoll() {
    int many = scene().fixture.size(2_000);
    broker.refuse(label -> label.equals("bad") ? FailureClass.RECORD : null);
    scene().append("k", "bad");
    scene().append("k", numbered("m", many));
    OutboxRelay relay = relay();
    PollResult first = relay.pollAndPublish();
    int waiting = first.waiting();
    for (int i = 0; waiting < many && i < 1_000; i++) {
      waiting += relay.pollAndPublish().waiting();
    }
    assertThat(first.retried()).isEqualTo(1);
    assertThat(waiting).isEqualTo(many);
    for (int i = 0; i < 10; i++) {
      assertThat(relay.pollAndPublish()).isEqualTo(NOTHING);
    }
    assertThat(broker.labels()).isEmpty();
    assertThat(counts().pending()).isEqualTo(many + 1);
  }

  @Test
  void aHotKeyDrainsInOrderAndDoesNotHoldUpOthers() {
    int many = scene().fixture.size(2_000);
    scene().append("hot", numbered("h", many));
    scene().append("cold", "c");
    OutboxRelay relay = relay(broker, time).maxInFlight(20).build();
    pollUntilSent(relay, many + 1);

    assertThat(broker.labels()).hasSize(many + 1).doesNotHaveDuplicates();
    assertThat(broker.firstsByKey()).containsEntry("hot", list(numbered("h", many)));
    assertThat(broker.labels().indexOf("c")).as("place of the other key").isLessThan(many);
  }

  /** Killed after the broker had taken some and before anything was settled. */
  @Test
  void whatWasNotSettledRepeatsUnderTheSameIdsAndInOrder() {
    scene().append("a", "a1", "a2", "a3");
    scene().append("b", "b1", "b2");
    var killed = new ListeningPublisher();
    killed.neverAnswer();
    relay(killed, time).build().pollAndPublish();
    assertThat(killed.labels()).containsExactlyInAnyOrder("a1", "b1");

    pass(LEASE.plusSeconds(1));
    pollUntilSent(relay(), 5);
    assertThat(broker.firstsByKey())
        .containsEntry("a", list("a1", "a2", "a3"))
        .containsEntry("b", list("b1", "b2"));
    assertThat(broker.messages()).containsAll(killed.messages());
  }

  @Test
  void aPausedOwnerHandsNothingOverWhenItWakes() {
    scene().append("k", "m1", "m2");
    var pausedBroker = new ListeningPublisher();
    var pausedTime = new SteppedTime();
    pausedBroker.neverAnswer();
    OutboxRelay paused = relay(pausedBroker, pausedTime).build();
    paused.pollAndPublish();
    assertThat(pausedBroker.labels()).containsExactly("m1");

    pass(LEASE.plusSeconds(1));
    pausedTime.pass(LEASE.plusSeconds(1));
    OutboxRelay next = relay();
    pollUntilSent(next, 2);
    scene().append("k", "m3");
    pausedBroker.answerAll();
    for (int i = 0; i < 5; i++) {
      paused.pollAndPublish();
      pausedTime.pass(STEP);
    }
    pollUntilSent(next, 3);

    assertThat(paused.state()).isEqualTo(OutboxRelay.State.STANDBY);
    assertThat(pausedBroker.labels()).containsExactly("m1");
    assertThat(broker.labels()).containsExactly("m1", "m2", "m3");
    assertThat(counts().pending()).isZero();
  }

  /** Only a signal wakes this relay, so no poll can find a record in place of the wake-up. */
  @Test
  void aCommitWakesTheRelayOfItsProcess() {
    try (OutboxRelay relay =
        OutboxRelay.builder(scene().store, broker)
            .name(OutboxScene.RELAY)
            .time(new SignalledTime())
            .build()) {
      var outbox =
          TransactionalOutbox.builder(scene().store)
              .transactor(scene().fixture.transactor())
              .wakeUp(relay::wakeUp)
              .build();
      relay.start();
      for (int i = 1; i <= 5; i++) {
        int count = i;
        outbox.executeWithOutbox(record("k", "m" + i).build(), tx -> true);
        ConcurrentTasks.await("m" + i, () -> broker.messages().size() == count);
      }
    }
    assertThat(broker.labels()).containsExactly("m1", "m2", "m3", "m4", "m5");
  }

  /** On real time, closed gracefully: as in a rolling restart. */
  @Test
  void relaysComeAndGoWithoutARepeatOrDisorder() {
    int rounds = scene().fixture.size(50);
    var random = new Random(9);
    var relays = new ArrayList<OutboxRelay>();
    for (int i = 0; i < rounds; i++) {
      if (relays.size() < 2 || (relays.size() < 4 && random.nextBoolean())) {
        relays.add(
            OutboxRelay.builder(scene().store, broker)
                .name(OutboxScene.RELAY)
                .pollInterval(Duration.ofMillis(2))
                .build()
                .start());
      } else {
        relays.remove(random.nextInt(relays.size())).close();
      }
      appendRound(i);
    }
    awaitRounds(rounds);
    relays.forEach(OutboxRelay::close);
    assertRounds(rounds);
  }

  /** One record of each of three keys. */
  private void appendRound(int round) {
    List<OutboxRecord> records = new ArrayList<>();
    for (int key = 0; key < 3; key++) {
      records.add(record("k" + key, key + "-" + round).build());
    }
    scene().append(records);
  }

  private void awaitRounds(int rounds) {
    ConcurrentTasks.await("all", () -> broker.messages().size() >= 3 * rounds);
  }

  private void assertRounds(int rounds) {
    assertThat(broker.labels()).hasSize(3 * rounds).doesNotHaveDuplicates();
    for (int key = 0; key < 3; key++) {
      assertThat(broker.firstsByKey()).containsEntry("k" + key, list(numbered(key + "-", rounds)));
    }
    assertThat(counts().pending()).isZero();
  }

  @Test
  void relaysThatTheirUsersDriveComeAndGo() {
    driveRelaysOn(ConcurrentTasks.platformThreads("driver"));
  }

  @Test
  @EnabledForJreRange(min = JRE.JAVA_21)
  void relaysThatVirtualThreadsDriveComeAndGo() {
    driveRelaysOn(ConcurrentTasks.virtualThreads());
  }

  /** Senders are of the same kind of thread. */
  private void driveRelaysOn(ThreadFactory threads) {
    int rounds = scene().fixture.size(50);
    var stop = new AtomicBoolean();
    var drivers = new ArrayList<CompletableFuture<Integer>>();
    for (int i = 0; i < 3; i++) {
      var random = new Random(i);
      drivers.add(ConcurrentTasks.start(threads, () -> driveUntil(stop, random)));
    }
    for (int i = 0; i < rounds; i++) {
      int round = i;
      OpenTransaction.get(
          ConcurrentTasks.start(
              threads,
              () -> {
                appendRound(round);
                return round;
              }));
    }
    awaitRounds(rounds);
    stop.set(true);
    drivers.forEach(relays -> assertThat(OpenTransaction.get(relays)).isPositive());
    assertRounds(rounds);
  }

  /** One relay after the other, each for a few cycles; returns how many. */
  private int driveUntil(AtomicBoolean stop, Random random) {
    int relays = 0;
    while (!stop.get()) {
      try (OutboxRelay relay =
          OutboxRelay.builder(scene().store, broker).name(OutboxScene.RELAY).build()) {
        for (int cycles = random.nextInt(5); cycles >= 0; cycles--) {
          relay.pollAndPublish();
          // A virtual thread that waits for nothing would keep its carrier.
          LockSupport.parkNanos(MICROSECOND);
        }
      }
      relays++;
    }
    return relays;
  }

  /** Real time, but who waits is woken by a signal only. */
  private static final class SignalledTime implements EngineTime {
    private final Semaphore signals = new Semaphore(0);

    @Override
    public long nanoTime() {
      return System.nanoTime();
    }

    @Override
    public void await(BooleanSupplier ready, long atMost) throws InterruptedException {
      while (!ready.getAsBoolean()) {
        signals.acquire();
      }
    }

    @Override
    public void signal() {
      signals.release();
    }
  }
}
