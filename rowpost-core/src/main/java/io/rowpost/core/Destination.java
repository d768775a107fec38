package io.rowpost.core;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** What a relay knows of one topic: whether it is held, and when it last took a record. */
final class Destination {
  final String topic;
  final Backoff backoff;

  /** Records that wait for the outcome of the probe. */
  final Queue<Slot> behindProbe = new ArrayDeque<>();

  /** The one record sent to find out whether a held topic is well again. */
  @Nullable Slot probe;

  /** Records in the pipeline; a topic with none and no hold may be forgotten. */
  int slots;

  /** New records set aside since it is held. */
  int held;

  private final long topicHash;
  private long lastAck;
  private boolean acked;

  Destination(String topic, RandomGenerator random) {
    this.topic = topic;
    this.topicHash = OrderKey.ofTopic(topic);
    this.backoff = Backoff.patient(random);
  }

  /** {@link OutboxRecord#orderKey()} of a record of this topic, without hashing the topic again. */
  long orderKey(OutboxRecord record) {
    String key = record.key();
    return key == null ? 0 : OrderKey.of(topicHash, key);
  }

  void acked(long now) {
    lastAck = now;
    acked = true;
    backoff.succeeded();
    probe = null;
  }

  boolean ackedSince(long time) {
    return acked && lastAck - time >= 0;
  }

  boolean forgettable() {
    return slots == 0 && !backoff.suspect();
  }
}
