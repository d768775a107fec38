package io.rowpost.testkit;

import io.rowpost.core.InMemoryMessageBroker;
import io.rowpost.core.Message;
import io.rowpost.core.MessageBroker.Subscription;
import io.rowpost.core.MessageListener;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The broker in memory, and what it has written. */
final class SimBroker {
  static final Duration SEND_TIMEOUT = Duration.ofSeconds(1);

  private final SimWorld world;
  private final InMemoryMessageBroker broker;
  private final Map<String, List<Message>> logs = new HashMap<>();

  /** Nothing is taken and nothing delivered. */
  boolean away;

  SimBroker(SimWorld world) {
    this.world = world;
    this.broker =
        InMemoryMessageBroker.builder()
            .stepped(world.time::now)
            .redeliveryDelay(Duration.ofMillis(20), Duration.ofSeconds(5))
            .maxPoll(world.settings.maxPoll)
            .build();
  }

  void write(Message message, SimMessage known) {
    broker.publish(message).toCompletableFuture().join();
    log(message.topic()).add(message);
    world.ledger.written(known);
  }

  /** All messages of a topic that were ever written, in order. */
  List<Message> log(String topic) {
    return logs.computeIfAbsent(topic, t -> new ArrayList<>());
  }

  Subscription subscribe(String topic, String group, MessageListener listener) {
    return broker.subscribe(topic, group, listener);
  }

  int deliver() {
    return away ? 0 : broker.deliver();
  }
}
