package io.rowpost.verification;

import io.rowpost.verification.Event.Kind;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.jspecify.annotations.Nullable;

/**
 * Writes down what stands in the topics, as an outsider sees it: no group, no inbox, no code of
 * ours but for the payload's form.
 */
final class TopicReader implements AutoCloseable {
  private static final Duration POLL = Duration.ofMillis(100);

  private final HistoryWriter history;
  private final KafkaConsumer<String, byte[]> consumer;
  private final CompletableFuture<Void> end = new CompletableFuture<>();
  private final Ids seen = new Ids();
  private final AtomicLong count = new AtomicLong();
  private final AtomicReference<@Nullable CompletableFuture<Void>> awaited =
      new AtomicReference<>();
  private volatile boolean finishing;
  private volatile boolean closed;

  /** Begins to read topics that are there, from their beginning. */
  TopicReader(String bootstrapServers, List<String> topics, HistoryWriter history) {
    this.history = history;
    var properties = new Properties();
    properties.put("bootstrap.servers", bootstrapServers);
    properties.put("auto.offset.reset", "earliest");
    properties.put("enable.auto.commit", "false");
    this.consumer =
        new KafkaConsumer<>(properties, new StringDeserializer(), new ByteArrayDeserializer());
    var partitions = new ArrayList<TopicPartition>();
    for (String topic : topics) {
      consumer
          .partitionsFor(topic)
          .forEach(info -> partitions.add(new TopicPartition(topic, info.partition())));
    }
    consumer.assign(partitions);
    consumer.seekToBeginning(partitions);
    Thread thread = new Thread(this::read, "topic-reader");
    thread.setDaemon(true);
    thread.start();
  }

  private void read() {
    Map<TopicPartition, Long> ends = null;
    try (consumer) {
      while (!closed && !(finishing && isAt(ends()))) {
        for (ConsumerRecord<String, byte[]> record : consumer.poll(POLL)) {
          write(record);
        }
        CompletableFuture<Void> waiting = awaited.get();
        if (waiting != null) {
          // Those of the first look: more comes all the time.
          ends = ends == null ? ends() : ends;
          if (isAt(ends)) {
            awaited.set(null);
            ends = null;
            waiting.complete(null);
          }
        }
      }
      end.complete(null);
    } catch (RuntimeException | Error e) {
      end.completeExceptionally(e);
    }
  }

  private Map<TopicPartition, Long> ends() {
    return consumer.endOffsets(consumer.assignment());
  }

  private boolean isAt(Map<TopicPartition, Long> ends) {
    return ends.entrySet().stream().allMatch(e -> consumer.position(e.getKey()) >= e.getValue());
  }

  /** A message whose parts do not tell the same tale counts as altered. */
  private void write(ConsumerRecord<String, byte[]> record) {
    Payload payload = Payload.read(record.value());
    String id = header(record, "ce_id");
    long message = UUID.fromString(id).getLeastSignificantBits();
    boolean consistent =
        record.key().equals(Integer.toString(payload.key()))
            && record.topic().endsWith("-" + payload.hop())
            && header(record, ApplicationChild.HASH).equals(Long.toString(payload.hash()))
            && header(record, "content-type").equals(ApplicationChild.CONTENT_TYPE)
            && (payload.hop() > 0 || id.equals(payload.id().toString()));
    history.write(
        Kind.PUBLISHED,
        payload.hop(),
        payload.key(),
        payload.number(),
        payload.id(),
        message,
        consistent ? payload.hash() : 0);
    synchronized (seen) {
      seen.add(payload.id());
    }
    count.incrementAndGet();
  }

  /** Empty if there is none of that name. */
  private static String header(ConsumerRecord<String, byte[]> record, String name) {
    Header header = record.headers().lastHeader(name);
    return header == null ? "" : new String(header.value(), StandardCharsets.UTF_8);
  }

  /** How many messages were read so far. */
  long count() {
    return count.get();
  }

  /** Whether a message was read whose chain begins with this one. */
  boolean hasSeen(UUID id) {
    synchronized (seen) {
      return seen.find(id) != Ids.UNKNOWN;
    }
  }

  /** Returns when all is read that is there now, and goes on; for one thread. */
  void catchUp(Duration limit) {
    var caughtUp = new CompletableFuture<Void>();
    awaited.set(caughtUp);
    CompletableFuture.anyOf(caughtUp, end).orTimeout(limit.toSeconds(), TimeUnit.SECONDS).join();
  }

  /** Returns when all is read that is there now, and ends. */
  void finish() {
    finishing = true;
    try {
      end.join();
    } catch (CompletionException e) {
      throw new IllegalStateException("the topics were not read", e.getCause());
    }
  }

  @Override
  public void close() {
    closed = true;
  }
}
