package io.rowpost.kafka;

import io.rowpost.core.Message;
import io.rowpost.core.MessageBroker;
import io.rowpost.core.MessageListener;
import io.rowpost.core.RowpostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletionStage;

/**
 * Apache Kafka as a broker: an idempotent producer, and one consumer per subscription. Thread-safe.
 *
 * <p>Messages travel as CloudEvents in binary mode, see {@link KafkaMessages}. One key goes to one
 * partition, so order per key holds as long as a topic's number of partitions does not change.
 */
public final class KafkaBroker implements MessageBroker {
  private final KafkaSettings settings;
  private final KafkaPublisher publisher;
  private final List<KafkaSubscription> subscriptions = new ArrayList<>();
  private int subscriptionsMade;
  private boolean closed;

  private KafkaBroker(KafkaSettings settings) {
    this.settings = settings;
    this.publisher = new KafkaPublisher(settings);
  }

  /**
   * Starts with the addresses to find the cluster by.
   *
   * @param bootstrapServers {@code host:port}, comma separated
   */
  public static Builder builder(String bootstrapServers) {
    return new Builder(bootstrapServers);
  }

  /**
   * {@inheritDoc}
   *
   * <p>Never blocks, not even for a topic that does not exist. Too large or refused: RECORD. Topic
   * missing, not permitted or without a leader: DESTINATION. Login, cluster permission, connection:
   * BROKER. What is not confirmed in time: DESTINATION if anything was meanwhile, else BROKER;
   * unclassified if the payload is over 1 MiB, or no broker told the topic's partitions and others
   * were confirmed.
   */
  @Override
  public CompletionStage<Void> publish(Message message) {
    return publisher.publish(Objects.requireNonNull(message, "message"));
  }

  @Override
  public Duration sendTimeout() {
    return settings.sendTimeout();
  }

  @Override
  public void warmUp() {
    publisher.warmUp();
  }

  /**
   * {@inheritDoc}
   *
   * <p>Of a poll that takes longer than {@code max.poll.interval.ms} (5 minutes unless set) Kafka
   * thinks that it died, and gives its partitions to another member. Of a key that is asked for
   * again nothing later is delivered before, and no offset behind it is committed; other keys go
   * on, up to 1,000 messages held or 10,000 offsets ahead in its partition. Metadata of the
   * committed offsets says which members are at work, and how far they have received.
   */
  @Override
  public Subscription subscribe(String topic, String group, MessageListener listener) {
    require(!group.isBlank(), "group", "blank", "a name");
    KafkaSubscription subscription;
    synchronized (subscriptions) {
      if (closed) {
        throw new IllegalStateException("the broker is closed");
      }
      subscription =
          new KafkaSubscription(
              settings,
              Objects.requireNonNull(topic, "topic"),
              group,
              Objects.requireNonNull(listener, "listener"),
              ++subscriptionsMade,
              this::left);
      subscriptions.add(subscription);
    }
    subscription.start();
    return subscription;
  }

  private void left(KafkaSubscription subscription) {
    synchronized (subscriptions) {
      subscriptions.remove(subscription);
    }
  }

  /**
   * {@inheritDoc}
   *
   * <p>All subscriptions are closed at the same time.
   */
  @Override
  public void close() {
    List<KafkaSubscription> open;
    synchronized (subscriptions) {
      closed = true;
      open = List.copyOf(subscriptions);
    }
    open.forEach(KafkaSubscription::beginClose);
    open.forEach(KafkaSubscription::close);
    publisher.close();
  }

  /** Settings; each setter checks its bounds, {@link #build()} the rest. Not thread-safe. */
  public static final class Builder {
    final String bootstrapServers;
    final Map<String, Object> producerProperties = new HashMap<>();
    final Map<String, Object> consumerProperties = new HashMap<>();
    String clientId = "rowpost";
    String topicPrefix = "";
    int maxPayloadBytes = 1 << 20;
    int maxPoll = 500;
    Duration sendTimeout = Duration.ofSeconds(10);
    Duration redeliveryDelay = Duration.ofMillis(100);
    Duration maxRedeliveryDelay = Duration.ofSeconds(10);
    Duration closeTimeout = Duration.ofSeconds(30);

    private Builder(String bootstrapServers) {
      this.bootstrapServers = Objects.requireNonNull(bootstrapServers, "bootstrapServers");
    }

