package io.rowpost.core;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** A publisher whose answers a test gives, at once by a rule or later by hand. */
final class ScriptedPublisher implements MessagePublisher {
  /** Every hand-over, in order, by payload. */
  final List<String> handed = new ArrayList<>();

  /** What the broker took, in order, by payload. */
  final List<String> taken = new ArrayList<>();

  private final Map<String, CompletableFuture<Void>> open = new LinkedHashMap<>();
  private Function<String, @Nullable Throwable> rule = payload -> null;
  private Predicate<String> hanging = payload -> false;
  private boolean byHand;

  /** Answers at once: null for taken, or the failure. */
  void answer(Function<String, @Nullable Throwable> newRule) {
    byHand = false;
    hanging = payload -> false;
    rule = newRule;
  }

  void takeAll() {
    answer(payload -> null);
  }

  void failAll(Throwable error) {
    answer(payload -> error);
  }

  /** Never answers what a rule says; takes all else at once. */
  void hang(Predicate<String> hangs) {
    takeAll();
    hanging = hangs;
  }

  /** Leaves every hand-over open until {@link #ack} or {@link #fail}. */
  void answerByHand() {
    byHand = true;
  }

  void ack(String payload) {
    taken.add(payload);
    Objects.requireNonNull(open.remove(payload), payload).complete(null);
  }

  void fail(String payload, Throwable error) {
    Objects.requireNonNull(open.remove(payload), payload).completeExceptionally(error);
  }

  List<String> open() {
    return List.copyOf(open.keySet());
  }

  @Override
  public CompletionStage<Void> publish(Message message) {
    String payload = new String(message.payload(), java.nio.charset.StandardCharsets.UTF_8);
    handed.add(payload);
    if (byHand) {
      return open.computeIfAbsent(payload, p -> new CompletableFuture<>());
    }
    if (hanging.test(payload)) {
      return new CompletableFuture<>();
    }
    Throwable error = rule.apply(payload);
    if (error != null) {
      return CompletableFuture.failedFuture(error);
    }
    taken.add(payload);
    return CompletableFuture.completedFuture(null);
  }

  @Override
  public Duration sendTimeout() {
    return Duration.ofSeconds(10);
  }

  static PublishException failure(FailureClass failureClass) {
    return new PublishException(failureClass, "The record was not published: test.", "none.", null);
  }
}
