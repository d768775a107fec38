package io.rowpost.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What the contract of all brokers cannot ask: virtual time, retention, and settings. */
class InMemoryMessageBrokerTest {
  private final AtomicLong now = new AtomicLong();
  private final InMemoryMessageBroker broker = stepped().build();

  private InMemoryMessageBroker.Builder stepped() {
    return InMemoryMessageBroker.builder()
        .stepped(now::get)
        .redeliveryDelay(Duration.ofMillis(100), Duration.ofMillis(400));
  }

  @Test
  void failedMessageStopsItsKeyOnlyAndPausesLongerEachTime() {
    List<String> calls = new ArrayList<>();
    broker.subscribe(
        "orders",
        "billing",
        messages -> {
          calls.add(ids(messages));
          return messages.stream().filter(m -> m.id().equals("a1")).toList();
        });
    publish(broker, "a1", "a");
    assertThat(broker.deliverAll()).isEqualTo(1);
    publish(broker, "a2", "a");
    publish(broker, "b1", "b");
    publish(broker, "c1", null);
    assertThat(broker.deliverAll()).isEqualTo(2);

    List<Long> pauses = new ArrayList<>();
    long last = now.get();
    while (pauses.size() < 5) {
      now.addAndGet(Duration.ofMillis(1).toNanos());
      if (broker.deliverAll() > 0) {
        pauses.add((now.get() - last) / 1_000_000);
        last = now.get();
      }
    }
    assertThat(pauses).containsExactly(100L, 200L, 400L, 400L, 400L);
    assertThat(calls).containsExactly("a1", "b1 c1", "a1 a2", "a1", "a1", "a1", "a1");
  }

  @Test
  void stepsTakeTurnsAmongSubscriptions() {
    List<String> calls = new ArrayList<>();
    for (String group : List.of("one", "two")) {
      broker.subscribe("orders", group, messages -> done(calls.add(group + " " + ids(messages))));
    }
    publish(broker, "a1", "a");
    assertThat(broker.deliver()).isEqualTo(1);
    publish(broker, "a2", "a");
    assertThat(broker.deliver()).isEqualTo(2);
    assertThat(broker.deliverAll()).isEqualTo(1);
    assertThat(calls).containsExactly("one a1", "two a1 a2", "one a2");
  }

  @Test
  void fullTopicRefusesRatherThanLosesAndTakesAgainWhenTheGroupCaughtUp() {
    InMemoryMessageBroker small = stepped().retained(2).build();
    var slow = small.subscribe("orders", "slow", messages -> List.of());
    slow.close();
    publish(small, "m1", null);
    publish(small, "m2", null);
    assertThat(failure(small.publish(message("m3", null))))
        .hasMessage(
            "ROWPOST-322 Message m3 was not published to topic orders: it is full, group slow has"
                + " not acknowledged the oldest of 2 messages.\n"
                + "  Fix: let the group catch up, or raise retained.");

    List<String> calls = new ArrayList<>();
    small.subscribe("orders", "slow", messages -> done(calls.add(ids(messages))));
    small.deliverAll();
    publish(small, "m4", null);
    assertThat(ids(small.messages("orders"))).isEqualTo("m2 m4");
    small.deliverAll();
    assertThat(calls).containsExactly("m1 m2", "m4");
  }

  @Test
  void topicWithoutGroupsKeepsTheLastMessages() {
    InMemoryMessageBroker small = stepped().retained(2).build();
    for (String id : List.of("m1", "m2", "m3")) {
      publish(small, id, null);
    }
    List<String> calls = new ArrayList<>();
    small.subscribe("orders", "late", messages -> done(calls.add(ids(messages))));
    small.deliverAll();
    assertThat(calls).containsExactly("m2 m3");
  }

  @Test
  void unknownTopicFailsItsDestinationWhereNoneIsCreated() {
    InMemoryMessageBroker strict = stepped().autoCreateTopics(false).build();
    assertThat(failure(strict.publish(message("m1", null))).failureClass())
        .contains(FailureClass.DESTINATION);
    strict.createTopic("orders");
    publish(strict, "m1", null);
    assertThat(ids(strict.messages("orders"))).isEqualTo("m1");
  }

  @Test
  void publishRunsAndCompletesOnTheInjectedExecutor() {
    var tasks = new ArrayDeque<Runnable>();
    InMemoryMessageBroker scheduled = stepped().executor(tasks::add).build();
    var acknowledged = scheduled.publish(message("m1", null)).toCompletableFuture();
    assertThat(acknowledged).isNotDone();
    assertThat(scheduled.messages("orders")).isEmpty();
    tasks.remove().run();
    assertThat(acknowledged).isCompleted();
    assertThat(ids(scheduled.messages("orders"))).isEqualTo("m1");
  }

