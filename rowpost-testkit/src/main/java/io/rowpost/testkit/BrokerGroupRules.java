package io.rowpost.testkit;

import static io.rowpost.testkit.BrokerScene.label;
import static io.rowpost.testkit.BrokerScene.labels;
import static org.assertj.core.api.Assertions.assertThat;

import io.rowpost.core.Message;
import io.rowpost.core.MessageBroker;
import io.rowpost.core.MessageListener;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Who gets which messages, and in which order. */
abstract class BrokerGroupRules {
  abstract BrokerScene scene();

  @Test
  void eachGroupGetsEveryMessage() {
    RecordingListener billing = scene().listen("billing");
    RecordingListener shipping = scene().listen("shipping");
    scene().publish(null, "a", "b", "c");

    scene().eventually(() -> assertThat(billing.done()).containsExactlyInAnyOrder("a", "b", "c"));
    scene().eventually(() -> assertThat(shipping.done()).containsExactlyInAnyOrder("a", "b", "c"));
  }

  @Test
  void aNewGroupBeginsAtTheOldestMessage() {
    scene().publish("k", "a", "b");
    RecordingListener late = scene().listen("late");
    scene().publish("k", "c");

    scene().eventually(() -> assertThat(late.done()).containsExactly("a", "b", "c"));
  }

  @Test
  void aGroupGoesOnWhereItWas() {
    RecordingListener first = scene().listen("billing");
    scene().publish("k", "a", "b");
    scene().eventually(() -> assertThat(first.done()).containsExactly("a", "b"));
    first.close();
    scene().publish("k", "c");
    RecordingListener second = scene().listen("billing");

    scene().eventually(() -> assertThat(second.delivered()).containsExactly("c"));
    scene().publish("k", "d");
    scene().eventually(() -> assertThat(second.delivered()).containsExactly("c", "d"));
    assertThat(first.delivered()).containsExactly("a", "b");
  }

  @Test
  void aMemberThatJoinsGetsNothingThatTheGroupHasDone() {
    RecordingListener first = scene().listen("billing");
    scene().publish("k", "a", "b");
    scene().eventually(() -> assertThat(first.done()).containsExactly("a", "b"));
    RecordingListener second = scene().listen("billing");
    first.close();
    scene().publish("k", "c");

    scene().eventually(() -> assertThat(second.delivered()).containsExactly("c"));
  }

  @Test
  void messagesOfAKeyComeInTheOrderOfTheirAcknowledgements() {
    RecordingListener listener = scene().listen("billing");
    List<String> expected = new ArrayList<>();
    for (int round = 0; round < 20; round++) {
      for (int key = 0; key < 5; key++) {
        scene().publish("k" + key, "m" + round);
      }
      expected.add("m" + round);
    }

    for (int key = 0; key < 5; key++) {
      String name = "k" + key;
      scene().eventually(() -> assertThat(listener.done(name)).isEqualTo(expected));
    }
  }

  @Test
  void aKeyWaitsForTheCallThatHasIt() throws Exception {
    var entered = new CountDownLatch(1);
    var mayEnd = new CountDownLatch(1);
    var together = new CompletableFuture<List<String>>();
    Queue<String> done = new ConcurrentLinkedQueue<>();
    MessageListener holding =
        messages -> {
          if (entered.getCount() == 0) {
            together.complete(labels(messages));
          }
          entered.countDown();
          assertThat(mayEnd.await(scene().patience.toMillis(), TimeUnit.MILLISECONDS)).isTrue();
          done.addAll(labels(messages));
          return List.of();
        };
    scene().subscribe("billing", holding);
    scene().subscribe("billing", holding);
    scene().publish("k", "a");
    assertThat(entered.await(scene().patience.toMillis(), TimeUnit.MILLISECONDS)).isTrue();
    scene().publish("k", "b");
    OpenTransaction.assertWaits(together);
    mayEnd.countDown();

    scene().eventually(() -> assertThat(done).containsExactly("a", "b"));
  }

