package io.rowpost.core;

import static io.rowpost.core.FailureClass.BROKER;
import static io.rowpost.core.FailureClass.DESTINATION;
import static io.rowpost.core.FailureClass.RECORD;
import static io.rowpost.core.ScriptedPublisher.failure;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rowpost.core.OutboxAdmin.Act;
import io.rowpost.core.OutboxAdmin.Filter;
import io.rowpost.core.OutboxRelay.OnFailed;
import io.rowpost.core.OutboxRelay.Ordering;
import io.rowpost.core.OutboxRelay.State;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

class OutboxRelayTest {
  private static final Act ACT = new Act("test", "");
  private static final Duration LEASE = Duration.ofSeconds(30);

  private final ManualTime time = new ManualTime();
  private final InMemoryOutboxStore store = new InMemoryOutboxStore(time);
  private final InMemoryTransactor transactor = new InMemoryTransactor();
  private final TransactionalOutbox<InMemoryTransaction> outbox =
      TransactionalOutbox.builder(store).transactor(transactor).build();
  private final ScriptedPublisher publisher = new ScriptedPublisher();
  private final OutboxRelay relay = relay().build();

  private OutboxRelay.Builder relay() {
    return OutboxRelay.builder(store, publisher)
        .time(time)
        .random(new Random(7))
        .retry(ExponentialBackoff.builder().random(new Random(7)).build())
        .lease(LEASE);
  }

  /** Appends records "topic/key/payload"; the key "-" stands for none. */
  private void append(String... records) {
    transactor.inTransaction(
        tx -> {
          for (String text : records) {
            outbox.append(tx, record(text));
          }
          return null;
        });
  }

  private static OutboxRecord record(String text) {
    String[] parts = text.split("/", 3);
    return OutboxRecord.to(parts[0])
        .key("-".equals(parts[1]) ? null : parts[1])
        .type("Test")
        .payload(parts[2])
        .build();
  }

  private void pollFor(Duration duration) {
    pollFor(relay, duration);
  }

  /** Polls each 100 ms of virtual time. */
  private void pollFor(OutboxRelay polled, Duration duration) {
    for (long i = 0; i < duration.toMillis() / 100; i++) {
      polled.pollAndPublish();
      time.pass(Duration.ofMillis(100));
    }
  }

  // ---- the usual way --------------------------------------------------------------------------

  @Test
  void oneCycleFetchesPublishesAndSettles() {
    append("t/a/1", "t/a/2", "t/b/3", "t/-/4");

    assertThat(relay.pollAndPublish()).isEqualTo(new PollResult(4, 0, 0, 0));
    assertThat(publisher.taken).containsExactlyInAnyOrder("1", "2", "3", "4");
    assertThat(publisher.taken.indexOf("1")).isLessThan(publisher.taken.indexOf("2"));
    assertThat(store.admin().counts().pending()).isZero();
    assertThat(relay.pollAndPublish()).isEqualTo(PollResult.NOTHING);
  }

  @Test
  void handsASuccessorOverOnlyWhenItsPredecessorIsAcknowledged() {
    publisher.answerByHand();
    append("t/a/a1", "t/a/a2", "t/b/b1", "t/-/n1", "t/-/n2");

    relay.pollAndPublish();
    assertThat(publisher.open()).containsExactlyInAnyOrder("a1", "b1", "n1", "n2");

    publisher.ack("a1");
    relay.pollAndPublish();
    assertThat(publisher.open()).containsExactlyInAnyOrder("a2", "b1", "n1", "n2");
  }

  @Test
  void aSlowRecordHoldsUpNeitherOthersNorTheirSettlement() {
    publisher.answerByHand();
    append("t/slow/s", "t/b/b1");
    relay.pollAndPublish();
    publisher.ack("b1");
    time.pass(Duration.ofMillis(6));
    assertThat(relay.pollAndPublish().sent()).isEqualTo(1);

    append("t/b/b2");
    relay.wakeUp();
    relay.pollAndPublish();
    publisher.ack("b2");
    time.pass(Duration.ofMillis(6));
    assertThat(relay.pollAndPublish().sent()).isEqualTo(1);
    assertThat(publisher.open()).containsExactly("s");
  }

