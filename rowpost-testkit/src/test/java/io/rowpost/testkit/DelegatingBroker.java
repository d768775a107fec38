package io.rowpost.testkit;

import io.rowpost.core.Message;
import io.rowpost.core.MessageBroker;
import io.rowpost.core.MessageListener;
import java.time.Duration;
import java.util.concurrent.CompletionStage;

/** A sound broker; what extends it breaks one thing. */
class DelegatingBroker implements MessageBroker {
  final MessageBroker sound;

  DelegatingBroker(MessageBroker sound) {
    this.sound = sound;
  }

  @Override
  public CompletionStage<Void> publish(Message message) {
    return sound.publish(message);
  }

  @Override
  public Duration sendTimeout() {
    return sound.sendTimeout();
  }

  @Override
  public Subscription subscribe(String topic, String group, MessageListener listener) {
    return sound.subscribe(topic, group, listener);
  }

  @Override
  public void close() {
    sound.close();
  }

  /** An outage begins. */
  void connectionLost() {}
}
