package io.rowpost.testkit;

import static io.rowpost.testkit.BrokerScene.label;
import static org.assertj.core.api.Assertions.assertThat;

import io.rowpost.core.Message;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What is said of messages whose process may have ended before it could tell. */
abstract class BrokerDeathRules {
  private static final String GROUP = "billing";

  abstract BrokerScene scene();

  /** Labels, each with a mark where the message is said to be redelivered. */
  private static List<String> marked(List<Message> messages) {
    return messages.stream().map(m -> label(m) + (m.redelivered() ? "!" : "")).toList();
  }

  @Test
  void whatTheListenerToldIsNoRedelivery() {
    var failures = new AtomicInteger(2);
    RecordingListener listener =
        scene().listen(GROUP, m -> label(m).equals("b") && failures.getAndDecrement() > 0);
    scene().publish("k", "a", "b", "c");

    scene().eventually(() -> assertThat(listener.done()).containsExactly("a", "b", "c"));
    assertThat(listener.delivered()).filteredOn("b"::equals).hasSize(3);
    assertThat(listener.messages()).noneMatch(Message::redelivered);
  }

  @Test
  void anOrderlyEndLeavesNoRedelivery() {
    RecordingListener first = scene().listen(GROUP, m -> label(m).equals("b"));
    scene().publish("k", "a", "b");
    scene().eventually(() -> assertThat(first.delivered()).contains("b"));
    first.close();
    scene().publish("k", "c");
    RecordingListener second = scene().listen(GROUP);

    scene().eventually(() -> assertThat(second.done()).endsWith("b", "c"));
    assertThat(second.messages()).noneMatch(Message::redelivered);
  }

  @Test
  void whatADeadProcessHadIsRedelivered() {
    scene().publish("k", "a", "b");
    scene().fixture.subscribeAndDie(scene().topic, GROUP);
    RecordingListener next = scene().listen(GROUP);

    scene().eventually(() -> assertThat(next.done()).containsExactly("a", "b"));
    assertThat(marked(next.messages())).startsWith("a!");
    RecordingListener other = scene().listen("shipping");
    scene().eventually(() -> assertThat(other.done()).containsExactly("a", "b"));
    assertThat(other.messages()).as("the other group's").noneMatch(Message::redelivered);
  }

  @Test
  void itStaysRedeliveredUntilItIsDone() {
    scene().publish("k", "a");
    scene().fixture.subscribeAndDie(scene().topic, GROUP);
    scene().fixture.subscribeAndDie(scene().topic, GROUP);
    var failures = new AtomicInteger(2);
    RecordingListener next = scene().listen(GROUP, m -> failures.getAndDecrement() > 0);

    scene().eventually(() -> assertThat(next.done()).containsExactly("a"));
    assertThat(marked(next.messages())).containsExactly("a!", "a!", "a!");
  }

  /** As after each death where processes come back: the one that took over gives some away. */
  @Test
  void itStaysRedeliveredWhenItsHeirLeavesInOrder() {
    scene().publish("k", "a", "b");
    scene().fixture.subscribeAndDie(scene().topic, GROUP);
    RecordingListener heir = scene().listen(GROUP, m -> true);
    scene().eventually(() -> assertThat(marked(heir.messages())).contains("a!"));
    heir.close();
    RecordingListener next = scene().listen(GROUP);

    scene().eventually(() -> assertThat(next.done()).containsExactly("a", "b"));
    assertThat(marked(next.messages())).startsWith("a!");
  }

  @Test
  void whatTheDeadProcessHadDoneDoesNotComeAndWhatIsLaterIsToldApart() {
    RecordingListener first = scene().listen(GROUP);
    scene().publish("k", "a");
    scene().eventually(() -> assertThat(first.done()).containsExactly("a"));
    first.close();
    scene().publish("k", "b");
    scene().fixture.subscribeAndDie(scene().topic, GROUP);
    RecordingListener next = scene().listen(GROUP);
    scene().eventually(() -> assertThat(marked(next.messages())).containsExactly("b!"));
    next.close();
    scene().publish("k", "c");
    RecordingListener last = scene().listen(GROUP);

    scene().eventually(() -> assertThat(marked(last.messages())).containsExactly("c"));
  }

  @Test
  void whatAListenerThrewOverIsRedelivered() {
    var throwing = new AtomicBoolean(true);
    List<Message> delivered = Collections.synchronizedList(new ArrayList<>());
    scene()
        .subscribe(
            GROUP,
            messages -> {
              delivered.addAll(messages);
              if (throwing.getAndSet(false)) {
                throw new AssertionError("nobody knows what is done");
              }
              return List.of();
            });
    scene().publish("k", "a");

    scene().eventually(() -> assertThat(marked(List.copyOf(delivered))).containsExactly("a", "a!"));
  }
}