  @Test
  void keepsInFlightRecordsAndBytesBounded() {
    publisher.answerByHand();
    OutboxRelay bounded =
        relay().name("default").batchSize(10).maxInFlight(25).maxInFlightBytes(65_536).build();
    append(IntStream.range(0, 60).mapToObj(i -> "t/k" + i + "/" + i).toArray(String[]::new));
    pollFor(bounded, Duration.ofSeconds(3));
    assertThat(publisher.open()).hasSize(25);

    publisher.open().forEach(publisher::ack);
    String big = "x".repeat(40_000);
    for (int i = 0; i < 5; i++) {
      append("t/big" + i + "/" + i + big);
    }
    pollFor(bounded, Duration.ofSeconds(3));
    publisher.open().stream().filter(p -> p.length() < 100).forEach(publisher::ack);
    pollFor(bounded, Duration.ofSeconds(3));
    assertThat(publisher.open().stream().filter(p -> p.length() > 100)).hasSize(2);
  }

  /** A full pipeline that is decided makes room for as much as it settles. */
  @Test
  void theTurnThatSettlesAPageFetchesTheNext() {
    append(IntStream.range(0, 60).mapToObj(i -> "t/k" + i + "/" + i).toArray(String[]::new));
    var turns = new AtomicInteger();
    OutboxRelay small =
        OutboxRelay.builder(atEachTurn(turns::incrementAndGet), publisher)
            .time(time)
            .lease(LEASE)
            .batchSize(20)
            .maxInFlight(20)
            .build();
    for (int page = 1; page <= 3; page++) {
      assertThat(small.pollAndPublish().sent()).isEqualTo(20);
      assertThat(turns).hasValue(1 + page);
    }
    assertThat(store.admin().counts().pending()).isZero();
  }

  /** What was fetched ahead takes the place of what is answered, before that is settled. */
  @Test
  void theBrokerHasItsFillDuringATurn() {
    publisher.answerByHand();
    append(IntStream.range(0, 60).mapToObj(i -> "t/k" + i + "/" + i).toArray(String[]::new));
    List<Integer> unanswered = new ArrayList<>();
    OutboxRelay small =
        OutboxRelay.builder(atEachTurn(() -> unanswered.add(publisher.open().size())), publisher)
            .time(time)
            .lease(LEASE)
            .maxInFlight(20)
            .build();
    for (int polls = 0; polls < 5; polls++) {
      pollFor(small, Duration.ofMillis(100));
      assertThat(publisher.open()).as("at most 20 are at the broker").hasSize(20);
    }
    unanswered.clear();
    for (int i = 0; i < 10; i++) {
      publisher.ack(String.valueOf(i));
    }
    assertThat(small.pollAndPublish().sent()).isEqualTo(10);
    assertThat(unanswered).containsExactly(20);
  }

  private OutboxStore<?> atEachTurn(Runnable look) {
    return Watched.before("settleAndFetch", store, look);
  }

  @Test
  void aHotKeyHoldsOnlyItsShareOfThePipeline() {
    publisher.answerByHand();
    OutboxRelay small = relay().batchSize(20).maxInFlight(20).build();
    append(IntStream.range(0, 100).mapToObj(i -> "t/hot/h" + i).toArray(String[]::new));
    append("t/other/o");
    pollFor(small, Duration.ofSeconds(3));
    assertThat(publisher.open()).containsExactlyInAnyOrder("h0", "o");

    publisher.ack("o");
    for (int i = 0; i < 100; i++) {
      for (int polls = 0; !publisher.open().contains("h" + i); polls++) {
        assertThat(polls).as("polls until h%d", i).isLessThan(20);
        pollFor(small, Duration.ofMillis(100));
      }
      assertThat(publisher.open()).containsExactly("h" + i);
      publisher.ack("h" + i);
    }
    pollFor(small, Duration.ofSeconds(1));
    assertThat(store.admin().counts().pending()).isZero();
  }

  /** Each wait for the broker takes a millisecond and ends with its answer. */
  @Test
  void aHotKeyGoesOnWhileItsBacklogIsParked() {
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
    append(IntStream.range(0, 2_000).mapToObj(i -> "t/hot/h" + i).toArray(String[]::new));
    OutboxRelay small = relay().time(answering).batchSize(20).maxInFlight(20).build();
    int sent = 0;
    for (int cycle = 0; cycle < 40; cycle++) {
      PollResult result = small.pollAndPublish();
      assertThat(result.waiting()).as("parked in cycle %d", cycle).isPositive();
      sent += result.sent();
      time.pass(Duration.ofMillis(10));
    }
    // Its share of the pipeline is 5: in each second cycle all of it.
    assertThat(sent).isGreaterThanOrEqualTo(80);
  }