  @Test
  void membersShareWithoutLossAndNeverAKeyAtATime() {
    var keysInHand = ConcurrentHashMap.<String>newKeySet();
    Queue<String> together = new ConcurrentLinkedQueue<>();
    Queue<String> done = new ConcurrentLinkedQueue<>();
    MessageListener exclusive =
        messages -> {
          Set<String> keys = ConcurrentHashMap.newKeySet();
          messages.forEach(m -> keys.add(String.valueOf(m.key())));
          keys.stream().filter(key -> !keysInHand.add(key)).forEach(together::add);
          messages.forEach(m -> done.add(label(m)));
          keysInHand.removeAll(keys);
          return List.of();
        };
    List<String> expected = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      if (i % 50 == 0) {
        scene().subscribe("billing", exclusive);
      }
      scene().publish("k" + i % 7, "m" + i);
      expected.add("m" + i);
    }

    scene().eventually(() -> assertThat(done).containsAll(expected));
    assertThat(together).as("keys handled by two calls at once").isEmpty();
  }

  @Test
  void whatALeavingMemberDidNotTakeTheOthersGet() {
    RecordingListener leaving = scene().listen("billing", message -> true);
    scene().publish("k", "a", "b");
    scene().eventually(() -> assertThat(leaving.delivered()).contains("a"));
    RecordingListener staying = scene().listen("billing");
    leaving.close();

    scene().eventually(() -> assertThat(staying.done("k")).containsExactly("a", "b"));
  }

  @Test
  void closingASubscriptionLetsTheCallEndAndAcknowledgesIt() throws Exception {
    var entered = new CountDownLatch(1);
    var mayEnd = new CountDownLatch(1);
    var calls = new AtomicInteger();
    MessageBroker.Subscription subscription =
        scene()
            .subscribe(
                "billing",
                messages -> {
                  calls.incrementAndGet();
                  entered.countDown();
                  assertThat(mayEnd.await(scene().patience.toMillis(), TimeUnit.MILLISECONDS))
                      .isTrue();
                  return List.of();
                });
    scene().publish("k", "a");
    assertThat(entered.await(scene().patience.toMillis(), TimeUnit.MILLISECONDS)).isTrue();
    var closing = new CountDownLatch(1);
    CompletableFuture<Void> closed =
        CompletableFuture.runAsync(
            () -> {
              closing.countDown();
              subscription.close();
            });
    closing.await();
    scene().publish("k", "b");
    OpenTransaction.assertWaits(closed);
    mayEnd.countDown();
    closed.get(scene().patience.toMillis(), TimeUnit.MILLISECONDS);
    assertThat(calls).hasValue(1);

    RecordingListener next = scene().listen("billing");
    scene().eventually(() -> assertThat(next.delivered()).containsExactly("b"));
  }

  @Test
  void aClosedBrokerCallsNobody() {
    RecordingListener listener = scene().listen("billing", message -> true);
    scene().publish("k", "a");
    scene().eventually(() -> assertThat(listener.delivered()).isNotEmpty());
    scene().broker.close();

    int calls = listener.delivered().size();
    scene()
        .patiently()
        .pollDelay(Duration.ofMillis(500))
        .untilAsserted(() -> assertThat(listener.delivered()).hasSize(calls));
  }

  @Test
  void aListenerNeverGetsNothing() {
    var empty = new AtomicInteger();
    Queue<Message> done = new ConcurrentLinkedQueue<>();
    scene()
        .subscribe(
            "billing",
            messages -> {
              if (messages.isEmpty()) {
                empty.incrementAndGet();
              }
              done.addAll(messages);
              return List.of();
            });
    for (int i = 0; i < 10; i++) {
      scene().publish("k", "m" + i);
      int sent = i + 1;
      scene().eventually(() -> assertThat(done).hasSize(sent));
    }
    assertThat(empty).hasValue(0);
  }
}
