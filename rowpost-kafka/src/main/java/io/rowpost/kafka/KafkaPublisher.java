package io.rowpost.kafka;

import io.rowpost.core.FailureClass;
import io.rowpost.core.Message;
import io.rowpost.core.PublishException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.LeaderNotAvailableException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Publishes without ever blocking its caller. Thread-safe.
 *
 * <p>A Kafka producer blocks in {@code send} while it does not know a topic, so one missing topic
 * would stop a relay for all others. Therefore {@code max.block.ms} is 0 here: asking the producer
 * for a topic that it does not know fails at once, but makes it ask the broker in the background.
 * Messages of such a topic wait in a {@link Lane}, and a timer looks again until the producer knows
 * the topic, or the time is up. Then the broker's last answer tells a missing topic (DESTINATION)
 * from a broker that does not answer (unclassified).
 *
 * <p>A producer that ended in its error state is replaced, at most once in {@link #REBUILD_PAUSE}.
 * The timer does that too, since looking up host names may block.
 */
final class KafkaPublisher implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(KafkaBroker.class);

  static final Duration REBUILD_PAUSE = Duration.ofSeconds(1);
  private static final long FIRST_LOOK_MILLIS = 2;
  private static final long LONGEST_LOOK_MILLIS = 100;

  private final KafkaSettings settings;
  private final ScheduledThreadPoolExecutor timer;
  private final Outage outage = new Outage(log);

  /** Topics whose messages cannot be sent at once; absent for a topic that flows. */
  private final Map<String, Lane> lanes = new ConcurrentHashMap<>();

  private volatile @Nullable KafkaProducer<byte[], byte[]> producer;
  private volatile boolean closed;

  /** When the broker last confirmed anything, or this was made. */
  private volatile long lastConfirmed = System.nanoTime();

  // Both on the timer's thread only.
  private long notBuiltBefore = System.nanoTime();
  private @Nullable Exception lastFatal;

  KafkaPublisher(KafkaSettings settings) {
    this.settings = settings;
    // What comes after the shutdown is discarded here and failed by publish and close.
    this.timer =
        new ScheduledThreadPoolExecutor(
            1,
            task -> {
              var thread = new Thread(task, "rowpost-kafka-publisher");
              thread.setDaemon(true);
              return thread;
            },
            new ThreadPoolExecutor.DiscardPolicy());
  }

  /** Makes the producer, which asks the broker who it is. */
  void warmUp() {
    timer.execute(this::currentProducer);
  }

  CompletableFuture<Void> publish(Message message) {
    var sending =
        new Sending(
            message,
            settings.topicPrefix() + message.topic(),
            new CompletableFuture<>(),
            System.nanoTime());
    KafkaProducer<byte[], byte[]> current = producer;
    if (closed) {
      sending.fail(closedFailure(message));
    } else if (message.payload().length > settings.maxPayloadBytes()) {
      sending.fail(KafkaFailures.tooLarge(message, sending.topic, settings.maxPayloadBytes()));
    } else if (current == null
        || lanes.containsKey(sending.topic)
        || !sendIfKnown(current, sending)) {
      enqueue(sending);
    }
    return sending.acknowledged;
  }

  /** False if the producer does not know the topic yet. */
  private boolean sendIfKnown(KafkaProducer<byte[], byte[]> current, Sending sending) {
    try {
      current.partitionsFor(sending.topic);
    } catch (TimeoutException unknown) {
      return false;
    } catch (RuntimeException e) {
      failed(current, sending, e);
      return true;
    }
    send(current, sending);
    return true;
  }

  private void send(KafkaProducer<byte[], byte[]> current, Sending sending) {
    long handedOver = System.nanoTime();
    try {
      var unused = // the callback tells
          current.send(
              KafkaMessages.toRecord(sending.message, sending.topic),
              (metadata, e) -> {
                if (e == null) {
                  lastConfirmed = System.nanoTime();
                  sending.acknowledged.complete(null);
                } else if (KafkaFailures.isOverdue(e) && metadata.partition() >= 0) {
                  overdue(current, sending, metadata.partition(), handedOver, e);
                } else if (KafkaFailures.isForItsBatch(e) && isOpen(current)) {
                  besideARefusedOne(current, sending, e);
                } else {
                  failed(current, sending, e);
                }
              });
    } catch (RuntimeException e) {
      failed(current, sending, e);
    }
  }

  /** Whether a producer is neither closed nor being replaced, which aborts what it has. */
  private boolean isOpen(KafkaProducer<byte[], byte[]> current) {
    return producer == current && !closed;
  }

  /**
   * Sends a message again of whose batch nothing was taken, as long as there is time for a whole
   * delivery. If the producer has failed for good, it says so then.
   */
  private void besideARefusedOne(
      KafkaProducer<byte[], byte[]> current, Sending sending, Exception e) {
    if (sending.acknowledged.isDone()) {
      return;
    }
    if (System.nanoTime() - sending.began < settings.metadataTimeout().toNanos()) {
      send(current, sending);
    } else {
      sending.fail(KafkaFailures.besideARefusedOne(sending.message, sending.topic, e));
    }
  }

  /** On the producer's thread, which must not wait. */
  private void overdue(
      KafkaProducer<byte[], byte[]> current,
      Sending sending,
      int partition,
      long handedOver,
      Exception e) {
    Throwable trouble = trouble(current, sending.topic, partition);
    if (trouble != null) {
      failed(current, sending, new TimeoutException(e.getMessage(), trouble));
    } else {
      boolean othersConfirmed = lastConfirmed - handedOver > 0;
      sending.fail(KafkaFailures.overdue(sending.message, sending.topic, e, othersConfirmed));
    }
  }

  /**
   * What the producer was told to be wrong with a partition; null if it knows of nothing. It is
   * asked for what it knows, and does not wait for more, since {@code max.block.ms} is 0.
   */
  static @Nullable Throwable trouble(Producer<?, ?> producer, String topic, int partition) {
    try {
      return producer.partitionsFor(topic).stream()
              .filter(found -> found.partition() == partition)
              .anyMatch(found -> found.leader() != null && !found.leader().isEmpty())
          ? null
          : new LeaderNotAvailableException("partition " + partition + " has no leader");
    } catch (TimeoutException unknown) {
      return unknown.getCause();
    } catch (RuntimeException e) { // nobody else would complete the message
      return e;
    }
  }

  private void failed(KafkaProducer<byte[], byte[]> current, Sending sending, Exception e) {
    if (KafkaFailures.isFatal(e)) {
      timer.execute(() -> discard(current, e));
    }
    sending.fail(KafkaFailures.of(sending.message, sending.topic, e));
  }

  private void enqueue(Sending sending) {
    lanes.compute(
        sending.topic,
        (topic, open) -> {
          Lane lane = open;
          if (lane == null) {
            Lane opened = new Lane(topic);
            timer.execute(() -> look(opened));
            lane = opened;
          }
          lane.waiting.add(sending);
          return lane;
        });
    if (timer.isShutdown()) {
      failAllLanes();
    }
  }

  /** Sends or fails what waits in a lane, or looks again later. On the timer. */
  private void look(Lane lane) {
    try {
      KafkaProducer<byte[], byte[]> current = currentProducer();
      if (current == null) {
        Exception cause = lastFatal;
        end(lane, s -> s.fail(KafkaFailures.noProducer(s.message, s.topic, cause)));
      } else {
        look(lane, current);
      }
    } catch (RuntimeException | Error e) { // nobody else would ever look at this lane
      end(lane, s -> s.fail(KafkaFailures.of(s.message, s.topic, e)));
    }
  }

  private void look(Lane lane, KafkaProducer<byte[], byte[]> current) {
    try {
      current.partitionsFor(lane.topic);
    } catch (TimeoutException unknown) {
      Duration timeout = settings.metadataTimeout();
      if (System.nanoTime() - lane.openedNanos < timeout.toNanos()) {
        var unused = timer.schedule(() -> look(lane), lane.nextLookMillis(), TimeUnit.MILLISECONDS);
      } else {
        boolean othersConfirmed = lastConfirmed - lane.openedNanos > 0;
        end(
            lane,
            s ->
                s.fail(
                    KafkaFailures.unknownTopic(
                        s.message, s.topic, timeout, unknown, othersConfirmed)));
      }
      return;
    } catch (RuntimeException e) {
      end(lane, s -> failed(current, s, e));
      return;
    }
    outage.over("The Kafka producer works again.");
    flow(lane, current);
  }

  /** Fails what waits in a lane, and ends it; its topic's next message begins anew. */
  private void end(Lane lane, Consumer<Sending> failure) {
    if (lanes.remove(lane.topic, lane)) {
      lane.waiting.forEach(failure);
      lane.ended.complete(null);
    }
  }

  /**
   * Sends what waits in a lane, and ends it. What comes meanwhile goes through the lane too, so
   * that nothing overtakes those that wait.
   */
  private void flow(Lane lane, KafkaProducer<byte[], byte[]> current) {
    for (List<Sending> left = takeOrRemove(lane); !left.isEmpty(); left = takeOrRemove(lane)) {
      left.forEach(sending -> send(current, sending));
    }
    lane.ended.complete(null);
  }

  /** What waits in a lane; if that is nothing, the lane is gone. */
  private List<Sending> takeOrRemove(Lane lane) {
    List<Sending> taken = new ArrayList<>();
    lanes.computeIfPresent(
        lane.topic,
        (topic, open) -> {
          if (open != lane) {
            return open;
          }
          taken.addAll(lane.waiting);
          lane.waiting.clear();
          return taken.isEmpty() ? null : lane;
        });
    return taken;
  }

  /**
   * The producer, built if it is missing and not tried too lately; null if it cannot be had. On the
   * timer.
   */
  private @Nullable KafkaProducer<byte[], byte[]> currentProducer() {
    if (producer == null && System.nanoTime() - notBuiltBefore >= 0) {
      try {
        var built =
            new KafkaProducer<byte[], byte[]>(
                settings.producer(), new ByteArraySerializer(), new ByteArraySerializer());
        producer = built;
        closeIfTooLate(built);
      } catch (KafkaException e) {
        lost("The Kafka producer could not be made; trying again.", e);
      }
    }
    return producer;
  }

  /** {@link #close} shuts the timer down before it looks for a producer, and waits for neither. */
  private void closeIfTooLate(KafkaProducer<byte[], byte[]> built) {
    if (timer.isShutdown()) {
      built.close(Duration.ZERO);
    }
  }

  /** Replaces a producer of no more use, unless that was done before. On the timer. */
  private void discard(KafkaProducer<byte[], byte[]> current, Exception e) {
    if (producer == current) {
      producer = null;
      lost("The Kafka producer is of no more use; making another.", e);
      current.close(Duration.ZERO);
    }
  }

  private void lost(String text, Exception e) {
    lastFatal = e;
    notBuiltBefore = System.nanoTime() + REBUILD_PAUSE.toNanos();
    outage.failed(text, e);
  }

  /** Waits for publishes under way, up to the send timeout, and fails those that are left. */
  @Override
  public void close() {
    closed = true;
    long deadline = System.nanoTime() + settings.sendTimeout().toNanos();
    boolean interrupted = false;
    try {
      CompletableFuture.allOf(
              lanes.values().stream().map(lane -> lane.ended).toArray(CompletableFuture[]::new))
          .get(settings.metadataTimeout().toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      interrupted = true;
    } catch (ExecutionException | java.util.concurrent.TimeoutException e) {
      log.debug("Kafka did not tell the partitions of {} in time.", lanes.keySet());
    }
    timer.shutdownNow();
    failAllLanes();
    KafkaProducer<byte[], byte[]> current = producer;
    if (current != null) {
      long left = interrupted ? 0 : Math.max(0, deadline - System.nanoTime());
      current.close(Duration.ofNanos(left));
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void failAllLanes() {
    for (Lane lane : lanes.values()) {
      end(lane, s -> s.fail(closedFailure(s.message)));
    }
  }

  private static PublishException closedFailure(Message message) {
    return new PublishException(
        FailureClass.BROKER,
        "Message %s was not published to Kafka: the broker is closed.".formatted(message.id()),
        "close the relay before its broker.",
        null);
  }

  /** A message on its way since {@code began}. */
  private record Sending(
      Message message, String topic, CompletableFuture<Void> acknowledged, long began) {
    void fail(PublishException e) {
      acknowledged.completeExceptionally(e);
    }
  }

  /** Messages that wait until the producer knows their topic. Changed only inside compute. */
  private static final class Lane {
    final String topic;
    final long openedNanos = System.nanoTime();
    final List<Sending> waiting = new ArrayList<>();
    final CompletableFuture<Void> ended = new CompletableFuture<>();
    private long lookMillis = FIRST_LOOK_MILLIS;

    Lane(String topic) {
      this.topic = topic;
    }

    long nextLookMillis() {
      long now = lookMillis;
      lookMillis = Math.min(2 * now, LONGEST_LOOK_MILLIS);
      return now;
    }
  }
}
