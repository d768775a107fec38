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
import java.util.function.Function;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.WakeupException;
import org.jspecify.annotations.Nullable;
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
 *
 * <p>Nothing of a partition is handed out before its offset carries an {@link OwnerMark}, and the
 * mark goes when the partition is left in order. What a mark of somebody else says that he had, and
 * a poll more, is handed out as {@linkplain Message#redelivered() redelivered}.
 */
final class KafkaMember implements ConsumerRebalanceListener {
  /**
   * Bounds of one partition: messages held, their bytes, and offsets from the first held one on.
   */
  static final int MAX_HELD = 1_000;

  static final long MAX_HELD_BYTES = 8 << 20;
  static final long MAX_AHEAD = 10_000;

  /**
   * What all partitions of a member may hold. When it is used up, only those that hold nothing go
   * on receiving, a fetch each, so that no partition waits for another one's failed messages.
   */
  static final long MAX_MEMBER_BYTES = 64 << 20;

  private static final Logger log = LoggerFactory.getLogger(KafkaBroker.class);
  private static final Duration LONGEST_POLL = Duration.ofSeconds(1);
  private static final Duration COMMIT_TIMEOUT = Duration.ofSeconds(5);

  /** A group answers within a heartbeat (3 s) of its members; a broker that is away never does. */
  private static final Duration JOIN_TIMEOUT = Duration.ofSeconds(5);

  /** Several rebalances in a row, each of which a member may notice a heartbeat (3 s) late. */
  private static final Duration REJOIN_TIMEOUT = Duration.ofSeconds(15);

  private static final Duration REJOIN_POLL = Duration.ofMillis(50);

  /**
   * To join says little: who may not read fails at its first fetch, and a batch that nobody can
   * read is found behind others.
   */
  private static final Duration WORKS_AFTER = Duration.ofSeconds(30);

  private final KafkaConsumer<byte[], byte[]> consumer;
  private final KafkaSettings settings;
  private final String topic;
  private final MessageListener listener;
  private final Runnable onWorks;
  private final Outage outage;
  private final Outage groupOutage;
  private final Map<TopicPartition, Partition> partitions = new LinkedHashMap<>();

  /** Polled of partitions whose committed offset could not be had yet. */
  private final Map<TopicPartition, List<ConsumerRecord<byte[], byte[]>>> unclaimed =
      new LinkedHashMap<>();

  /** Since when offsets are refused; null while they are taken. */
  private @Nullable Long refusedSince;

  /** Since when the group does not let this member in; null when it has. */
  private @Nullable Long outsideSince = System.nanoTime();

  /** Since when it has partitions; null before the first. */
  private @Nullable Long assignedSince;

  private int turn;

  KafkaMember(
      KafkaConsumer<byte[], byte[]> consumer,
      KafkaSettings settings,
      String topic,
      MessageListener listener,
      Runnable onWorks,
      Outage outage,
      Outage groupOutage) {
    this.consumer = consumer;
    this.settings = settings;
    this.topic = topic;
    this.listener = listener;
    this.onWorks = onWorks;
    this.outage = outage;
    this.groupOutage = groupOutage;
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
        receive(consumer.poll(untilNextDelivery()));
        noteWhetherItHasJoined();
        noteWhetherItWorks();
        writeMarks();
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

  private void receive(ConsumerRecords<byte[], byte[]> records) {
    for (TopicPartition id : records.partitions()) {
      unclaimed.computeIfAbsent(id, none -> new ArrayList<>()).addAll(records.records(id));
    }
    takeOver(unclaimed.keySet());
    unclaimed
        .entrySet()
        .removeIf(
            polled -> {
              Partition partition = partitions.get(polled.getKey());
              if (partition != null) {
                polled
                    .getValue()
                    .forEach(record -> partition.add(record, KafkaMessages.of(record, topic)));
              }
              return partition != null;
            });
  }

  /** The client asks for ever to be let in, and tells nobody that it does. */
  private void noteWhetherItHasJoined() {
    if (outsideSince == null) {
      return;
    }
    long outside = System.nanoTime() - outsideSince;
    if (consumer.groupMetadata().generationId() >= 0) {
      outsideSince = null;
    } else if (outside > REJOIN_TIMEOUT.toNanos()) {
      groupOutage.failed(
          "Group %s does not let in who subscribes to topic %s; nothing is received."
              .formatted(consumer.groupMetadata().groupId(), topic),
          new TimeoutException(
              "no answer in %d s".formatted(Duration.ofNanos(outside).toSeconds())));
    }
  }

  private void noteWhetherItWorks() {
    if (assignedSince != null && System.nanoTime() - assignedSince >= WORKS_AFTER.toNanos()) {
      onWorks.run();
    }
  }

  /** Asks what the members before have left; if the group does not tell, again in a next round. */
  private void takeOver(Set<TopicPartition> ids) {
    Set<TopicPartition> taken = new HashSet<>(ids);
    taken.removeAll(partitions.keySet());
    if (!taken.isEmpty()) {
      try {
        Map<TopicPartition, OffsetAndMetadata> found = consumer.committed(taken, COMMIT_TIMEOUT);
        taken.forEach(id -> partitions.put(id, new Partition(found.get(id))));
      } catch (TimeoutException e) {
        refused(e);
      }
    }
  }

  /** For partitions that were taken over; refused while the group rebalances, and then repeated. */
  private void writeMarks() {
    Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
    partitions.forEach(
        (id, partition) -> {
          if (!partition.isMarked()) {
            offsets.put(id, partition.marked());
          }
        });
    if (!offsets.isEmpty()) {
      try {
        commitDespiteWakeup(offsets);
        noteCommitted(offsets);
      } catch (KafkaException e) {
        refused(e);
      }
    }
  }

  private void pauseFullPartitions() {
    Set<TopicPartition> full = new HashSet<>(unclaimed.keySet());
    long held = partitions.values().stream().mapToLong(partition -> partition.queue.bytes()).sum();
    partitions.forEach(
        (id, partition) -> {
          if (partition.isFull() || (held >= MAX_MEMBER_BYTES && partition.queue.size() > 0)) {
            full.add(id);
          }
        });
    Set<TopicPartition> paused = consumer.paused();
    consumer.resume(paused.stream().filter(id -> !full.contains(id)).toList());
    consumer.pause(full.stream().filter(id -> !paused.contains(id)).toList());
  }

  private Duration untilNextDelivery() {
    long now = System.nanoTime();
    long nanos = (unclaimed.isEmpty() ? LONGEST_POLL : REJOIN_POLL).toNanos();
    for (Partition partition : partitions.values()) {
      boolean marked = partition.isMarked();
      long wait = marked ? partition.queue.nanosUntilReady(now) : REJOIN_POLL.toNanos();
      nanos = Math.min(nanos, wait);
    }
    return Duration.ofNanos(nanos);
  }

  /** One call of the listener with what is due in any partition, if anything is. */
  private void deliver() {
    long now = System.nanoTime();
    Map<Partition, DeliveryQueue.Batch<Long>> batches = new LinkedHashMap<>();
    List<Message> messages = new ArrayList<>();
    List<Partition> inTurn =
        new ArrayList<>(partitions.values().stream().filter(Partition::isMarked).toList());
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
          (partition, batch) -> {
            if (again == null) {
              partition.queue.abandon(batch, done);
            } else {
              partition.queue.settle(
                  batch, batch.messages().stream().filter(again::contains).toList(), done);
            }
          });
    }
  }

  /** What to deliver again; null if the listener threw, whatever it was: nobody knows. */
  private @Nullable Set<Message> call(List<Message> messages) {
    try {
      Set<Message> again =
          DeliveryQueue.askedFor(
              messages, listener.onMessages(Collections.unmodifiableList(messages)));
      outage.over("The listener of topic " + topic + " works again.");
      return again;
    } catch (Throwable e) { // an Error too: losing the messages would be worse
      outage.failed(
          "A listener of topic %s failed; delivering its messages again with pauses."
              .formatted(topic),
          e);
      return null;
    } finally {
      // A flag left behind by the listener must not make the consumer believe it was meant.
      var unused = Thread.interrupted();
    }
  }

  private void commitWhatIsDone() {
    Map<TopicPartition, OffsetAndMetadata> offsets =
        changed(partitions.keySet(), Partition::marked);
    if (!offsets.isEmpty()) {
      FaultPoint.ACK_BEGINS.pass();
      consumer.commitAsync(
          offsets,
          (committed, e) -> {
            if (e == null) {
              noteCommitted(committed);
              FaultPoint.ACK_DONE.pass();
            } else {
              refused(e);
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
    while (!commitAndLeave(partitions.keySet()) && System.nanoTime() - deadline < 0) {
      pollNothing();
    }
  }

  /**
   * Commits what is done of partitions that are left in order, so that this owner's mark goes.
   *
   * @return false if a rebalance is under way, so that it may be tried again after the next poll
   */
  private boolean commitAndLeave(Collection<TopicPartition> ids) {
    Map<TopicPartition, OffsetAndMetadata> offsets = changed(ids, Partition::left);
    if (offsets.isEmpty()) {
      return true;
    }
    FaultPoint.ACK_BEGINS.pass();
    try {
      commitDespiteWakeup(offsets);
      noteCommitted(offsets);
      FaultPoint.ACK_DONE.pass();
    } catch (RebalanceInProgressException e) {
      log.debug("Offsets were not committed, the group rebalances.", e);
      return false;
    } catch (KafkaException e) {
      refused(e);
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

  /** What is to be committed of partitions of which anything was handed out, where it is new. */
  private Map<TopicPartition, OffsetAndMetadata> changed(
      Collection<TopicPartition> ids, Function<Partition, OffsetAndMetadata> wanted) {
    Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
    for (TopicPartition id : ids) {
      Partition partition = partitions.get(id);
      if (partition != null && partition.isMarked()) {
        OffsetAndMetadata offset = wanted.apply(partition);
        if (!offset.equals(partition.committed)) {
          offsets.put(id, offset);
        }
      }
    }
    return offsets;
  }

  /**
   * Reports that the group does not take offsets, or tell them. While it rebalances that is as it
   * should be, unless it never ends.
   */
  private void refused(Exception e) {
    long now = System.nanoTime();
    long since = refusedSince == null ? now : refusedSince;
    refusedSince = since;
    if (isOfARebalance(e) && now - since < REJOIN_TIMEOUT.toNanos()) {
      log.debug("No offsets while the group rebalances.", e);
      return;
    }
    groupOutage.failed(
        ("Group %s does not take or tell offsets of topic %s; trying again. Meanwhile nothing of"
                + " partitions just assigned is handed out, and what is done may come again.")
            .formatted(consumer.groupMetadata().groupId(), topic),
        e);
  }

  /** The second is for who has left the group, or was dropped by it, and will join again. */
  private static boolean isOfARebalance(Exception e) {
    return e instanceof RebalanceInProgressException || e instanceof CommitFailedException;
  }

  private void noteCommitted(Map<TopicPartition, OffsetAndMetadata> offsets) {
    refusedSince = null;
    groupOutage.over(
        "Group %s works again for topic %s.".formatted(consumer.groupMetadata().groupId(), topic));
    offsets.forEach(
        (id, offset) -> {
          Partition partition = partitions.get(id);
          if (partition != null) {
            partition.committed = offset;
          }
        });
  }

  @Override
  public void onPartitionsAssigned(Collection<TopicPartition> ids) {
    if (assignedSince == null) {
      assignedSince = System.nanoTime();
    }
    log.debug("Kafka assigns {}.", ids);
  }

  @Override
  public void onPartitionsRevoked(Collection<TopicPartition> ids) {
    var unused = commitAndLeave(ids); // a refusal here is as final as any other
    onPartitionsLost(ids);
  }

  @Override
  public void onPartitionsLost(Collection<TopicPartition> ids) {
    log.debug("Kafka takes {} away.", ids);
    partitions.keySet().removeAll(ids);
    unclaimed.keySet().removeAll(ids);
  }

  /** What was received of a partition and is not done. */
  private final class Partition {
    final DeliveryQueue<Long> queue =
        new DeliveryQueue<>(settings.redeliveryDelay(), settings.maxRedeliveryDelay());

    /** What this member committed last; null before its first mark. */
    @Nullable OffsetAndMetadata committed;

    /** Offsets below this may have been in the hands of an owner that did not leave in order. */
    private long doubtfulBelow;

    /** How many records from there on may have been in his last poll too. */
    private int doubtfulFurther;

    private long received;

    Partition(@Nullable OffsetAndMetadata found) {
      Long receivedBelow = OwnerMark.receivedBelow(found);
      this.doubtfulBelow = receivedBelow == null ? 0 : receivedBelow;
      this.doubtfulFurther = receivedBelow == null ? 0 : settings.maxPoll();
    }

    void add(ConsumerRecord<?, ?> record, Message message) {
      long offset = record.offset();
      queue.add(offset, isDoubtful(offset) ? message.asRedelivered() : message);
      received = offset + 1;
    }

    private boolean isDoubtful(long offset) {
      if (offset >= doubtfulBelow && doubtfulFurther > 0) {
        doubtfulFurther--;
        doubtfulBelow = offset + 1;
      }
      return offset < doubtfulBelow;
    }

    boolean isMarked() {
      return committed != null;
    }

    OffsetAndMetadata marked() {
      return OwnerMark.marked(firstNotDone(), Math.max(received, doubtfulBelow));
    }

    /** For the next owner, who has to doubt what this one has not cleared up. */
    OffsetAndMetadata left() {
      long offset = firstNotDone();
      return offset < doubtfulBelow
          ? OwnerMark.marked(offset, doubtfulBelow)
          : OwnerMark.unmarked(offset);
    }

    /** The offset to commit. */
    private long firstNotDone() {
      return queue.oldest().orElse(received);
    }

    boolean isFull() {
      return queue.size() >= MAX_HELD
          || queue.bytes() >= MAX_HELD_BYTES
          || received - firstNotDone() >= MAX_AHEAD;
    }
  }
}
