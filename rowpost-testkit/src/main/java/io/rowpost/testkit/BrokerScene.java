package io.rowpost.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowpost.core.Message;
import io.rowpost.core.MessageBroker;
import io.rowpost.core.MessageListener;
import io.rowpost.core.PublishException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.awaitility.core.ThrowingRunnable;
import org.jspecify.annotations.Nullable;

/** One fixture, one topic, and the acts that rules of brokers are made of. */
final class BrokerScene implements AutoCloseable {
  /** What a busy machine may add to a limit. */
  static final Duration SLACK = Duration.ofSeconds(2);

  final BrokerFixture fixture;
  final MessageBroker broker;
  final String topic;

  /** How long anything may take that is not limited otherwise. */
  final Duration patience;

  BrokerScene(BrokerFixture fixture, Duration patience) {
    this.patience = patience;
    this.fixture = fixture;
    this.broker = fixture.broker();
    this.topic = fixture.createTopic();
  }

  /** A message whose payload is its label; all else as most messages have it. */
  Message message(@Nullable String key, String label) {
    return message(UUID.randomUUID().toString(), key, label);
  }

  /** The same without an id. */
  Message nameless(@Nullable String key, String label) {
    return message("", key, label);
  }

  private Message message(String id, @Nullable String key, String label) {
    return new Message(
        id,
        topic,
        key,
        "OrderCreated",
        "/orders",
        "text/plain",
        Map.of(),
        null,
        null,
        label.getBytes(StandardCharsets.UTF_8));
  }

  static String label(Message message) {
    return new String(message.payload(), StandardCharsets.UTF_8);
  }

  static List<String> labels(List<Message> messages) {
    return messages.stream().map(BrokerScene::label).toList();
  }

  /** Publishes messages of a key, each after the acknowledgement of the one before. */
  void publish(@Nullable String key, String... labels) {
    for (String label : labels) {
      publish(message(key, label));
    }
  }

  /** Publishes until it is acknowledged: the first contact with a topic may time out. */
  void publish(Message message) {
    if (outcome(broker.publish(message)) != null) {
      patiently().until(() -> outcome(broker.publish(message)) == null);
    }
  }

  /** Null if it was acknowledged, or why not; within the send timeout, or this fails. */
  @Nullable PublishException outcome(CompletionStage<Void> publish) {
    try {
      Duration limit = broker.sendTimeout().plus(SLACK);
      publish.toCompletableFuture().get(limit.toMillis(), TimeUnit.MILLISECONDS);
      return null;
    } catch (ExecutionException e) {
      assertThat(e.getCause()).isInstanceOf(PublishException.class);
      return (PublishException) e.getCause();
    } catch (TimeoutException e) {
      throw new AssertionError("no outcome within the send timeout", e);
    } catch (InterruptedException e) {
      throw new AssertionError("interrupted", e);
    }
  }

  /** Why it failed, which it must. */
  PublishException failure(CompletionStage<Void> publish) {
    PublishException e = outcome(publish);
    if (e == null) {
      throw new AssertionError("acknowledged, though it could not be published");
    }
    return e;
  }

  MessageBroker.Subscription subscribe(String group, MessageListener listener) {
    return broker.subscribe(topic, group, listener);
  }

  /** Subscribes with a listener that takes everything, and says what it gets. */
  RecordingListener listen(String group) {
    return listen(group, message -> false);
  }

  /** Subscribes with a listener that asks for some messages again. */
  RecordingListener listen(String group, Predicate<Message> again) {
    var listener = new RecordingListener(again);
    listener.subscribed(subscribe(group, listener));
    return listener;
  }

  ConditionFactory patiently() {
    return Awaitility.await().atMost(patience).pollInterval(Duration.ofMillis(10));
  }

  void eventually(ThrowingRunnable assertion) {
    patiently().untilAsserted(assertion);
  }

  @Override
  public void close() {
    fixture.close();
  }
}