  @Test
  void holdsADelayedRecordBackWithoutBlockingItsKey() {
    OutboxRecord later =
        OutboxRecord.to("t")
            .key("a")
            .type("Test")
            .payload("later")
            .availableAt(time.instant().plusSeconds(60))
            .build();
    transactor.inTransaction(
        tx -> {
          outbox.append(tx, later, record("t/a/now"));
          return null;
        });
    pollFor(Duration.ofSeconds(50));
    assertThat(publisher.taken).containsExactly("now");
    pollFor(Duration.ofSeconds(15));
    assertThat(publisher.taken).containsExactly("now", "later");
  }

  // ---- a record at fault ----------------------------------------------------------------------

  @Test
  void parksARejectedRecordAndItsKeyAndGoesOnWithTheOthers() {
    publisher.answer(p -> p.equals("a1") ? failure(RECORD) : null);
    append("t/a/a1", "t/a/a2", "t/b/b1");

    assertThat(relay.pollAndPublish()).isEqualTo(new PollResult(1, 1, 0, 1));
    append("t/a/a3", "t/b/b2");
    assertThat(relay.pollAndPublish()).isEqualTo(new PollResult(1, 0, 0, 1));

    publisher.takeAll();
    pollFor(Duration.ofSeconds(3));
    assertThat(publisher.taken).containsExactly("b1", "b2", "a1", "a2", "a3");
    append("t/a/a4");
    relay.pollAndPublish();
    assertThat(publisher.taken).endsWith("a4");
  }

  @Test
  void givesUpAfterTheLastAttemptAndBlocksTheKeyUntilAnOperatorActs() {
    publisher.answer(p -> p.equals("a1") ? failure(RECORD) : null);
    append("t/a/a1", "t/a/a2");
    pollFor(Duration.ofMinutes(30));

    assertThat(publisher.handed).hasSize(10).containsOnly("a1");
    OutboxAdmin.Item item = store.admin().find(Filter.of(OutboxStatus.FAILED), 0, 10).get(0);
    assertThat(item.attempts()).isEqualTo(10);
    assertThat(item.lastError()).contains("ROWPOST-321");
    assertThat(item.blocking()).isTrue();

    publisher.takeAll();
    assertThat(store.admin().retry(item, ACT)).isTrue();
    pollFor(Duration.ofSeconds(1));
    assertThat(publisher.taken).containsExactly("a1", "a2");
  }

  @Test
  void discardingAFailedHeadLetsItsKeyGoOn() {
    publisher.answer(p -> p.equals("a1") ? failure(RECORD) : null);
    append("t/a/a1", "t/a/a2");
    pollFor(Duration.ofMinutes(30));
    OutboxAdmin.Item item = store.admin().find(Filter.of(OutboxStatus.FAILED), 0, 10).get(0);
    store.admin().discard(item, ACT);
    pollFor(Duration.ofSeconds(1));
    assertThat(publisher.taken).containsExactly("a2");
    append("t/a/a3");
    pollFor(Duration.ofSeconds(1));
    assertThat(publisher.taken).containsExactly("a2", "a3");
  }

  @Test
  void mayLetTheKeyGoOnWithoutAFailedRecord() {
    OutboxRelay lenient =
        relay().onFailed(OnFailed.CONTINUE).retry((attempts, error) -> Optional.empty()).build();
    publisher.answer(p -> p.equals("a1") ? failure(RECORD) : null);
    append("t/a/a1", "t/a/a2");
    assertThat(lenient.pollAndPublish()).isEqualTo(new PollResult(0, 0, 1, 0));
    append("t/a/a3");
    pollFor(lenient, Duration.ofSeconds(1));
    assertThat(publisher.taken).containsExactly("a2", "a3");
    assertThat(store.admin().counts().failed()).isEqualTo(1);
  }

