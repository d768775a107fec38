package io.rowpost.benchmarks;

import io.rowpost.testservers.KafkaServer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** The Kafka that all ways send to, each run to a topic of its own. */
final class Broker implements AutoCloseable {
  static final int PARTITIONS = 8;

  private final KafkaServer server = KafkaServer.startForThroughput();
  private int topics;

  String servers() {
    return server.bootstrapServers();
  }

  /** Creates a topic and returns what stands before its name. */
  String newTopic() {
    String prefix = "run-%d.".formatted(topics++);
    server.createTopic(prefix + Events.TOPIC, PARTITIONS);
    server.createTopic(prefix + Events.WARM_UP, 1);
    return prefix;
  }

  /** Reads a topic from its begin to its end. */
  Map<String, Double> audit(String prefix, int events) {
    var properties = new Properties();
    properties.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, servers());
    properties.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 10_000);
    var audit = new Audit(0, events);
    try (var consumer =
        new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      List<TopicPartition> partitions =
          IntStream.range(0, PARTITIONS)
              .mapToObj(i -> new TopicPartition(prefix + Events.TOPIC, i))
              .toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      long left = 0;
      for (long end : consumer.endOffsets(partitions).values()) {
        left += end;
      }
      while (left > 0) {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofSeconds(10))) {
          audit.saw(Events.number(record.value()));
          left--;
        }
      }
    }
    return audit.figures();
  }

  @Override
  public void close() {
    server.close();
  }
}
