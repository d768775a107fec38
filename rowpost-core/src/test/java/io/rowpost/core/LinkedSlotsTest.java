package io.rowpost.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Of {@link Chains} and {@link AtBroker}. */
class LinkedSlotsTest {
  private final Destination topic = new Destination("t", new Random(1));

  @Test
  void findsEveryHeadWhicheverOfItsBucketLeftBefore() {
    var chains = new Chains(4);
    List<Slot> heads = new ArrayList<>();
    for (long key = 1; key <= 40; key++) {
      Slot head = slot(key);
      heads.add(head);
      chains.add(head);
    }
    var random = new Random(3);
    while (!heads.isEmpty()) {
      Slot leaving = heads.remove(random.nextInt(heads.size()));
      assertThat(chains.remove(leaving)).isTrue();
      assertThat(chains.remove(leaving)).isFalse();
      assertThat(chains.head(leaving.orderKey)).isNull();
      for (Slot head : heads) {
        assertThat(chains.head(head.orderKey)).isSameAs(head);
      }
    }
  }

  @Test
  void aRecordThatIsNoHeadIsNotRemoved() {
    var chains = new Chains(4);
    Slot head = slot(7);
    chains.add(head);
    assertThat(chains.remove(slot(7))).isFalse();
    assertThat(chains.head(7)).isSameAs(head);
  }

  @Test
  void followersMoveUpInOrderAndAreCounted() {
    Slot head = slot(1);
    List<Slot> followers = List.of(slot(1), slot(1), slot(1));
    followers.forEach(head::enqueue);
    for (int left = 3; left > 0; left--) {
      assertThat(head.followers).isEqualTo(left);
      Slot next = head.leaveChain();
      assertThat(next).isSameAs(followers.get(3 - left));
      assertThat(head.follower).isNull();
      head = next;
    }
    assertThat(head.leaveChain()).isNull();

    Slot late = slot(1);
    head.enqueue(late);
    assertThat(head.leaveChain()).isSameAs(late);
    assertThat(late.followers).isZero();
  }

  @Test
  void keepsTheOrderOfTheHandOversWhoeverLeavesAndComesBack() {
    var atBroker = new AtBroker();
    var random = new Random(3);
    List<Slot> expected = new ArrayList<>();
    for (int i = 0; i < 1000; i++) {
      if (expected.isEmpty() || random.nextInt(5) < 2) {
        expected.add(slot(i));
      } else {
        Slot leaving = expected.remove(random.nextInt(expected.size()));
        atBroker.remove(leaving);
        if (random.nextBoolean()) {
          continue;
        }
        expected.add(leaving);
      }
      atBroker.add(expected.get(expected.size() - 1));
      assertThat(slots(atBroker)).containsExactlyElementsOf(expected);
      assertThat(atBroker.size()).isEqualTo(expected.size());
    }
  }

  private static List<Slot> slots(AtBroker atBroker) {
    List<Slot> slots = new ArrayList<>();
    for (Slot slot = atBroker.oldest(); slot != null; slot = slot.handedNext) {
      slots.add(slot);
    }
    return slots;
  }

  private Slot slot(long orderKey) {
    var record =
        OutboxRecord.restore(
            new UUID(0, orderKey),
            "t",
            "k",
            "type",
            null,
            "text/plain",
            Map.of(),
            null,
            new byte[0],
            Instant.EPOCH,
            null,
            OutboxStatus.PENDING,
            0,
            null);
    return new Slot(
        new OutboxBatch.Entry(record, orderKey, OutboxBatch.Origin.NEW), topic, orderKey);
  }
}