  @Test
  void aKeyGoesOnOnlyWhenTheFailureIsCommitted() {
    OutboxRelay standby = relay().build();
    OutboxRelay lenient =
        relay()
            .onFailed(OnFailed.CONTINUE)
            .retry((attempts, error) -> Optional.empty())
            .listener(
                new RelayListener() {
                  @Override
                  public void onSent(OutboxRecord record, Duration took) {
                    // Paused for longer than its lease; the broker takes everything by now.
                    publisher.takeAll();
                    time.pass(LEASE.plusSeconds(1));
                    standby.pollAndPublish();
                  }
                })
            .build();
    publisher.answer(p -> p.equals("a1") ? failure(RECORD) : null);
    append("t/a/a1", "t/a/a2");
    lenient.pollAndPublish();
    lenient.pollAndPublish();
    pollFor(standby, Duration.ofMinutes(1));
    assertThat(publisher.taken.stream().distinct()).containsExactly("a2");
    assertThat(store.admin().counts().failed()).isEqualTo(1);
  }

  @Test
  void withoutOrderAFailedRecordHoldsNothingUp() {
    OutboxRelay loose = relay().ordering(Ordering.NONE).build();
    publisher.answer(p -> p.equals("a1") ? failure(RECORD) : null);
    append("t/a/a1", "t/a/a2");
    assertThat(loose.pollAndPublish()).isEqualTo(new PollResult(1, 1, 0, 0));
    append("t/a/a3");
    assertThat(loose.pollAndPublish().sent()).isEqualTo(1);
    publisher.takeAll();
    pollFor(loose, Duration.ofSeconds(3));
    assertThat(publisher.taken).containsExactly("a2", "a3", "a1");
  }

  // ---- the broker or a topic at fault ---------------------------------------------------------

  @Test
  void aBrokerOutageOfTenMinutesBurnsNoAttempt() {
    publisher.failAll(failure(BROKER));
    append(IntStream.range(0, 50).mapToObj(i -> "t/k" + i % 5 + "/" + i).toArray(String[]::new));
    pollFor(Duration.ofMinutes(10));
    assertThat(relay.state()).isEqualTo(State.BROKER_AWAY);
    assertThat(publisher.handed).as("one probe a second, not a flood").hasSizeLessThan(800);
    assertThat(store.admin().counts().failed()).isZero();

    publisher.takeAll();
    pollFor(Duration.ofSeconds(2));
    assertThat(relay.state()).isEqualTo(State.RUNNING);
    assertThat(publisher.taken).hasSize(50);
    for (int key = 0; key < 5; key++) {
      int k = key;
      assertThat(publisher.taken.stream().map(Integer::parseInt).filter(i -> i % 5 == k))
          .isSorted();
    }
  }

  @Test
  void aHeldTopicLeavesTheOthersAloneAndBurnsNoAttempt() {
    boolean[] well = {false};
    publisher.answer(p -> p.startsWith("x") && !well[0] ? failure(DESTINATION) : null);
    append("x/a/x1", "x/a/x2", "x/-/x3", "y/a/y1");
    pollFor(Duration.ofMinutes(10));
    append("x/b/x4", "y/a/y2");
    pollFor(Duration.ofMinutes(1));
    assertThat(publisher.taken).containsExactly("y1", "y2");
    assertThat(store.admin().find(Filter.of(OutboxStatus.PENDING), 0, 10))
        .hasSize(4)
        .allSatisfy(item -> assertThat(item.attempts()).isZero());

    well[0] = true;
    pollFor(Duration.ofMinutes(1));
    assertThat(publisher.taken).contains("x1", "x2", "x3", "x4").hasSize(6);
    assertThat(publisher.taken.indexOf("x1")).isLessThan(publisher.taken.indexOf("x2"));
  }

  @Test
  void aHeldTopicIsProbedByOneRecord() {
    publisher.answer(p -> p.startsWith("x") ? failure(DESTINATION) : null);
    append(IntStream.range(0, 40).mapToObj(i -> "x/k" + i + "/x" + i).toArray(String[]::new));
    relay.pollAndPublish();
    publisher.handed.clear();
    pollFor(Duration.ofMinutes(5));
    assertThat(publisher.handed).hasSizeBetween(8, 25);
  }

  @Test
  void readsNoNewRecordsWhileTooManyAreHeld() {
    publisher.failAll(failure(DESTINATION));
    append(
        IntStream.range(0, RelaySettings.MAX_HELD + 3_000)
            .mapToObj(i -> "x/-/" + i)
            .toArray(String[]::new));
    pollFor(Duration.ofMinutes(2));
    assertThat(store.admin().counts().waiting())
        .isBetween((long) RelaySettings.MAX_HELD, RelaySettings.MAX_HELD + 1_000L);
    publisher.takeAll();
    pollFor(Duration.ofMinutes(1));
    assertThat(store.admin().counts().pending()).isZero();
  }

