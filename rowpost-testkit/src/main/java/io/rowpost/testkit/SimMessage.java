package io.rowpost.testkit;

import io.rowpost.core.InMemoryTransaction;
import io.rowpost.core.OutboxRecord;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** One message as a perfect observer knows it. */
final class SimMessage {
  static final int GROUPS = 3;

  final int number;
  final UUID id;
  final String idText;
  final String topic;
  final @Nullable SimKey key;
  final byte[] payload;

  /** The message whose handler appended this one, or null. */
  final @Nullable SimMessage root;

  /** Its handlers always throw. */
  boolean poison;

  /** Its handlers do not even throw: they end their process. */
  boolean deadly;

  /** The broker always refuses it. */
  boolean tooLarge;

  /** Takes its place in the order when it is due, wherever that is. */
  boolean delayed;

  /** Committed messages of its key when it was appended: those come before it. */
  int begin;

  /** The one before it of the same key and transaction. */
  @Nullable SimMessage prior;

  @Nullable InMemoryTransaction tx;

  boolean committed;
  int published;

  /** Given up by a relay, or by an operator: later ones of its key may pass it. */
  boolean passable;

  /** Discarded by an operator, so it may never be published. */
  boolean discarded;

  /** Publishes whose failure may count an attempt. */
  int blamed;

  /** Committed messages that its handler appended. */
  int leaves;

  /** By group: committed effects. */
  final int[] effects = new int[GROUPS];

  /** By group: failed runs of the handler, and those counted ahead that have not ended. */
  final int[] failures = new int[GROUPS];

  /** By group: runs counted ahead that have not ended, whose processes may be dead. */
  final int[] begun = new int[GROUPS];

  /** By group: whether a run was ever counted ahead, beside which an undetected copy may fail. */
  final boolean[] suspected = new boolean[GROUPS];

  /** By group: processes that ended in a handler which was known to be suspect. */
  final int[] deaths = new int[GROUPS];

  /** By group: whether it was ever parked, so that later ones of its key may pass it. */
  final boolean[] parked = new boolean[GROUPS];

  SimMessage(
      int number,
      UUID id,
      String topic,
      @Nullable SimKey key,
      byte[] payload,
      @Nullable SimMessage root) {
    this.number = number;
    this.id = id;
    this.idText = id.toString();
    this.topic = topic;
    this.key = key;
    this.payload = payload;
    this.root = root;
  }

  /** A few messages cannot be handled; some of them not even by a process that lives on. */
  void drawPoison(SimWorld world) {
    poison = world.chance(world.settings.handlersFail, 30);
    deadly = poison && world.random.nextInt(3) == 0;
  }

  OutboxRecord record(@Nullable Instant availableAt) {
    return OutboxRecord.to(topic)
        .id(id)
        .key(key == null ? null : key.name)
        .type("Simulated")
        .payload(payload)
        .availableAt(availableAt)
        .build();
  }

  /** Whether a group has nothing more to do with it, unless an operator asks for it. */
  boolean doneBy(int group) {
    return effects[group] > 0 || parked[group];
  }

  @Override
  public String toString() {
    return "message " + number + " (" + topic + (key == null ? "" : ", key " + key.name) + ")";
  }
}
