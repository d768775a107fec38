package io.rowpost.verification;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;

/** What an independent reader finds in a topic, from the beginning to the end. */
record Publishes(Map<String, List<ByteBuffer>> byId, Map<String, List<Long>> firstNumbers) {

  /** Reads a topic whose payloads are {@code number of its key} in decimal. */
  static Publishes read(String bootstrapServers, String topic) {
    var properties = new Properties();
    properties.put("bootstrap.servers", bootstrapServers);
    properties.put("auto.offset.reset", "earliest");
    properties.put("enable.auto.commit", "false");
    var result = new Publishes(new HashMap<>(), new HashMap<>());
    try (var consumer =
        new KafkaConsumer<>(properties, new StringDeserializer(), new ByteArrayDeserializer())) {
      List<TopicPartition> partitions =
          consumer.partitionsFor(topic).stream()
              .map(info -> new TopicPartition(topic, info.partition()))
              .toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      Map<TopicPartition, Long> ends = consumer.endOffsets(Set.copyOf(partitions));
      while (ends.entrySet().stream().anyMatch(e -> consumer.position(e.getKey()) < e.getValue())) {
        for (ConsumerRecord<String, byte[]> record : consumer.poll(Duration.ofMillis(200))) {
          result.add(record);
        }
      }
    }
    return result;
  }

  private void add(ConsumerRecord<String, byte[]> record) {
    String id = new String(record.headers().lastHeader("ce_id").value(), StandardCharsets.UTF_8);
    List<ByteBuffer> bodies = byId.computeIfAbsent(id, k -> new ArrayList<>());
    if (bodies.isEmpty()) {
      firstNumbers
          .computeIfAbsent(record.key(), k -> new ArrayList<>())
          .add(Long.parseLong(new String(record.value(), StandardCharsets.UTF_8)));
    }
    bodies.add(ByteBuffer.wrap(record.value()));
  }

  int times(String id) {
    return byId.getOrDefault(id, List.of()).size();
  }

  /** Messages beyond the first of each id. */
  long repeats() {
    return byId.values().stream().mapToLong(bodies -> bodies.size() - 1L).sum();
  }

  /** Ids of which two messages differ. */
  long altered() {
    return byId.values().stream().filter(bodies -> Set.copyOf(bodies).size() > 1).count();
  }

  /** First publishes that came after one that was appended later. */
  long inversions() {
    return firstNumbers.values().stream().mapToLong(Publishes::inversions).sum();
  }

  static long inversions(List<Long> numbers) {
    long inversions = 0;
    for (int i = 1; i < numbers.size(); i++) {
      inversions += numbers.get(i) < numbers.get(i - 1) ? 1 : 0;
    }
    return inversions;
  }
}
