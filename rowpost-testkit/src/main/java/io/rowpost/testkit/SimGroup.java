package io.rowpost.testkit;

import io.rowpost.core.Message;
import java.util.List;

/** One consumer: its inbox, its topics, and how far it has come in each. */
final class SimGroup {
  final int number;
  final String consumer;
  final SimInbox inbox;
  final List<String> topics;

  /** Something was parked since an operator repaired the last time. */
  boolean hasParked;

  /** An operator has reopened something, and nobody has found all of that done. */
  boolean reopened;

  private final SimWorld world;
  private final int[] done;

  SimGroup(SimWorld world, int number, String consumer, SimInbox inbox, List<String> topics) {
    this.world = world;
    this.number = number;
    this.consumer = consumer;
    this.inbox = inbox;
    this.topics = topics;
    this.done = new int[topics.size()];
  }

  /** The place in a topic in front of which there is nothing left to do. */
  int done(int topic) {
    List<Message> log = world.broker.log(topics.get(topic));
    while (done[topic] < log.size() && world.ledger.known(log.get(done[topic])).doneBy(number)) {
      done[topic]++;
    }
    return done[topic];
  }

  boolean allDone() {
    for (int i = 0; i < done.length; i++) {
      if (done(i) < world.broker.log(topics.get(i)).size()) {
        return false;
      }
    }
    reopened = reopened && !inbox.admin().reopened(consumer, 1).isEmpty();
    return !reopened && !hasParked;
  }
}
