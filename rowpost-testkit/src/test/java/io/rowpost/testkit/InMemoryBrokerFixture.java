package io.rowpost.testkit;

import io.rowpost.core.InMemoryMessageBroker;
import io.rowpost.core.MessageBroker;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

/** A broker in memory, taken away by the wrapper around it. */
class InMemoryBrokerFixture implements BrokerFixture {
  final InMemoryMessageBroker sound =
      InMemoryMessageBroker.builder()
          .autoCreateTopics(false)
          .maxMessageBytes(maxPayloadBytes())
          .redeliveryDelay(Duration.ofMillis(5), Duration.ofMillis(50))
          .sendTimeout(Duration.ofSeconds(2))
          .build();
  private final FlakyBroker broker = FlakyBroker.around(sound);

  @Override
  public MessageBroker broker() {
    return broker;
  }

  @Override
  public String createTopic() {
    String topic = "topic-" + UUID.randomUUID();
    sound.createTopic(topic);
    return topic;
  }

  @Override
  public int maxPayloadBytes() {
    return 1 << 20;
  }

  @Override
  public void subscribeAndDie(String topic, String group) {
    var entered = new CompletableFuture<Boolean>();
    MessageBroker.Subscription dying =
        broker()
            .subscribe(
                topic,
                group,
                messages -> {
                  entered.complete(true);
                  throw new AssertionError("its process ends here");
                });
    OpenTransaction.get(entered);
    dying.close();
  }

  @Override
  public void takeAway() {
    broker.takeAway();
  }

  @Override
  public void bringBack() {
    broker.bringBack();
  }

  @Override
  public void close() {
    sound.close();
  }
}