  @Test
  void judgesAnUnclassifiedFailureByWhatElseWasAcknowledged() {
    publisher.answerByHand();
    append("x/a/x1", "x/b/x2", "y/a/y1");
    relay.pollAndPublish();
    publisher.fail("x1", new TimeoutException());
    relay.pollAndPublish();
    assertThat(relay.state()).as("nothing acknowledged: the broker").isEqualTo(State.BROKER_AWAY);

    publisher.ack("y1");
    relay.pollAndPublish();
    publisher.fail("x2", new TimeoutException());
    time.pass(Duration.ofMillis(6));
    relay.pollAndPublish();
    assertThat(store.admin().find(Filter.ALL.key("b"), 0, 1).get(0).attempts())
        .as("another topic acknowledged: the topic")
        .isZero();
  }

  @Test
  void anUnclassifiedFailureIsTheRecordsIfItsTopicTakesOthers() {
    publisher.answerByHand();
    append("x/a/x1", "x/b/x2");
    relay.pollAndPublish();
    publisher.ack("x1");
    publisher.fail("x2", new TimeoutException());
    assertThat(relay.pollAndPublish()).isEqualTo(new PollResult(1, 1, 0, 0));
    assertThat(relay.state()).isEqualTo(State.RUNNING);
  }

  @Test
  void aRecordThatMakesThePublisherThrowDelaysItsKeyOnly() {
    publisher.answer(
        p -> {
          if (p.equals("poison")) {
            throw new IllegalArgumentException("boom");
          }
          return null;
        });
    append("t/a/poison", "t/a/a2", "t/b/b1");
    for (int i = 0; i < 600; i++) {
      append("t/b/other");
      pollFor(Duration.ofSeconds(3));
    }
    assertThat(publisher.taken).hasSize(601).doesNotContain("poison", "a2");
    assertThat(store.admin().counts().failed()).isEqualTo(1);
    assertThat(publisher.handed.stream().filter("poison"::equals).count())
        .as("ten attempts, and at most ten doubts about the broker each")
        .isBetween(10L, 120L);
  }

  @Test
  void aPublisherThatReturnsNullFailsAndLosesNothing() {
    var broken =
        new MessagePublisher() {
          @Override
          @SuppressWarnings("NullAway") // the mistake itself
          public CompletionStage<Void> publish(Message message) {
            return null;
          }

          @Override
          public Duration sendTimeout() {
            return Duration.ofSeconds(10);
          }
        };
    append("t/a/a1");
    OutboxRelay asked = OutboxRelay.builder(store, broken).time(time).lease(LEASE).build();
    asked.pollAndPublish();
    assertThat(asked.state()).isEqualTo(State.BROKER_AWAY);
    asked.close();

    relay.pollAndPublish();
    assertThat(publisher.taken).containsExactly("a1");
  }

  @Test
  void aRecordWithoutAnAnswerTimesOutAndALateAnswerCounts() {
    publisher.answerByHand();
    append("t/a/a1", "t/a/a2");
    relay.pollAndPublish();
    time.pass(Duration.ofSeconds(11));
    relay.pollAndPublish();
    assertThat(relay.state()).isEqualTo(State.BROKER_AWAY);

    publisher.ack("a1");
    relay.pollAndPublish();
    assertThat(publisher.open()).containsExactly("a2");
    assertThat(relay.state()).isEqualTo(State.RUNNING);
  }

  // ---- leases ---------------------------------------------------------------------------------

  @Test
  void aStandbyTakesOverWhenTheLeaseEndsAndNotBefore() {
    OutboxRelay standby = relay().random(new Random(8)).build();
    relay.pollAndPublish();
    append("t/a/a1");
    pollFor(standby, LEASE.minusSeconds(1));
    assertThat(publisher.taken).isEmpty();
    assertThat(standby.state()).isEqualTo(State.STANDBY);
    pollFor(standby, Duration.ofSeconds(3));
    assertThat(publisher.taken).containsExactly("a1");
  }

