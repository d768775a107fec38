package io.rowpost.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowpost.core.OutboxAdmin.Act;
import io.rowpost.core.OutboxAdmin.Filter;
import io.rowpost.core.OutboxAdmin.Item;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;

/**
 * Relays under random faults, on virtual time: late, failed and lost answers, paused and killed
 * owners, operators. Whatever happens, the first publishes of a key are in order and nothing is
 * lost.
 */
class RelayUnderFaultsTest {
  private static final int SEEDS = 1_500;
  private static final List<FailureClass> CLASSES = List.of(FailureClass.values());
  private static final Act ACT = new Act("operator", "");

  @Test
  void keepsOrderAndLosesNothing() {
    int faults = 0;
    for (int seed = 1; seed <= SEEDS; seed++) {
      faults += new Run(seed).run();
    }
    assertThat(faults).as("faults injected over all seeds").isGreaterThan(20 * SEEDS);
  }

  private static final class Run implements MessagePublisher {
    private final int seed;
    private final Random random;
    private final ManualTime time = new ManualTime();
    private final InMemoryTransactor transactor = new InMemoryTransactor();
    private final InMemoryOutboxStore store = new InMemoryOutboxStore(time);
    private final OutboxRelay[] relays = new OutboxRelay[2];
    private final List<InMemoryTransaction> open = new ArrayList<>();
    private final Map<String, Integer> appended = new HashMap<>();
    private final Map<String, List<Integer>> firstPublishes = new HashMap<>();
    private final Set<String> published = new HashSet<>();
    private final List<Runnable> pendingAnswers = new ArrayList<>();
    private boolean calm;
    private int faults;

    Run(int seed) {
      this.seed = seed;
      this.random = new Random(seed);
    }

    int run() {
      for (int step = 0; step < 400; step++) {
        step();
      }
      calm = true;
      open.forEach(transactor::commit);
      open.clear();
      for (int i = 0; i < 3_000 && store.admin().counts().pending() > 0; i++) {
        answerAll();
        retryFailed();
        poll(random.nextInt(2));
        time.pass(Duration.ofMillis(500));
      }
      assertThat(store.admin().counts().pending()).as("left over, seed %d", seed).isZero();
      appended.forEach(
          (key, count) ->
              assertThat(firstPublishes.getOrDefault(key, List.of()))
                  .as("first publishes of key %s, seed %d", key, seed)
                  .hasSize(count)
                  .isSorted());
      return faults;
    }

    private void step() {
      switch (random.nextInt(10)) {
        case 0, 1 -> append();
        case 2, 3, 4, 5 -> poll(random.nextInt(2));
        case 6, 7 -> answerOne();
        case 8 -> time.pass(Duration.ofMillis(random.nextInt(2_000)));
        default -> rareFault();
      }
    }

    /** One writer per key commits before the next begins, as an application's row lock makes it. */
    private void append() {
      String key = "k" + random.nextInt(4);
      int number = appended.merge(key, 1, Integer::sum);
      OutboxRecord.Builder record =
          OutboxRecord.to("t" + key.charAt(1)).key(key).type("Test").payload(key + "/" + number);
      transactor.inTransaction(
          tx -> {
            store.append(tx, List.of(record.build()));
            return null;
          });
      if (random.nextInt(5) == 0) {
        InMemoryTransaction late = transactor.begin();
        String other = "late" + appended.size();
        appended.put(other, 1);
        store.append(
            late,
            List.of(OutboxRecord.to("t9").key(other).type("Test").payload(other + "/1").build()));
        open.add(late);
      }
    }

    private void poll(int which) {
      if (relays[which] == null) {
        relays[which] =
            OutboxRelay.builder(store, this)
                .time(time)
                .random(new Random(random.nextLong()))
                .lease(Duration.ofSeconds(3))
                .batchSize(1 + random.nextInt(8))
                .maxInFlight(8)
                .retry(ExponentialBackoff.builder().maxAttempts(3).random(new Random(seed)).build())
                .build();
      }
      relays[which].pollAndPublish();
    }

    private void rareFault() {
      int kind = random.nextInt(6);
      if (kind == 0) {
        relays[random.nextInt(2)] = null;
      } else if (kind == 1) {
        time.pass(Duration.ofSeconds(9));
      } else if (kind == 2 && relays[0] != null) {
        relays[0].close();
        relays[0] = null;
      } else if (kind == 3) {
        retryFailed();
      } else if (!open.isEmpty()) {
        transactor.commit(open.remove(random.nextInt(open.size())));
      }
      faults++;
    }

    private void retryFailed() {
      for (Item item : store.admin().find(Filter.of(OutboxStatus.FAILED), 0, 10)) {
        store.admin().retry(item, ACT);
      }
    }

    @Override
    public CompletionStage<Void> publish(Message message) {
      var answer = new CompletableFuture<Void>();
      int fate = calm ? 0 : random.nextInt(12);
      if (fate < 5) {
        take(message);
        answer.complete(null);
      } else if (fate < 8) {
        pendingAnswers.add(
            () -> {
              take(message);
              answer.complete(null);
            });
      } else if (fate == 8) {
        take(message);
        pendingAnswers.add(() -> answer.completeExceptionally(new TimeoutException("lost ack")));
      } else if (fate == 9) {
        faults++;
        return CompletableFuture.failedFuture(
            ScriptedPublisher.failure(CLASSES.get(random.nextInt(CLASSES.size()))));
      } else if (fate == 10) {
        pendingAnswers.add(() -> answer.completeExceptionally(new TimeoutException("lost")));
      } else {
        take(message);
      }
      return answer;
    }

    private void take(Message message) {
      if (published.add(message.id())) {
        String[] parts = new String(message.payload(), StandardCharsets.UTF_8).split("/", 2);
        firstPublishes
            .computeIfAbsent(parts[0], k -> new ArrayList<>())
            .add(Integer.parseInt(parts[1]));
      }
    }

    private void answerOne() {
      if (!pendingAnswers.isEmpty()) {
        pendingAnswers.remove(random.nextInt(pendingAnswers.size())).run();
      }
    }

    private void answerAll() {
      while (!pendingAnswers.isEmpty()) {
        answerOne();
      }
    }

    @Override
    public Duration sendTimeout() {
      return Duration.ofSeconds(1);
    }
  }
}
