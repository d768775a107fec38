package io.rowpost.testkit;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One key of one topic: whose row lock makes its writers take turns, and what they committed. */
final class SimKey {
  /** The topic to which handlers append. */
  static final String NEXT_TOPIC = "next";

  final String topic;
  final String name;
  final List<SimMessage> committed = new ArrayList<>();

  /** The last uncommitted message, of which a later one of the same transaction is a successor. */
  @Nullable SimMessage last;

  /** The process whose open transaction holds the row lock; null if nobody's does. */
  @Nullable SimActor holder;

  /** Everything in front of this place was published, or may be passed. */
  int published;

  /** The key of what handlers append when they see a message of this one. */
  final @Nullable SimKey next;

  SimKey(String topic, String name) {
    this.topic = topic;
    this.name = name;
    this.next = topic.equals(NEXT_TOPIC) ? null : new SimKey(NEXT_TOPIC, name);
  }
}
