package io.rowpost.testkit;

import io.rowpost.core.InMemoryTransaction;
import io.rowpost.core.InboxStore;
import io.rowpost.core.MessageListener;
import io.rowpost.core.MessagePublisher;
import io.rowpost.core.OutboxStore;
import io.rowpost.core.Transactor;

/** The parts that a simulation is made of: sound ones, unless a test plants a bug. */
class SimParts {
  OutboxStore<InMemoryTransaction> outbox(OutboxStore<InMemoryTransaction> sound) {
    return sound;
  }

  InboxStore<InMemoryTransaction> inbox(InboxStore<InMemoryTransaction> sound) {
    return sound;
  }

  Transactor<InMemoryTransaction> transactor(Transactor<InMemoryTransaction> sound) {
    return sound;
  }

  MessagePublisher publisher(MessagePublisher sound) {
    return sound;
  }

  MessageListener listener(MessageListener sound) {
    return sound;
  }
}
