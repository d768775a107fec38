package io.rowpost.kafka;

import io.rowpost.core.ExponentialBackoff;
import io.rowpost.core.MessageBroker;
import io.rowpost.core.MessageListener;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A member of a group: a thread that makes a consumer, and another one whenever it breaks.
 *
 * <p>What a consumer does is in {@link KafkaMember}. A broken one (login refused, fenced, an error
 * inside the client) takes with it what was received and not committed; the group's committed
 * offsets tell the next one where to begin, so nothing is lost by that.
 */
final class KafkaSubscription implements MessageBroker.Subscription {
  private static final Logger log = LoggerFactory.getLogger(KafkaBroker.class);

  /** Failures in a row after which a pause grows no more. */
  private static final int MOST_GROWN = 100;

  private static final long PAUSE_WITHOUT_MEMORY_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private final KafkaSettings settings;
  private final String topic;
  private final String group;
  private final MessageListener listener;
  private final int number;
  private final Consumer<KafkaSubscription> onClose;
  private final Thread thread;
  private final CountDownLatch closing = new CountDownLatch(1);
  private final Outage consumerOutage = new Outage(log);
  private final Outage listenerOutage = new Outage(log);
  private final Outage groupOutage = new Outage(log);
  private final ExponentialBackoff rebuildPauses =
      ExponentialBackoff.builder()
          .initialDelay(Duration.ofMillis(500))
          .maxDelay(Duration.ofSeconds(10))
          .maxAttempts(MOST_GROWN + 1)
          .build();
  private volatile @Nullable KafkaConsumer<byte[], byte[]> consumer;
  private volatile long closeBy;
  private int failures; // in a row; on the thread only

  KafkaSubscription(
      KafkaSettings settings,
      String topic,
      String group,
      MessageListener listener,
      int number,
      Consumer<KafkaSubscription> onClose) {
    this.settings = settings;
    this.topic = topic;
    this.group = group;
    this.listener = listener;
    this.number = number;
    this.onClose = onClose;
    this.thread = new Thread(this::run, "rowpost-kafka-" + group + "-" + number);
    thread.setDaemon(true);
  }

  void start() {
    log.info(
        "Group {} subscribes to Kafka topic {}{} (maxPoll={}, redeliveryDelay={} to {}, client {}).",
        group,
        settings.topicPrefix(),
        topic,
        settings.maxPoll(),
        settings.redeliveryDelay(),
        settings.maxRedeliveryDelay(),
        settings.clientId(group, number));
    thread.start();
  }

  private void run() {
    while (!isClosing()) {
      try {
        Throwable failure = beMember();
        if (failure != null) {
          pause(rebuildPauses.nextDelay(failures, failure).orElseThrow());
        }
      } catch (Throwable e) {
        // Without memory what deals with a failure fails too, and nothing can be said about it.
        LockSupport.parkNanos(PAUSE_WITHOUT_MEMORY_NANOS);
      }
    }
    log.info("Group {} has left Kafka topic {}{}.", group, settings.topicPrefix(), topic);
  }

  /**
   * Joins the group, works and leaves it.
   *
   * @return what the consumer failed with; null if told to stop
   */
  private @Nullable Throwable beMember() {
    KafkaMember member = null;
    try {
      member =
          new KafkaMember(
              makeConsumer(), settings, topic, listener, this::works, listenerOutage, groupOutage);
      consumer = member.consumer();
      member.pollWhile(() -> !isClosing());
      return null;
    } catch (RuntimeException | Error e) { // nobody would notice if messages just stopped
      failures = Math.min(failures + 1, MOST_GROWN);
      consumerOutage.failed(
          "The Kafka consumer of group %s on topic %s failed; making another."
              .formatted(group, topic),
          e);
      return e;
    } finally {
      consumer = null;
      if (member != null) {
        member.leave(); // and not after the pause: meanwhile nobody would read its partitions
      }
    }
  }

  private void works() {
    failures = 0;
    consumerOutage.over("Group %s reads Kafka topic %s again.".formatted(group, topic));
  }

  private KafkaConsumer<byte[], byte[]> makeConsumer() {
    return new KafkaConsumer<>(
        settings.consumer(group, number), new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  private void pause(Duration pause) {
    try {
      var unused = closing.await(pause.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      log.debug("Interrupted while waiting to make another consumer.", e);
    }
  }

  private boolean isClosing() {
    return closing.getCount() == 0;
  }

  @Override
  public void close() {
    beginClose();
    if (thread != Thread.currentThread()) { // a listener may close its own subscription
      join();
    }
    onClose.accept(this);
  }

  /** Tells the member to leave, once, and does not wait for it. */
  synchronized void beginClose() {
    if (isClosing()) {
      return; // a second wake-up could hit its last commit
    }
    closeBy = System.nanoTime() + settings.closeTimeout().toNanos();
    closing.countDown();
    KafkaConsumer<byte[], byte[]> current = consumer;
    if (current != null) {
      current.wakeup();
    }
  }

  private void join() {
    try {
      TimeUnit.NANOSECONDS.timedJoin(thread, closeBy - System.nanoTime());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (thread.isAlive()) {
      thread.interrupt();
    }
  }
}
