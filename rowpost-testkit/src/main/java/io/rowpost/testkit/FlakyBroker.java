package io.rowpost.testkit;

import io.rowpost.core.FailureClass;
import io.rowpost.core.InMemoryMessageBroker;
import io.rowpost.core.Message;
import io.rowpost.core.MessageBroker;
import io.rowpost.core.MessageListener;
import io.rowpost.core.PublishException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A broker that fails, delays, repeats and forgets on order, around one that does not. Thread-safe.
 *
 * <p>Without orders it passes everything on, and is held to {@link MessageBrokerContract} itself.
 */
public final class FlakyBroker implements MessageBroker {
  /** What is to become of a publish. */
  public enum Fault {
    /** Nothing: it is passed on. */
    NONE,
    /** Not passed on; fails as the record's fault. */
    REFUSE_RECORD,
    /** Not passed on; fails as the topic's fault. */
    REFUSE_DESTINATION,
    /** Not passed on; fails as the broker's fault. */
    REFUSE_BROKER,
    /** Not passed on; fails without a class, as a timeout does. */
    TIME_OUT,
    /** Passed on and taken; fails without a class all the same. */
    LOSE_ACKNOWLEDGEMENT,
    /** Passed on and taken; never answered. */
    NEVER_ANSWER,
    /** Passed on twice; the answer is the second one's. */
    REPEAT,
    /** Passed on when {@link #release()} is called. */
    HOLD,
    /** Passed on at once, and answered when {@link #release()} is called. */
    HOLD_ACKNOWLEDGEMENT
  }

  private final MessageBroker broker;
  private final Deque<Fault> next = new ArrayDeque<>();
  private final Deque<Runnable> held = new ArrayDeque<>();
  private final List<Message> passedOn = Collections.synchronizedList(new ArrayList<>());
  private Function<? super Message, Fault> faults = message -> Fault.NONE;
  private volatile UnaryOperator<List<Message>> deliveries = UnaryOperator.identity();
  private volatile boolean away;

  private FlakyBroker(MessageBroker broker) {
    this.broker = Objects.requireNonNull(broker, "broker");
  }

  /** Around a broker, which is closed with this one. */
  public static FlakyBroker around(MessageBroker broker) {
    return new FlakyBroker(broker);
  }

  /** Around a new broker in memory with its default settings. */
  public static FlakyBroker inMemory() {
    return around(new InMemoryMessageBroker());
  }

  /** Orders the faults of the next publishes, one each; those after them follow {@link #faults}. */
  public synchronized FlakyBroker next(Fault... ordered) {
    next.addAll(List.of(ordered));
    return this;
  }

  /** Sets the fault of every publish for which {@link #next} ordered none. */
  public synchronized FlakyBroker faults(Function<? super Message, Fault> plan) {
    faults = Objects.requireNonNull(plan, "plan");
    return this;
  }

  /**
   * Sets what listeners get in place of a poll's messages: repeated, in another order, cut off.
   * What it leaves out must come back, so it is asked for again.
   */
  public FlakyBroker deliveries(UnaryOperator<List<Message>> plan) {
    deliveries = Objects.requireNonNull(plan, "plan");
    return this;
  }

  /** Fails all publishes as the broker's fault and all deliveries, until {@link #bringBack()}. */
  public void takeAway() {
    away = true;
  }

  /** Ends what {@link #takeAway()} began. */
  public void bringBack() {
    away = false;
  }

  /**
   * Lets go of everything held, in the order in which it came, on this thread; returns how many.
   */
  public int release() {
    List<Runnable> released;
    synchronized (this) {
      released = List.copyOf(held);
      held.clear();
    }
    released.forEach(Runnable::run);
    return released.size();
  }

  /** How many publishes or answers are held. */
  public synchronized int held() {
    return held.size();
  }

  /** What was passed on to the broker so far, in order, with repetitions. */
  public List<Message> passedOn() {
    synchronized (passedOn) {
      return List.copyOf(passedOn);
    }
  }

  @Override
  public CompletionStage<Void> publish(Message message) {
    var answer = new CompletableFuture<Void>();
    switch (faultOf(message)) {
      case NONE -> passOn(message).whenComplete((done, e) -> complete(answer, e));
      case REFUSE_RECORD -> answer.completeExceptionally(refusal(FailureClass.RECORD, message));
      case REFUSE_DESTINATION ->
          answer.completeExceptionally(refusal(FailureClass.DESTINATION, message));
      case REFUSE_BROKER -> answer.completeExceptionally(refusal(FailureClass.BROKER, message));
      case TIME_OUT -> answer.completeExceptionally(timeout(message));
      case LOSE_ACKNOWLEDGEMENT ->
          passOn(message)
              .whenComplete((done, e) -> complete(answer, e == null ? timeout(message) : e));
      case NEVER_ANSWER -> passOn(message);
      case REPEAT ->
          passOn(message)
              .whenComplete(
                  (done, e) -> passOn(message).whenComplete((again, e2) -> complete(answer, e2)));
      case HOLD -> hold(() -> passOn(message).whenComplete((done, e) -> complete(answer, e)));
      case HOLD_ACKNOWLEDGEMENT ->
          passOn(message).whenComplete((done, e) -> hold(() -> complete(answer, e)));
    }
    return answer;
  }

  private synchronized Fault faultOf(Message message) {
    if (away) {
      return Fault.REFUSE_BROKER;
    }
    Fault ordered = next.poll();
    return ordered == null ? faults.apply(message) : ordered;
  }

  private synchronized void hold(Runnable action) {
    held.add(action);
  }

  private CompletionStage<Void> passOn(Message message) {
    passedOn.add(message);
    return broker.publish(message);
  }

  private static void complete(CompletableFuture<Void> answer, @Nullable Throwable e) {
    if (e == null) {
      answer.complete(null);
    } else {
      answer.completeExceptionally(e);
    }
  }

  private static PublishException refusal(FailureClass failureClass, Message message) {
    return new PublishException(
        failureClass,
        "Message %s was not published to topic %s: a fault was ordered."
            .formatted(message.id(), message.topic()),
        "order none.",
        null);
  }

  private static PublishException timeout(Message message) {
    return PublishException.unclassified(
        "Message %s was not published to topic %s: a timeout was ordered."
            .formatted(message.id(), message.topic()),
        null);
  }

  @Override
  public void warmUp() {
    broker.warmUp();
  }

  @Override
  public Duration sendTimeout() {
    return broker.sendTimeout();
  }

  @Override
  public Subscription subscribe(String topic, String group, MessageListener listener) {
    return broker.subscribe(topic, group, messages -> deliver(messages, listener));
  }

  private List<Message> deliver(List<Message> messages, MessageListener listener) throws Exception {
    if (away) {
      throw new IllegalStateException("the broker was taken away");
    }
    List<Message> given = deliveries.apply(messages);
    List<Message> again = new ArrayList<>();
    messages.stream().filter(m -> !given.contains(m)).forEach(again::add);
    if (!given.isEmpty()) {
      again.addAll(listener.onMessages(given));
    }
    return again;
  }

  @Override
  public void close() {
    broker.close();
  }
}