    /** Sets a property of both clients, such as {@code security.protocol}. */
    public Builder property(String name, Object value) {
      return producerProperty(name, value).consumerProperty(name, value);
    }

    /**
     * Sets a property of the producer, such as {@code compression.type}; {@link #build()} refuses
     * those that would break a guarantee, such as {@code acks=1}.
     */
    public Builder producerProperty(String name, Object value) {
      producerProperties.put(name, Objects.requireNonNull(value, name));
      return this;
    }

    /**
     * Sets a property of the consumers, such as {@code session.timeout.ms}; {@link #build()}
     * refuses those that would break a guarantee, such as {@code enable.auto.commit=true}.
     */
    public Builder consumerProperty(String name, Object value) {
      consumerProperties.put(name, Objects.requireNonNull(value, name));
      return this;
    }

    /** Sets the name under which brokers log this application; "rowpost" by default. */
    public Builder clientId(String clientId) {
      require(!clientId.isBlank(), "clientId", "blank", "a name");
      this.clientId = clientId;
      return this;
    }

    /** Sets what stands before each topic's name in Kafka and nowhere else; empty by default. */
    public Builder topicPrefix(String topicPrefix) {
      require(
          topicPrefix.matches("[a-zA-Z0-9._-]{0,100}"),
          "topicPrefix",
          topicPrefix,
          "at most 100 letters, digits and . _ -");
      this.topicPrefix = topicPrefix;
      return this;
    }

    /**
     * Sets the largest payload; 1 to 64 MiB, 1 MiB by default. The topic's {@code
     * max.message.bytes} must allow 64 KiB more.
     */
    public Builder maxPayloadBytes(int maxPayloadBytes) {
      require(
          maxPayloadBytes >= 1 && maxPayloadBytes <= 64 << 20,
          "maxPayloadBytes",
          maxPayloadBytes,
          "1 to 67,108,864");
      this.maxPayloadBytes = maxPayloadBytes;
      return this;
    }

    /**
     * Sets the time in which a publish has succeeded or failed; 500 ms to 5 min, 10 s by default.
     * Must be below half the relay's lease.
     */
    public Builder sendTimeout(Duration sendTimeout) {
      requireBetween("sendTimeout", sendTimeout, Duration.ofMillis(500), Duration.ofMinutes(5));
      this.sendTimeout = sendTimeout;
      return this;
    }

    /** Sets how many messages a listener gets at once at most; 1 to 100,000, 500 by default. */
    public Builder maxPoll(int maxPoll) {
      require(maxPoll >= 1 && maxPoll <= 100_000, "maxPoll", maxPoll, "1 to 100,000");
      this.maxPoll = maxPoll;
      return this;
    }

    /**
     * Sets the pause before a message asked for again is delivered: the first one, and the longest
     * to which it grows by doubling; 1 ms to 1 h each, 100 ms and 10 s by default.
     */
    public Builder redeliveryDelay(Duration first, Duration longest) {
      requireBetween("first", first, Duration.ofMillis(1), Duration.ofHours(1));
      requireBetween("longest", longest, first, Duration.ofHours(1));
      this.redeliveryDelay = first;
      this.maxRedeliveryDelay = longest;
      return this;
    }

    /**
     * Sets how long closing a subscription, or all of them with the broker, waits for the current
     * calls of listeners before they are interrupted; 0 to 1 h, 30 s by default.
     */
    public Builder closeTimeout(Duration closeTimeout) {
      requireBetween("closeTimeout", closeTimeout, Duration.ZERO, Duration.ofHours(1));
      this.closeTimeout = closeTimeout;
      return this;
    }

    /**
     * Checks the settings and makes the broker. Nothing is connected yet, so a cluster that is away
     * does not keep an application from starting.
     *
     * @throws RowpostException ROWPOST-601 naming a property that is refused
     */
    public KafkaBroker build() {
      return new KafkaBroker(new KafkaSettings(this));
    }
  }

  private static void requireBetween(String setting, Duration value, Duration min, Duration max) {
    require(
        value.compareTo(min) >= 0 && value.compareTo(max) <= 0, setting, value, min + " to " + max);
  }

  private static void require(boolean holds, String setting, Object value, String bounds) {
    if (!holds) {
      throw new RowpostException(
          "ROWPOST-601",
          "Nothing was started: %s is %s.".formatted(setting, KafkaSettings.shown(value)),
          "set %s to %s.".formatted(setting, bounds),
          null);
    }
  }
}
