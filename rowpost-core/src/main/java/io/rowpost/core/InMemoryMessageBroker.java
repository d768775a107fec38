package io.rowpost.core;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A broker inside this process: groups, order per key, redelivery with growing pauses.
 *
 * <p>Held to the same contract as the adapters of real brokers, so it serves tests, demos and
 * single process applications; what it holds is gone when the process ends. Thread-safe.
 *
 * <p><b>Memory is bounded.</b> A topic keeps its last {@link Builder#retained} messages, also
 * acknowledged ones, for groups that come later. When it is full the oldest goes, unless a group
 * that has ever subscribed has not acknowledged it yet: then the publish fails with {@link
 * FailureClass#DESTINATION} and nothing is lost, as with a full queue of a real broker.
 *
 * <p><b>Two ways to run.</b> By default each subscription has a daemon thread. A {@link
 * Builder#stepped} broker has no threads at all: messages move only inside {@link #deliver()}, on
 * the caller's thread, so a run is repeatable.
 */
public final class InMemoryMessageBroker implements MessageBroker {
  private final Map<String, InMemoryTopic> topics = new ConcurrentHashMap<>();
  private final List<InMemorySubscription> subscriptions = new ArrayList<>();
  private final Executor executor;
  private final @Nullable LongSupplier steppedTime;
  private final Supplier<DeliveryQueue<Long>> newQueue;
  private final boolean autoCreateTopics;
  private final int retained;
  private final int maxMessageBytes;
  private final int maxPoll;
  private final Duration sendTimeout;
  private final Duration closeTimeout;
  private int nextToStep;
  private volatile boolean closed;

  /** A broker with threads and the default settings. */
  public InMemoryMessageBroker() {
    this(builder());
  }

  private InMemoryMessageBroker(Builder builder) {
    this.executor = builder.executor;
    this.steppedTime = builder.steppedTime;
    this.newQueue = () -> new DeliveryQueue<>(builder.redeliveryDelay, builder.maxRedeliveryDelay);
    this.autoCreateTopics = builder.autoCreateTopics;
    this.retained = builder.retained;
    this.maxMessageBytes = builder.maxMessageBytes;
    this.maxPoll = builder.maxPoll;
    this.sendTimeout = builder.sendTimeout;
    this.closeTimeout = builder.closeTimeout;
  }

  /** Starts with the default settings. */
  public static Builder builder() {
    return new Builder();
  }

  /** Creates a topic; needed only where {@link Builder#autoCreateTopics} is off. */
  public void createTopic(String topic) {
    topic(topic).create();
  }

  @Override
  public CompletionStage<Void> publish(Message message) {
    Objects.requireNonNull(message, "message");
    var acknowledged = new CompletableFuture<Void>();
    try {
      executor.execute(() -> append(message, acknowledged));
    } catch (RuntimeException e) {
      acknowledged.completeExceptionally(
          PublishException.unclassified(
              "Message %s was not published: the broker's executor refused it."
                  .formatted(message.id()),
              e));
    }
    return acknowledged;
  }

  private void append(Message message, CompletableFuture<Void> acknowledged) {
    PublishException failure =
        closed
            ? notPublished(
                message,
                FailureClass.BROKER,
                "the broker is closed",
                "close the relay before its broker.")
            : message.payload().length > maxMessageBytes
                ? notPublished(
                    message,
                    FailureClass.RECORD,
                    "its payload is %,d bytes, the broker's limit is %,d"
                        .formatted(message.payload().length, maxMessageBytes),
                    "store the data elsewhere and send a reference, or raise maxMessageBytes.")
                : topic(message.topic()).append(message);
    if (failure == null) {
      acknowledged.complete(null);
    } else {
      acknowledged.completeExceptionally(failure);
    }
  }

  static PublishException notPublished(
      Message message, FailureClass failureClass, String why, String fix) {
    return new PublishException(
        failureClass,
        "Message %s was not published to topic %s: %s."
            .formatted(message.id(), message.topic(), why),
        fix,
        null);
  }

  @Override
  public Duration sendTimeout() {
    return sendTimeout;
  }

  @Override
  public Subscription subscribe(String topic, String group, MessageListener listener) {
    Objects.requireNonNull(listener, "listener");
    Settings.requireName("group", group);
    InMemoryTopic subscribed = topic(topic);
    var subscription =
        new InMemorySubscription(
            subscribed, subscribed.group(group), listener, maxPoll, this::left);
    synchronized (subscriptions) {
      if (closed) {
        throw new IllegalStateException("the broker is closed");
      }
      subscriptions.add(subscription);
    }
    if (steppedTime == null) {
      subscription.start(closeTimeout);
    }
    return subscription;
  }

  private void left(InMemorySubscription subscription) {
    synchronized (subscriptions) {
      subscriptions.remove(subscription);
    }
  }

  /**
   * Makes one call of one listener, on this thread: the next subscription, in turn, that has a
   * message due. For a {@link Builder#stepped} broker only, and for one thread at a time.
   *
   * @return how many messages the call got; 0 when nothing is due at this time
   */
  public int deliver() {
    if (steppedTime == null) {
      throw new IllegalStateException("only a stepped broker delivers on call");
    }
    List<InMemorySubscription> now;
    synchronized (subscriptions) {
      now = List.copyOf(subscriptions);
    }
    for (int i = 0; i < now.size(); i++) {
      int turn = Math.floorMod(nextToStep + i, now.size());
      int delivered = now.get(turn).step();
      if (delivered > 0) {
        nextToStep = turn + 1;
        return delivered;
      }
    }
    return 0;
  }

  /**
   * Calls {@link #deliver()} until nothing is due. A message that a listener asks for again is due
   * only after its pause, when the stepped time has moved on.
   *
   * @return how many messages were handed to listeners
   */
  public int deliverAll() {
    int delivered = 0;
    for (int step = deliver(); step > 0; step = deliver()) {
      delivered += step;
    }
    return delivered;
  }

  /** The messages that a topic keeps now, the oldest first; for looking at, in tests and demos. */
  public List<Message> messages(String topic) {
    return topic(topic).messages();
  }

  @Override
  public void close() {
    List<InMemorySubscription> open;
    synchronized (subscriptions) {
      closed = true;
      open = List.copyOf(subscriptions);
    }
    open.forEach(InMemorySubscription::close);
  }

  private InMemoryTopic topic(String name) {
    return topics.computeIfAbsent(
        name,
        n -> {
          LongSupplier time = steppedTime == null ? System::nanoTime : steppedTime;
          return new InMemoryTopic(n, autoCreateTopics, retained, newQueue, time);
        });
  }

  /** Settings of a broker; each setter checks its bounds. Not thread-safe. */
  public static final class Builder {
    private Executor executor = Runnable::run;
    private @Nullable LongSupplier steppedTime;
    private Duration redeliveryDelay = Duration.ofMillis(100);
    private Duration maxRedeliveryDelay = Duration.ofSeconds(10);
    private boolean autoCreateTopics = true;
    private int retained = 100_000;
    private int maxMessageBytes = 1 << 20;
    private int maxPoll = 500;
    private Duration sendTimeout = Duration.ofSeconds(10);
    private Duration closeTimeout = Duration.ofSeconds(30);

    private Builder() {}

    /**
     * Sets where publishes run and complete; on the caller's thread by default. A simulator passes
     * its scheduler; with several threads, calls that overlap may change places.
     */
    public Builder executor(Executor executor) {
      this.executor = Objects.requireNonNull(executor, "executor");
      return this;
    }

    /**
     * Makes a broker without threads, whose messages move in {@link #deliver()} only.
     *
     * @param nanoTime the time by which redeliveries are due, such as {@link EngineTime#nanoTime}
     */
    public Builder stepped(LongSupplier nanoTime) {
      this.steppedTime = Objects.requireNonNull(nanoTime, "nanoTime");
      return this;
    }

    /**
     * Sets the pause before a message asked for again is delivered: the first one, and the longest
     * to which it grows by doubling; 1 ms to 1 h each, 100 ms and 10 s by default.
     */
    public Builder redeliveryDelay(Duration first, Duration longest) {
      Settings.requireBetween("first", first, Duration.ofMillis(1), Duration.ofHours(1));
      Settings.requireBetween("longest", longest, first, Duration.ofHours(1));
      this.redeliveryDelay = first;
      this.maxRedeliveryDelay = longest;
      return this;
    }

    /** Sets whether publishing to an unknown topic creates it; true by default. */
    public Builder autoCreateTopics(boolean autoCreateTopics) {
      this.autoCreateTopics = autoCreateTopics;
      return this;
    }

    /** Sets how many messages a topic keeps at most; 1 to 10,000,000, 100,000 by default. */
    public Builder retained(int retained) {
      Settings.require(
          retained >= 1 && retained <= 10_000_000, "retained", retained, "1 to 10,000,000");
      this.retained = retained;
      return this;
    }

    /** Sets the largest payload; 1 to 1 GiB, 1 MiB by default. */
    public Builder maxMessageBytes(int maxMessageBytes) {
      Settings.require(
          maxMessageBytes >= 1 && maxMessageBytes <= 1 << 30,
          "maxMessageBytes",
          maxMessageBytes,
          "1 to 1,073,741,824");
      this.maxMessageBytes = maxMessageBytes;
      return this;
    }

    /** Sets how many messages a listener gets at once at most; 1 to 100,000, 500 by default. */
    public Builder maxPoll(int maxPoll) {
      Settings.require(maxPoll >= 1 && maxPoll <= 100_000, "maxPoll", maxPoll, "1 to 100,000");
      this.maxPoll = maxPoll;
      return this;
    }

    /** Sets what {@link #sendTimeout()} says, for relays of short leases; 1 ms to 1 h. */
    public Builder sendTimeout(Duration sendTimeout) {
      Settings.requireBetween(
          "sendTimeout", sendTimeout, Duration.ofMillis(1), Duration.ofHours(1));
      this.sendTimeout = sendTimeout;
      return this;
    }

    /**
     * Sets how long closing a subscription waits for the current call of its listener before it is
     * interrupted; 0 to 1 h, 30 s by default.
     */
    public Builder closeTimeout(Duration closeTimeout) {
      Settings.requireBetween("closeTimeout", closeTimeout, Duration.ZERO, Duration.ofHours(1));
      this.closeTimeout = closeTimeout;
      return this;
    }

    /** Makes the broker. */
    public InMemoryMessageBroker build() {
      return new InMemoryMessageBroker(this);
    }
  }
}
