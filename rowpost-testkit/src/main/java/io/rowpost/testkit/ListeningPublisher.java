package io.rowpost.testkit;

import io.rowpost.core.FailureClass;
import io.rowpost.core.Message;
import io.rowpost.core.MessagePublisher;
import io.rowpost.core.PublishException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A broker that answers at once, by a rule, and remembers what it has taken. Thread-safe. */
final class ListeningPublisher implements MessagePublisher {
  private final List<Message> taken = new CopyOnWriteArrayList<>();
  private final List<CompletableFuture<Void>> open = new CopyOnWriteArrayList<>();
  private volatile Function<String, @Nullable FailureClass> refusal = label -> null;
  private volatile boolean answers = true;

  /** Refuses messages by their label from now on; null takes one. */
  void refuse(Function<String, @Nullable FailureClass> rule) {
    refusal = rule;
  }

  void refuseNothing() {
    refuse(label -> null);
  }

  /** Takes messages from now on and says nothing of it, as to a relay that is killed. */
  void neverAnswer() {
    answers = false;
  }

  /** Gives the answers it owes, and answers at once from now on. */
  void answerAll() {
    answers = true;
    open.forEach(answer -> answer.complete(null));
    open.clear();
  }

  @Override
  public CompletionStage<Void> publish(Message message) {
    FailureClass failure = refusal.apply(label(message));
    if (failure != null) {
      return CompletableFuture.failedFuture(
          new PublishException(failure, "The record was not published: test.", "none.", null));
    }
    taken.add(message);
    var answer = new CompletableFuture<Void>();
    if (answers) {
      answer.complete(null);
    } else {
      open.add(answer);
    }
    return answer;
  }

  @Override
  public Duration sendTimeout() {
    return Duration.ofSeconds(10);
  }

  private static String label(Message message) {
    return new String(message.payload(), StandardCharsets.UTF_8);
  }

  List<Message> messages() {
    return List.copyOf(taken);
  }

  List<String> labels() {
    return taken.stream().map(ListeningPublisher::label).toList();
  }

  /** The labels of each key in the order of their first publishes; a null key is "". */
  Map<String, List<String>> firstsByKey() {
    var firsts = new TreeMap<String, List<String>>();
    for (Message message : taken) {
      String key = message.key() == null ? "" : message.key();
      List<String> labels = firsts.computeIfAbsent(key, k -> new CopyOnWriteArrayList<>());
      if (!labels.contains(label(message))) {
        labels.add(label(message));
      }
    }
    return firsts;
  }
}
