package io.rowpost.kafka;

import io.rowpost.core.DeliveryQueue;
import io.rowpost.core.FaultPoint;
import io.rowpost.core.Message;
import io.rowpost.core.MessageListener;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.apache.kafka.common.errors.WakeupException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One consumer, from its making to its end: polls, hands messages to the listener, commits offsets.
 *
 * <p>Everything happens on one thread, so no listener runs while partitions are taken away: a
 * rebalance waits for the call under way, and what it did is committed before the partition goes.
 *
 * <p>An offset is committed only when everything before it is done. What the listener asks for
 * again stays in the partition's {@link DeliveryQueue} with the later messages of its key, while
 * other keys go on and the consumer keeps polling, which keeps it in its group. A partition that
 * holds too much is paused until its queue drains. So after a crash the messages beyond a failed
 * one are delivered again, at most {@link #MAX_AHEAD} of them; an inbox tells that they were done.
 */
final class KafkaMember implements ConsumerRebalanceListener {
  /**
   * Bounds of one partition: messages held, their bytes, and offsets from the first held one on.
   */
  static final int MAX_HELD = 1_000;

  static final long MAX_HELD_BYTES = 8 << 20;
  static final long MAX_AHEAD = 10_000;

  private static final Logger log = LoggerFactory.getLogger(KafkaBroker.class);
  private static final Duration LONGEST_POLL = Duration.ofSeconds(1);
  private static final Duration COMMIT_TIMEOUT = Duration.ofSeconds(5);

  /** A group answers within a heartbeat (3 s) of its members; a broker that is away never does. */
  private static final Duration JOIN_TIMEOUT = Duration.ofSeconds(5);

  /** Several rebalances in a row, each of which a member may notice a heartbeat (3 s) late. */
  private static final Duration REJOIN_TIMEOUT = Duration.ofSeconds(15);

  private static final Duration REJOIN_POLL = Duration.ofMillis(50);

  private final KafkaConsumer<byte[], byte[]> consumer;
  private final KafkaSettings settings;
  private final String topic;
  private final MessageListener listener;
  private final Runnable onAssigned;
  private final Outage outage;
  private final Map<TopicPartition, Partition> partitions = new LinkedHashMap<>();
  private int turn;

  KafkaMember(
      KafkaConsumer<byte[], byte[]> consumer,
      KafkaSettings settings,
      String topic,
      MessageListener listener,
      Runnable onAssigned,
      Outage outage) {
    this.consumer = consumer;
    this.settings = settings;
    this.topic = topic;
    this.listener = listener;
    this.onAssigned = onAssigned;
    this.outage = outage;
  }

  KafkaConsumer<byte[], byte[]> consumer() {
    return consumer;
  }

  /** Works until told to stop or woken, then commits what is done. */
  void pollWhile(BooleanSupplier wanted) {
    if (!wanted.getAsBoolean()) {
      return;
    }
    consumer.subscribe(List.of(settings.topicPrefix() + topic), this);
    try {
      while (wanted.getAsBoolean()) {
        pauseFullPartitions();
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(untilNextDelivery())) {
          partition(record).add(record, KafkaMessages.of(record, topic));
        }
        deliver();
        commitWhatIsDone();
      }
    } catch (WakeupException e) {
      log.debug("Woken to leave the group.", e);
    }
    finishJoining();
    commitBeforeLeaving();
  }

  /** Leaves the group; a broker that is away does not hold it up for long. */
  void leave() {
    try {
      consumer.close(CloseOptions.timeout(COMMIT_TIMEOUT));
    } catch (KafkaException e) {
      log.debug("The group is left when the session times out.", e);
    }
  }

  private Partition partition(ConsumerRecord<?, ?> record) {
    return partitions.computeIfAbsent(
        new TopicPartition(record.topic(), record.partition()), id -> new Partition());
  }

  private void pauseFullPartitions() {
    Set<TopicPartition> full = new HashSet<>();
    partitions.forEach(
        (id, partition) -> {
          if (partition.isFull()) {
            full.add(id);
          }
        });
    Set<TopicPartition> paused = consumer.paused();
    consumer.resume(paused.stream().filter(id -> !full.contains(id)).toList());
    consumer.pause(full.stream().filter(id -> !paused.contains(id)).toList());
  }

  private Duration untilNextDelivery() {
    long now = System.nanoTime();
    long nanos = LONGEST_POLL.toNanos();
    for (Partition partition : partitions.values()) {
      nanos = Math.min(nanos, partition.queue.nanosUntilReady(now));
    }
    return Duration.ofNanos(nanos);
  }

  /** One call of the listener with what is due in any partition, if anything is. */
  private void deliver() {
    long now = System.nanoTime();
    Map<Partition, DeliveryQueue.Batch<Long>> batches = new LinkedHashMap<>();
    List<Message> messages = new ArrayList<>();
    List<Partition> inTurn = new ArrayList<>(partitions.values());
    Collections.rotate(inTurn, turn++); // or the first partitions could keep the others waiting
    for (Partition partition : inTurn) {
      var batch = partition.queue.take(settings.maxPoll() - messages.size(), now);
      if (!batch.isEmpty()) {
        batches.put(partition, batch);
        messages.addAll(batch.messages());
      }
    }
    if (!messages.isEmpty()) {
      Set<Message> again = call(messages);
      long done = System.nanoTime();
      batches.forEach(
          (partition, batch) ->
              partition.queue.settle(
                  batch, batch.messages().stream().filter(again::contains).toList(), done));
    }
  }

  /** What to deliver again; never throws, since whatever the listener throws means all of them. */
  private Set<Message> call(List<Message> messages) {
    Set<Message> all = new HashSet<>(messages);
    try {
      Set<Message> again =
          new HashSet<>(listener.onMessages(Collections.unmodifiableList(messages)));
      if (!all.containsAll(again)) {
        throw new IllegalStateException("the listener asked for messages it was not given");
      }
      outage.over("The listener of topic " + topic + " works again.");
      return again;
    } catch (Throwable e) { // an Error too: losing the messages would be worse
      outage.failed(
          "A listener of topic %s failed; delivering its messages again with pauses."
              .formatted(topic),
          e);
      return all;
    } finally {
      // A flag left behind by the listener must not make the consumer believe it was meant.
      var unused = Thread.interrupted();
    }
  }

  private void commitWhatIsDone() {
    Map<TopicPartition, OffsetAndMetadata> offsets = committable(partitions.keySet());
    if (!offsets.isEmpty()) {
      FaultPoint.ACK_BEGINS.pass();
      consumer.commitAsync(
          offsets,
          (committed, e) -> {
            if (e == null) {
              noteCommitted(committed);
            } else {
              log.debug("Offsets were not committed; they are with the next ones.", e);
            }
          });
    }
  }

  /**
   * Goes on with a join that is under way, for the client says goodbye only to a group that knows
   * it: who disappears while joining is waited for by all other members until its session ends.
   */
  private void finishJoining() {
    long deadline = System.nanoTime() + JOIN_TIMEOUT.toNanos();
    do {
      try {
        pollNothing();
      } catch (WakeupException e) {
        log.debug("Woken to leave the group.", e);
      }
    } while (consumer.groupMetadata().generationId() < 0 && System.nanoTime() - deadline < 0);
  }

  /** What a poll may bring now is for the next owner of the partition. */
  private void pollNothing() {
    consumer.pause(consumer.assignment());
    consumer.poll(REJOIN_POLL);
  }

  /**
   * Commits what is done, after the rebalance under way if there is one: Kafka takes no offsets
   * until this member has joined again, and without them its last messages would be delivered
   * twice.
   */
  private void commitBeforeLeaving() {
    long deadline = System.nanoTime() + REJOIN_TIMEOUT.toNanos();
    while (!commitNow(partitions.keySet()) && System.nanoTime() - deadline < 0) {
      pollNothing();
    }
  }

  /** False if a rebalance is under way, so that it may be tried again after the next poll. */
  private boolean commitNow(Collection<TopicPartition> ids) {
    Map<TopicPartition, OffsetAndMetadata> offsets = committable(ids);
    if (offsets.isEmpty()) {
      return true;
    }
    FaultPoint.ACK_BEGINS.pass();
    try {
      commitDespiteWakeup(offsets);
      noteCommitted(offsets);
    } catch (RebalanceInProgressException e) {
      log.debug("Offsets were not committed, the group rebalances.", e);
      return false;
    } catch (KafkaException e) {
      log.debug("Offsets were not committed; their messages are delivered again.", e);
    }
    return true;
  }

  private void commitDespiteWakeup(Map<TopicPartition, OffsetAndMetadata> offsets) {
    try {
      consumer.commitSync(offsets, COMMIT_TIMEOUT);
    } catch (WakeupException e) { // it meant the poll; the second time nobody wakes
      consumer.commitSync(offsets, COMMIT_TIMEOUT);
    }
  }

  private Map<TopicPartition, OffsetAndMetadata> committable(Collection<TopicPartition> ids) {
    Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
    for (TopicPartition id : ids) {
      Partition partition = partitions.get(id);
      if (partition != null && partition.firstNotDone() > partition.committed) {
        offsets.put(id, new OffsetAndMetadata(partition.firstNotDone()));
      }
    }
    return offsets;
  }

  private void noteCommitted(Map<TopicPartition, OffsetAndMetadata> offsets) {
    offsets.forEach(
        (id, offset) -> {
          Partition partition = partitions.get(id);
          if (partition != null) {
            partition.committed = Math.max(partition.committed, offset.offset());
          }
        });
    FaultPoint.ACK_DONE.pass();
  }

  @Override
  public void onPartitionsAssigned(Collection<TopicPartition> ids) {
    onAssigned.run();
    log.debug("Kafka assigns {}.", ids);
  }

  @Override
  public void onPartitionsRevoked(Collection<TopicPartition> ids) {
    var unused = commitNow(ids); // a refusal here is as final as any other
    onPartitionsLost(ids);
  }

  @Override
  public void onPartitionsLost(Collection<TopicPartition> ids) {
    log.debug("Kafka takes {} away.", ids);
    partitions.keySet().removeAll(ids);
  }

  /** What was received of a partition and is not done. */
  private final class Partition {
    final DeliveryQueue<Long> queue =
        new DeliveryQueue<>(settings.redeliveryDelay(), settings.maxRedeliveryDelay());
    long received = -1;
    long committed = -1;

    void add(ConsumerRecord<?, ?> record, Message message) {
      queue.add(record.offset(), message);
      received = record.offset() + 1;
      if (committed < 0) {
        committed = record.offset();
      }
    }

    /** The offset to commit. */
    long firstNotDone() {
      return queue.oldest().orElse(received);
    }

    boolean isFull() {
      return queue.size() >= MAX_HELD
          || queue.payloadBytes() >= MAX_HELD_BYTES
          || received - firstNotDone() >= MAX_AHEAD;
    }
  }
}
