package io.rowpost.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DeliveryQueueTest {
  private static final long MILLIS = 1_000_000;

  private final DeliveryQueue<Integer> queue =
      new DeliveryQueue<>(Duration.ofMillis(100), Duration.ofMillis(400));
  private int nextHandle;

  @Test
  void batchesKeepTheOrderOfArrivalAndLeaveTakenKeysAlone() {
    add("a1", "b1", "a2", "-x", "-y");
    DeliveryQueue.Batch<Integer> first = queue.take(3, 0);
    assertThat(ids(first)).isEqualTo("a1 b1 a2");
    add("b2", "c1");
    DeliveryQueue.Batch<Integer> second = queue.take(10, 0);
    assertThat(ids(second)).isEqualTo("-x -y c1");
    queue.settle(first, List.of(), 0);
    assertThat(ids(queue.take(10, 0))).isEqualTo("b2");
  }

  @Test
  void failedMessageComesBackBeforeItsSuccessorsAfterItsPause() {
    add("a1", "a2", "b1");
    DeliveryQueue.Batch<Integer> batch = queue.take(10, 0);
    add("a3");
    queue.settle(batch, List.of(batch.messages().get(1)), 0);
    assertThat(queue.oldest()).contains(1);
    assertThat(queue.nanosUntilReady(0)).isEqualTo(100 * MILLIS);
    assertThat(queue.take(10, 99 * MILLIS).isEmpty()).isTrue();
    assertThat(ids(queue.take(10, 100 * MILLIS))).isEqualTo("a2 a3");
  }

  @Test
  void anAbandonedBatchComesBackRedeliveredInItsOrderAndStaysSo() {
    add("a1", "b1", "a2");
    DeliveryQueue.Batch<Integer> batch = queue.take(2, 0);
    assertThat(ids(batch)).isEqualTo("a1 a2");
    assertThat(batch.messages()).noneMatch(Message::redelivered);
    queue.abandon(batch, 0);
    assertThat(queue.oldest()).contains(0);
    assertThat(queue.size()).isEqualTo(3);
    assertThat(queue.bytes()).isEqualTo(39);
    assertThat(queue.ready(99 * MILLIS)).isEqualTo(1);
    for (long now : new long[] {100 * MILLIS, 300 * MILLIS}) {
      DeliveryQueue.Batch<Integer> again = queue.take(10, now);
      assertThat(ids(again)).isEqualTo("a1 b1 a2");
      assertThat(again.messages())
          .extracting(Message::redelivered)
          .containsExactly(true, false, true);
      queue.settle(again, again.messages(), now);
    }
    DeliveryQueue.Batch<Integer> last = queue.take(10, 700 * MILLIS);
    queue.settle(last, List.of(), 700 * MILLIS);
    assertThat(queue.size()).isZero();
    assertThat(queue.oldest()).isEmpty();
    assertThatIllegalArgumentException().isThrownBy(() -> queue.abandon(last, 0));
  }

  @Test
  void successEndsTheGrowthOfPauses() {
    add("a1", "a2");
    long now = 0;
    for (long pause : new long[] {100, 200, 400, 400}) {
      DeliveryQueue.Batch<Integer> batch = queue.take(1, now);
      assertThat(ids(batch)).isEqualTo("a1");
      queue.settle(batch, batch.messages(), now);
      assertThat(queue.nanosUntilReady(now)).isEqualTo(pause * MILLIS);
      now += pause * MILLIS;
    }
    queue.settle(queue.take(1, now), List.of(), now);
    DeliveryQueue.Batch<Integer> batch = queue.take(1, now);
    assertThat(ids(batch)).isEqualTo("a2");
    queue.settle(batch, batch.messages(), now);
    assertThat(queue.nanosUntilReady(now)).isEqualTo(100 * MILLIS);
  }

  @Test
  void oldestAndSizesCountWhatIsNotAcknowledged() {
    assertThat(queue.oldest()).isEmpty();
    add("a1", "b1", "c1");
    assertThat(queue.ready(0)).isEqualTo(3);
    DeliveryQueue.Batch<Integer> batch = queue.take(2, 0);
    assertThat(queue.ready(0)).isEqualTo(1);
    assertThat(queue.size()).isEqualTo(3);
    assertThat(queue.bytes()).isEqualTo(39);
    queue.settle(batch, List.of(batch.messages().get(1)), 0);
    assertThat(queue.oldest()).contains(1);
    assertThat(queue.size()).isEqualTo(2);
    assertThat(queue.bytes()).isEqualTo(26);
    assertThat(queue.ready(0)).isEqualTo(1);
    assertThat(queue.nanosUntilReady(0)).isZero();
    assertThat(queue.ready(100 * MILLIS)).isEqualTo(2);
  }

  @Test
  void pausesEndWhateverTheClockStartsAt() {
    long start = Long.MAX_VALUE - 10 * MILLIS;
    add("a1", "b1");
    DeliveryQueue.Batch<Integer> batch = queue.take(2, start);
    queue.settle(batch, batch.messages(), start);
    assertThat(queue.take(2, start + 99 * MILLIS).isEmpty()).isTrue();
    assertThat(ids(queue.take(2, start + 100 * MILLIS))).isEqualTo("a1 b1");
  }

  @Test
  void settlingRefusesForeignMessagesAndASecondTime() {
    add("a1");
    DeliveryQueue.Batch<Integer> batch = queue.take(1, 0);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> queue.settle(batch, List.of(message("z9")), 0));
    assertThat(queue.size()).isEqualTo(1);
    queue.settle(batch, List.of(), 0);
    assertThat(queue.size()).isZero();
    assertThatIllegalArgumentException().isThrownBy(() -> queue.settle(batch, List.of(), 0));
  }

  /** Without ids of their own, or with ids that others have too, they are not one message. */
  @ParameterizedTest
  @ValueSource(strings = {"", "not unique"})
  void onlyTheObjectsAskedForComeBackWhateverTheirIds(String id) {
    List<Message> messages = Stream.of("k", "l", "l", null).map(key -> message(id, key)).toList();
    messages.forEach(message -> queue.add(nextHandle++, message));
    queue.settle(queue.take(10, 0), List.of(messages.get(1)), 0);
    assertThat(queue.size()).isEqualTo(1);
    assertThat(queue.take(10, 100 * MILLIS).messages()).singleElement().isSameAs(messages.get(1));
  }

  @Test
  void aCopyThatAListenerReturnsStandsForItsEquals() {
    add("a1", "b1");
    queue.settle(queue.take(10, 0), List.of(message("b1")), 0);
    assertThat(ids(queue.take(10, 100 * MILLIS))).isEqualTo("b1");
  }

  @Test
  void messagesWithoutAnIdEqualNoOthers() {
    Message nameless = message(" ", "k");
    assertThat(nameless).isNotEqualTo(message(" ", "k"));
    assertThat(message("a1")).isEqualTo(message("a1")).hasSameHashCodeAs(message("a1"));
  }

  /** The first letter is the key; - for none. */
  private void add(String... ids) {
    for (String id : ids) {
      queue.add(nextHandle++, message(id));
    }
  }

  private static Message message(String id) {
    return message(id, id.startsWith("-") ? null : id.substring(0, 1));
  }

  private static Message message(String id, @Nullable String key) {
    return new Message(
        id, "t", key, "T", null, "text/plain", Map.of("h", "v"), null, null, new byte[10]);
  }

  private static String ids(DeliveryQueue.Batch<Integer> batch) {
    return String.join(" ", batch.messages().stream().map(Message::id).toList());
  }
}