  @Test
  void aClosedRelayReleasesItsLeaseAtOnce() {
    relay.pollAndPublish();
    append("t/a/a1");
    relay.close();
    assertThat(relay.state()).isEqualTo(State.CLOSED);
    relay().random(new Random(8)).build().pollAndPublish();
    assertThat(publisher.taken).containsExactly("a1");
    assertThatThrownBy(relay::pollAndPublish).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void aClosedRelaySettlesWhatTheBrokerAnswered() {
    publisher.answerByHand();
    append("t/a/a1", "t/a/a2");
    relay.pollAndPublish();
    publisher.ack("a1");
    relay.close();
    assertThat(publisher.open()).as("nothing new is handed over").isEmpty();
    assertThat(store.admin().counts().pending()).isEqualTo(1);
  }

  @Test
  void aPausedOwnerHandsNothingOverAndSettlesNothing() {
    publisher.answerByHand();
    append("t/a/a1", "t/a/a2", "t/b/b1");
    relay.pollAndPublish();
    assertThat(publisher.open()).containsExactlyInAnyOrder("a1", "b1");

    time.pass(LEASE.multipliedBy(3));
    ScriptedPublisher other = new ScriptedPublisher();
    OutboxRelay successor =
        OutboxRelay.builder(store, other).time(time).random(new Random(8)).lease(LEASE).build();
    successor.pollAndPublish();
    assertThat(other.taken).containsExactlyInAnyOrder("a1", "a2", "b1");

    publisher.ack("a1");
    assertThat(relay.pollAndPublish()).isEqualTo(PollResult.NOTHING);
    assertThat(publisher.handed).as("a2 was never handed over").doesNotContain("a2");
    assertThat(relay.state()).isEqualTo(State.STANDBY);
  }

  @Test
  void stopsHandingOverWhenAnAnswerMightComeAfterTheLease() {
    publisher.answerByHand();
    append("t/a/a1", "t/a/a2");
    relay.pollAndPublish();
    publisher.ack("a1");
    time.pass(LEASE.minusSeconds(9));
    relay.pollAndPublish();
    assertThat(publisher.handed)
        .as("9 s are left, the send timeout is 10 s; the turn renews before a2 may go")
        .containsExactly("a1", "a2");
  }

  @Test
  void renewsWhileIdle() {
    relay.pollAndPublish();
    OutboxRelay standby = relay().random(new Random(8)).build();
    for (int i = 0; i < 100; i++) {
      time.pass(Duration.ofSeconds(5));
      relay.pollAndPublish();
      standby.pollAndPublish();
    }
    assertThat(relay.state()).isEqualTo(State.RUNNING);
    assertThat(standby.state()).isEqualTo(State.STANDBY);
  }

  @Test
  void aLookThatTookLongIsNoProofThatTheOwnerStandsStill() {
    relay.pollAndPublish();
    var slow = new boolean[] {true};
    OutboxRelay standby =
        OutboxRelay.builder(
                storeThat(
                    () -> {
                      for (int i = 0; slow[0] && i < 10; i++) {
                        time.pass(Duration.ofSeconds(5));
                        relay.pollAndPublish();
                      }
                    }),
                publisher)
            .time(time)
            .random(new Random(8))
            .lease(LEASE)
            .build();
    standby.pollAndPublish();
    slow[0] = false;
    time.pass(Duration.ofSeconds(1));
    standby.pollAndPublish();
    assertThat(standby.state()).isEqualTo(State.STANDBY);
    assertThat(relay.state()).isEqualTo(State.RUNNING);
  }

  /** The store, which does something before it answers who may have a lease. */
  private OutboxStore<?> storeThat(Runnable beforeLease) {
    return Watched.before("lease", store, beforeLease);
  }

  @Test
  void pauseHoldsForEveryProcessAndResumeGoesOn() {
    relay.pollAndPublish();
    relay.pause();
    append("t/a/a1");
    pollFor(Duration.ofSeconds(5));
    assertThat(publisher.taken).isEmpty();
    assertThat(relay.state()).isEqualTo(State.PAUSED);
    relay.resume();
    pollFor(Duration.ofSeconds(1));
    assertThat(publisher.taken).containsExactly("a1");
    assertThat(relay.state()).isEqualTo(State.RUNNING);
  }

  @Test
  void aSendTimeoutOfHalfTheLeaseIsRefused() {
    assertThatThrownBy(() -> relay().lease(Duration.ofSeconds(20)).build())
        .isInstanceOf(RowpostException.class)
        .hasMessageContaining("ROWPOST-601")
        .hasMessageContaining("send timeout");
  }

  // ---- the thread -----------------------------------------------------------------------------

  @Test
  void aStartedRelayWarmsItsPublisherUpThoughItStandsBy() {
    var warm = new AtomicInteger();
    var cold =
        new MessagePublisher() {
          @Override
          public CompletionStage<Void> publish(Message message) {
            return publisher.publish(message);
          }

          @Override
          public void warmUp() {
            warm.incrementAndGet();
          }
        };
    relay.pollAndPublish();
    try (var standby = OutboxRelay.builder(store, cold).build().start()) {
      assertThat(standby.state()).isEqualTo(State.STANDBY);
      assertThat(warm).hasValue(1);
    }
  }

  @Test
  void aStartedRelaySendsWhatIsAppendedAndClosesCleanly() throws Exception {
    var sent = new java.util.concurrent.LinkedBlockingQueue<String>();
    var realStore = new InMemoryOutboxStore();
    var states = new ArrayList<State>();
    OutboxRelay started =
        OutboxRelay.builder(
                realStore,
                message -> {
                  sent.add(new String(message.payload(), java.nio.charset.StandardCharsets.UTF_8));
                  return java.util.concurrent.CompletableFuture.completedFuture(null);
                })
            .pollInterval(Duration.ofSeconds(20))
            .listener(
                new RelayListener() {
                  @Override
                  public void onState(State state) {
                    states.add(state);
                    throw new IllegalStateException("a listener's own trouble");
                  }
                })
            .build();
    var real =
        TransactionalOutbox.builder(realStore)
            .transactor(transactor)
            .wakeUp(started::wakeUp)
            .build();
    try (started) {
      started.start();
      for (int i = 0; i < 20; i++) {
        String payload = "p" + i;
        real.executeWithOutbox(record("t/a/" + payload), tx -> null);
        assertThat(sent.poll(10, java.util.concurrent.TimeUnit.SECONDS))
            .as("woken, long before the poll interval")
            .isEqualTo(payload);
      }
    }
    assertThat(states).containsExactly(State.RUNNING, State.CLOSED);
    assertThat(List.copyOf(sent)).isEmpty();
  }

  @Test
  void aRelayWithMoreToFetchWaitsWhileItsBrokerIsAway() throws Exception {
    var waits = new AtomicInteger();
    var cycles = new CountDownLatch(200);
    var passing =
        new EngineTime() {
          private final AtomicLong nanos = new AtomicLong();

          @Override
          public long nanoTime() {
            return nanos.get();
          }

          @Override
          public void await(BooleanSupplier ready, long maxNanos) {
            waits.incrementAndGet();
            nanos.addAndGet(maxNanos);
          }

          @Override
          public void signal() {}
        };
    publisher.answer(p -> new PublishException(FailureClass.BROKER, "away", "none", null));
    append(IntStream.range(0, 100).mapToObj(i -> "t/k" + i + "/" + i).toArray(String[]::new));
    try (var away =
        OutboxRelay.builder(store, publisher)
            .time(passing)
            .maxInFlight(10)
            .listener(
                new RelayListener() {
                  @Override
                  public void onCycle(PollResult result, Duration took) {
                    cycles.countDown();
                  }
                })
            .build()) {
      away.start();
      assertThat(cycles.await(10, TimeUnit.SECONDS)).isTrue();
      assertThat(waits).hasValueGreaterThan(150);
    }
  }

  @Test
  void anOwnerPurgesWhatIsOlderThanItsRetention() {
    var keeping = InMemoryOutboxStore.keepingSent(time);
    try (var owner =
        OutboxRelay.builder(keeping, publisher)
            .retention(Duration.ofHours(1))
            .purgeInterval(Duration.ofSeconds(1))
            .build()) {
      for (String text : List.of("t/a/old", "t/a/young")) {
        transactor.inTransaction(
            tx -> {
              keeping.append(tx, List.of(record(text)));
              return null;
            });
        owner.pollAndPublish();
        time.pass(Duration.ofMinutes(40));
      }
      assertThat(keeping.admin().counts().sent()).isEqualTo(2);
      owner.start();
      Awaitility.await().until(() -> keeping.admin().counts().sent() == 1);
    }
  }
}
