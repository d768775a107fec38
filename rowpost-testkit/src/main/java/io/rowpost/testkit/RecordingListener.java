package io.rowpost.testkit;

import io.rowpost.core.Message;
import io.rowpost.core.MessageBroker;
import io.rowpost.core.MessageListener;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Keeps what it gets, and fails messages as an inbox does: of a key, all after the first failed
 * one.
 */
final class RecordingListener implements MessageListener {
  private final List<Message> delivered = new CopyOnWriteArrayList<>();
  private final List<Message> done = new CopyOnWriteArrayList<>();
  private final Predicate<Message> again;
  private MessageBroker.@Nullable Subscription subscription;

  RecordingListener(Predicate<Message> again) {
    this.again = again;
  }

  void subscribed(MessageBroker.Subscription running) {
    subscription = running;
  }

  @Override
  public List<Message> onMessages(List<Message> messages) {
    delivered.addAll(messages);
    Set<@Nullable String> failedKeys = new HashSet<>();
    List<Message> wanted = new ArrayList<>();
    for (Message message : messages) {
      boolean behind = message.key() != null && failedKeys.contains(message.key());
      if (behind || again.test(message)) {
        failedKeys.add(message.key());
        wanted.add(message);
      } else {
        done.add(message);
      }
    }
    return wanted;
  }

  /** Everything it was given, in order, with repetitions. */
  List<String> delivered() {
    return BrokerScene.labels(delivered);
  }

  List<Message> messages() {
    return List.copyOf(delivered);
  }

  /** What it took, in order. */
  List<String> done() {
    return BrokerScene.labels(done);
  }

  /** What it took of a key, in order. */
  List<String> done(String key) {
    return BrokerScene.labels(done.stream().filter(m -> key.equals(m.key())).toList());
  }

  void close() {
    Objects.requireNonNull(subscription).close();
  }
}