  @Test
  void closedBrokerFailsPublishesAndSubscriptions() {
    broker.close();
    assertThat(failure(broker.publish(message("m1", null))).failureClass())
        .contains(FailureClass.BROKER);
    assertThatThrownBy(() -> broker.subscribe("orders", "late", messages -> List.of()))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void listenerMayCloseItsOwnSubscription() {
    try (var threaded = new InMemoryMessageBroker()) {
      var subscription = new CopyOnWriteArrayList<MessageBroker.Subscription>();
      var subscribed = new CountDownLatch(1);
      List<String> calls = new CopyOnWriteArrayList<>();
      publish(threaded, "m1", null);
      subscription.add(
          threaded.subscribe(
              "orders",
              "billing",
              messages -> {
                subscribed.await();
                subscription.get(0).close();
                return done(calls.add(ids(messages)));
              }));
      subscribed.countDown();
      await().untilAsserted(() -> assertThat(calls).containsExactly("m1"));
      publish(threaded, "m2", null);
      threaded.subscribe("orders", "billing", messages -> done(calls.add(ids(messages))));
      await().untilAsserted(() -> assertThat(calls).containsExactly("m1", "m2"));
    }
  }

  @Test
  void strayInterruptDoesNotEndASubscription() {
    try (var threaded = new InMemoryMessageBroker()) {
      List<String> calls = new CopyOnWriteArrayList<>();
      threaded.subscribe(
          "orders",
          "billing",
          messages -> {
            Thread.currentThread().interrupt();
            return done(calls.add(ids(messages)));
          });
      publish(threaded, "m1", null);
      await().untilAsserted(() -> assertThat(calls).containsExactly("m1"));
      publish(threaded, "m2", null);
      await().untilAsserted(() -> assertThat(calls).containsExactly("m1", "m2"));
    }
  }

  @Test
  void closingInterruptsAListenerThatHangs() {
    try (var threaded =
        InMemoryMessageBroker.builder().closeTimeout(Duration.ofMillis(10)).build()) {
      var entered = new CountDownLatch(1);
      var interrupted = new CountDownLatch(1);
      var subscription =
          threaded.subscribe(
              "orders",
              "billing",
              messages -> {
                entered.countDown();
                try {
                  new CountDownLatch(1).await();
                } catch (InterruptedException e) {
                  interrupted.countDown();
                  throw e;
                }
                return List.of();
              });
      publish(threaded, "m1", null);
      await().until(() -> entered.getCount() == 0);
      subscription.close();
      await().until(() -> interrupted.getCount() == 0);
    }
  }

  /**
   * Random publishes, failures, members and steps; order and completeness are checked at the end.
   */
  @Test
  void everyMessageIsDoneInOrderWhateverFailsAndWhoeverLeaves() {
    for (int seed = 0; seed < 200; seed++) {
      new RandomRun(new Random(seed), seed).run();
    }
  }

  private final class RandomRun {
    private final RandomGenerator random;
    private final int seed;
    private final InMemoryMessageBroker broker;
    private final Map<String, List<Integer>> done = new HashMap<>();
    private final List<MessageBroker.Subscription> members = new ArrayList<>();
    private final int[] published = new int[4];

    RandomRun(RandomGenerator random, int seed) {
      this.random = random;
      this.seed = seed;
      this.broker = stepped().maxPoll(1 + random.nextInt(5)).build();
    }

    void run() {
      join();
      for (int step = 0; step < 200; step++) {
        switch (random.nextInt(8)) {
          case 0, 1, 2 -> {
            int key = random.nextInt(published.length);
            publish(broker, key + ":" + published[key]++, "k" + key);
          }
          case 3, 4, 5 -> broker.deliver();
          case 6 -> now.addAndGet(random.nextLong(200_000_000));
          default -> {
            if (random.nextBoolean() && members.size() > 1) {
              members.remove(random.nextInt(members.size())).close();
            } else if (members.size() < 4) {
              join();
            }
          }
        }
      }
      for (int i = 0; i < 2_000; i++) {
        now.addAndGet(400_000_000);
        broker.deliverAll();
      }
      for (int key = 0; key < published.length; key++) {
        List<Integer> expected = new ArrayList<>();
        for (int i = 0; i < published[key]; i++) {
          expected.add(i);
        }
        assertThat(done.getOrDefault("k" + key, List.of()))
            .as("seed %d, key %d", seed, key)
            .isEqualTo(expected);
      }
    }

    /** Fails from a random message of each key on, as an inbox does; sometimes it throws. */
    private void join() {
      members.add(
          broker.subscribe(
              "orders",
              "billing",
              messages -> {
                if (random.nextInt(10) == 0) {
                  throw new IllegalStateException("down");
                }
                Set<@Nullable String> failedKeys = new HashSet<>();
                List<Message> again = new ArrayList<>();
                for (Message m : messages) {
                  if (failedKeys.contains(m.key()) || random.nextInt(6) == 0) {
                    failedKeys.add(m.key());
                    again.add(m);
                  } else {
                    done.computeIfAbsent(m.key(), k -> new ArrayList<>())
                        .add(Integer.parseInt(m.id().substring(2)));
                  }
                }
                return again;
              }));
    }
  }

  private static List<Message> done(boolean ignored) {
    return List.of();
  }

  private static void publish(InMemoryMessageBroker broker, String id, @Nullable String key) {
    assertThat(broker.publish(message(id, key)).toCompletableFuture()).isCompleted();
  }

  private static PublishException failure(CompletionStage<Void> publish) {
    var failed =
        assertThrows(CompletionException.class, () -> publish.toCompletableFuture().join());
    return (PublishException) failed.getCause();
  }

  private static String ids(List<Message> messages) {
    return String.join(" ", messages.stream().map(Message::id).toList());
  }

  private static Message message(String id, @Nullable String key) {
    byte[] payload = new byte[3];
    Arrays.fill(payload, (byte) 7);
    return new Message(
        id, "orders", key, "OrderCreated", null, "text/plain", Map.of(), null, null, payload);
  }
}
