package io.rowpost.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** How often a relay wakes, turns to its store, and looks. */
class RelayPaceTest {
  private static final int RECORDS = 10_000;
  private static final int AT_BROKER = 1_000;

  private final ManualTime clock = new ManualTime();
  private final InMemoryOutboxStore store = new InMemoryOutboxStore(clock);

  /** Nothing but the broker's answers happens while the relay waits, one after the other. */
  private final Queue<CompletableFuture<Void>> atBroker = new ArrayDeque<>();

  private final AtomicInteger waits = new AtomicInteger();
  private final AtomicInteger turns = new AtomicInteger();

  private void drain() {
    List<OutboxRecord> records =
        IntStream.range(0, RECORDS)
            .mapToObj(i -> OutboxRecord.to("t").type("Test").payload("" + i).build())
            .toList();
    new InMemoryTransactor()
        .inTransaction(
            tx -> {
              store.append(tx, records);
              return null;
            });
    MessagePublisher broker =
        message -> {
          var answer = new CompletableFuture<Void>();
          atBroker.add(answer);
          return answer;
        };
    EngineTime answering =
        new Scripted() {
          @Override
          public void await(BooleanSupplier ready, long nanos) {
            waits.incrementAndGet();
            while (!ready.getAsBoolean() && !atBroker.isEmpty()) {
              atBroker.remove().complete(null);
            }
          }
        };
    OutboxRelay relay =
        OutboxRelay.builder(Watched.before("settleAndFetch", store, turns::incrementAndGet), broker)
            .time(answering)
            .maxInFlight(AT_BROKER)
            .build();
    while (store.admin().counts().pending() > 0) {
      relay.pollAndPublish();
    }
  }

  @Test
  void isNotWokenForEachAnswerOfMany() {
    drain();
    assertThat(waits).hasValueBetween(2 * RECORDS / AT_BROKER, RECORDS / 40);
  }

  @Test
  void settlesAsManyAsMayBeAtTheBrokerWhileOthersAreReady() {
    drain();
    assertThat(turns).hasValueLessThanOrEqualTo(RECORDS / AT_BROKER + 3);
  }

  @Test
  void oneAnswerWakesWhoDoesNotWaitForMore() throws Exception {
    var signals = new AtomicInteger();
    var answers =
        new Answers(
            new Scripted() {
              @Override
              public void await(BooleanSupplier ready, long nanos) throws InterruptedException {
                throw new InterruptedException();
              }

              @Override
              public void signal() {
                signals.incrementAndGet();
              }
            });
    assertThatThrownBy(() -> answers.await(3, () -> false, 1))
        .isInstanceOf(InterruptedException.class);
    answers.add(answer());
    assertThat(signals).hasValue(1);
  }

  @Test
  void fewerAnswersThanAreWaitedForWakeNobody() throws Exception {
    var signalsBefore = new ArrayList<Integer>();
    var signals = new AtomicInteger();
    var answers = new Answers[1];
    answers[0] =
        new Answers(
            new Scripted() {
              @Override
              public void await(BooleanSupplier ready, long nanos) {
                while (!ready.getAsBoolean()) {
                  signalsBefore.add(signals.get());
                  answers[0].add(answer());
                }
              }

              @Override
              public void signal() {
                signals.incrementAndGet();
              }
            });
    answers[0].await(3, () -> false, 1);
    assertThat(signalsBefore).containsExactly(0, 0, 0);
    assertThat(signals).hasValue(1);
  }

  private static Answers.Answer answer() {
    OutboxRecord record = OutboxRecord.to("t").type("Test").payload("").build();
    var entry = new OutboxBatch.Entry(record, 1, OutboxBatch.Origin.NEW);
    return new Answers.Answer(new Slot(entry, new Destination("t", new Random(1)), 0), 1, null);
  }

  /** So a record that nobody tells of waits half as long as nothing had come before it. */
  @Test
  void pausesGrowByHalfOfTheTimeSinceTheLastRecord() throws Exception {
    List<Long> pauses = new ArrayList<>();
    var enough = new CountDownLatch(1);
    EngineTime passing =
        new Scripted() {
          @Override
          public void await(BooleanSupplier ready, long nanos) {
            if (clock.nanoTime() > Duration.ofSeconds(5).toNanos()) {
              enough.countDown();
            } else {
              pauses.add(nanos);
            }
            clock.pass(Duration.ofNanos(nanos));
          }
        };
    OutboxRelay relay =
        OutboxRelay.builder(store, message -> CompletableFuture.completedFuture(null))
            .time(passing)
            .random(new Random(7))
            .build()
            .start();
    enough.await();
    relay.close();
    long since = 0;
    for (long pause : pauses) {
      assertThat(pause).isLessThanOrEqualTo(Duration.ofMillis(550).toNanos());
      assertThat((double) pause).isLessThanOrEqualTo(0.7 * since + 1_100_000);
      since += pause;
    }
  }

  /** Virtual time. */
  private abstract class Scripted implements EngineTime {
    @Override
    public long nanoTime() {
      return clock.nanoTime();
    }

    @Override
    public void signal() {}
  }
}
