package io.rowpost.testkit;

import static io.rowpost.testkit.BrokerScene.label;
import static io.rowpost.testkit.BrokerScene.labels;
import static org.assertj.core.api.Assertions.assertThat;

import io.rowpost.core.Message;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What becomes of messages that a listener did not take. */
abstract class BrokerRedeliveryRules {
  abstract BrokerScene scene();

  @Test
  void aFailedMessageComesAgainBeforeLaterOnesOfItsKey() {
    var failures = new AtomicInteger(3);
    RecordingListener listener =
        scene().listen("billing", m -> label(m).equals("k2") && failures.getAndDecrement() > 0);
    scene().publish("k", "k1", "k2", "k3", "k4");

    scene()
        .eventually(() -> assertThat(listener.done("k")).containsExactly("k1", "k2", "k3", "k4"));
    assertThat(Collections.frequency(listener.delivered(), "k2")).isEqualTo(4);
  }

  @Test
  void aFailedMessageIsNeverSkippedAndHoldsUpItsKeyAlone() {
    var broken = new AtomicBoolean(true);
    RecordingListener listener =
        scene().listen("billing", m -> label(m).equals("poison") && broken.get());
    scene().publish("bad", "poison", "behind");
    scene().eventually(() -> assertThat(listener.delivered()).contains("poison"));
    List<String> others = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      scene().publish("k" + i, "m" + i);
      others.add("m" + i);
    }
    scene().publish(null, "keyless");
    others.add("keyless");

    scene().eventually(() -> assertThat(listener.done()).containsAll(others));
    scene()
        .eventually(
            () ->
                assertThat(Collections.frequency(listener.delivered(), "poison"))
                    .isGreaterThanOrEqualTo(3));
    assertThat(listener.done("bad")).isEmpty();
    broken.set(false);
    scene().eventually(() -> assertThat(listener.done("bad")).containsExactly("poison", "behind"));
  }

  @Test
  void aMessageWithoutAKeyComesAgainToo() {
    var failures = new AtomicInteger(2);
    RecordingListener listener =
        scene().listen("billing", m -> label(m).equals("b") && failures.getAndDecrement() > 0);
    scene().publish(null, "a", "b", "c");

    scene().eventually(() -> assertThat(listener.done()).containsExactlyInAnyOrder("a", "b", "c"));
  }

  /** Or none has a position, where a broker does not tell. */
  @Test
  void aMessageKeepsItsPositionAndSharesItWithNoOther() {
    var positions = new ConcurrentHashMap<String, Set<String>>();
    var failures = new AtomicInteger(3);
    RecordingListener listener =
        scene()
            .listen(
                "billing",
                m -> {
                  positions
                      .computeIfAbsent(label(m), label -> ConcurrentHashMap.newKeySet())
                      .add(String.valueOf(m.position()));
                  return label(m).equals("again") && failures.getAndDecrement() > 0;
                });
    scene().publish("k", "first", "again");
    scene().publish(null, "keyless");
    scene().publish(scene().nameless("k", "nameless"));
    List<String> all = List.of("first", "again", "keyless", "nameless");
    scene().eventually(() -> assertThat(listener.done()).containsExactlyInAnyOrderElementsOf(all));
    assertThat(positions.values()).allSatisfy(ofOne -> assertThat(ofOne).hasSize(1));
    List<String> each = positions.values().stream().flatMap(Set::stream).toList();
    if (!each.contains("null")) {
      assertThat(each).doesNotHaveDuplicates();
    }
  }

  /** As producers of other kinds send them; an inbox may know them by a header of theirs. */
  @Test
  void aFailedMessageWithoutAnIdSendsNoOtherBack() {
    var broken = new AtomicBoolean(true);
    List<String> again = Collections.synchronizedList(new ArrayList<>());
    RecordingListener listener =
        scene()
            .listen(
                "billing",
                m -> {
                  boolean fails = label(m).equals("poison") && broken.get();
                  if (fails) {
                    again.add(label(m));
                  }
                  return fails;
                });
    scene().publish(scene().nameless("bad", "poison"));
    List<String> others = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      scene().publish(scene().nameless(i % 3 == 0 ? null : "k" + i, "m" + i));
      others.add("m" + i);
    }
    scene().eventually(() -> assertThat(listener.done()).containsAll(others));
    scene().eventually(() -> assertThat(again).hasSizeGreaterThan(2));
    broken.set(false);
    scene().eventually(() -> assertThat(listener.done("bad")).containsExactly("poison"));
    assertThat(listener.delivered()).filteredOn(others::contains).doesNotHaveDuplicates();
  }

  @Test
  void whenTheListenerThrowsEverythingComesAgainInOrder() {
    for (Throwable thrown : new Throwable[] {new Exception("checked"), new StackOverflowError()}) {
      var failures = new AtomicInteger(3);
      List<Message> done = Collections.synchronizedList(new ArrayList<>());
      String group = thrown.getClass().getSimpleName();
      scene()
          .subscribe(
              group,
              messages -> {
                if (failures.getAndDecrement() > 0) {
                  if (thrown instanceof Error error) {
                    throw error;
                  }
                  throw (Exception) thrown;
                }
                done.addAll(messages);
                return List.of();
              });
      scene().publish(group, "a", "b", "c");

      scene()
          .eventually(
              () ->
                  assertThat(
                          labels(
                              List.copyOf(done).stream()
                                  .filter(m -> group.equals(m.key()))
                                  .toList()))
                      .as("after %s", group)
                      .containsExactly("a", "b", "c"));
    }
  }

  @Test
  void aFailedMessageSurvivesTheEndOfItsSubscription() {
    RecordingListener first = scene().listen("billing", m -> label(m).equals("b"));
    scene().publish("k", "a", "b", "c");
    scene().eventually(() -> assertThat(first.delivered()).contains("b"));
    first.close();
    RecordingListener second = scene().listen("billing");

    scene().eventually(() -> assertThat(second.done("k")).endsWith("b", "c"));
    assertThat(first.done("k")).containsExactly("a");
  }

  @Test
  void whatTheListenerWasNotGivenCannotBeAskedForAndLosesNothing() {
    Message stranger = scene().message("k", "stranger");
    var once = new AtomicBoolean(true);
    List<Message> done = Collections.synchronizedList(new ArrayList<>());
    scene()
        .subscribe(
            "billing",
            messages -> {
              if (once.getAndSet(false)) {
                return List.of(stranger);
              }
              done.addAll(messages);
              return List.of();
            });
    scene().publish("k", "a", "b");

    scene().eventually(() -> assertThat(labels(List.copyOf(done))).containsExactly("a", "b"));
  }

  @Test
  void manyFailuresOfManyKeysEndInOrder() {
    var calls = new AtomicInteger();
    RecordingListener listener =
        scene().listen("billing", m -> Math.floorMod(calls.getAndIncrement() * 31, 3) == 0);
    List<String> expected = new ArrayList<>();
    for (int round = 0; round < 10; round++) {
      for (int key = 0; key < 10; key++) {
        scene().publish("k" + key, "m" + round);
      }
      expected.add("m" + round);
    }

    for (int key = 0; key < 10; key++) {
      String name = "k" + key;
      scene().eventually(() -> assertThat(listener.done(name)).isEqualTo(expected));
    }
  }
}
