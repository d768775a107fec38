package io.rowpost.verification;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Random;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * F29: messages are delivered again: those of all hops in their order, and those of the first one
 * shuffled too. All of them, or where a run has lasted long the last {@value #MOST_OF_PARTITION} of
 * each partition.
 */
final class Redelivery implements Fault {
  private static final int MOST_COPIES = 4;
  private static final long MOST_OF_PARTITION = 2_000;

  @Override
  public int number() {
    return 29;
  }

  @Override
  public String title() {
    return "topics replayed, and the messages of the first one shuffled in again";
  }

  @Override
  public int strikes() {
    return 1;
  }

  @Override
  public boolean endsProcesses() {
    return true;
  }

  @Override
  public void strike(FaultScene scene, SplittableRandom random) throws Exception {
    Mark mark = Mark.harmless(number());
    List<ConsumerRecord<byte[], byte[]>> copies = copies(scene, new Random(random.nextLong()));
    scene.begins(mark.repeats(copies.size()));
    send(scene, copies);
    List<Member> consumers = scene.consumers();
    for (Member consumer : consumers) {
      scene.dismiss(consumer);
      consumer.quit();
    }
    for (int hop = 0; hop < scene.setup().number(Setting.HOPS); hop++) {
      rewind(scene, hop);
    }
    for (int i = 0; i < consumers.size(); i++) {
      scene.startConsumer();
    }
    // Behind the copies: what is read again from here on comes from a relay.
    scene.catchUp();
    scene.ended(mark);
    scene.awaitFlow();
  }

  /** Never ahead: what the group has not done yet, the copies among it, is still to come. */
  private static void rewind(FaultScene scene, int hop) throws Exception {
    String group = ConsumerChild.group(scene.setup(), hop);
    Admin admin = scene.broker().admin();
    Map<TopicPartition, OffsetAndMetadata> done =
        admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get();
    Map<TopicPartition, OffsetAndMetadata> start = new HashMap<>();
    try (var consumer = reader(scene)) {
      starts(consumer, partitions(scene, hop))
          .forEach(
              (partition, offset) -> {
                OffsetAndMetadata there = done.get(partition);
                start.put(
                    partition,
                    new OffsetAndMetadata(there == null ? 0 : Math.min(offset, there.offset())));
              });
    }
    admin.alterConsumerGroupOffsets(group, start).all().get();
  }

  private static Map<TopicPartition, Long> starts(
      KafkaConsumer<byte[], byte[]> consumer, List<TopicPartition> partitions) {
    return consumer.endOffsets(partitions).entrySet().stream()
        .collect(
            Collectors.toMap(
                Map.Entry::getKey, e -> Math.max(0, e.getValue() - MOST_OF_PARTITION)));
  }

  private static KafkaConsumer<byte[], byte[]> reader(FaultScene scene) {
    return new KafkaConsumer<>(
        properties(scene), new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  static List<TopicPartition> partitions(FaultScene scene, int hop)
      throws ExecutionException, InterruptedException {
    String topic = scene.setup().topic(hop);
    return scene
        .broker()
        .admin()
        .describeTopics(List.of(topic))
        .allTopicNames()
        .get()
        .values()
        .stream()
        .flatMap(description -> description.partitions().stream())
        .map(info -> new TopicPartition(topic, info.partition()))
        .toList();
  }

  /** Of the messages of the first hop, one to four each, in any order. */
  private static List<ConsumerRecord<byte[], byte[]>> copies(FaultScene scene, Random random)
      throws Exception {
    var copies = new ArrayList<ConsumerRecord<byte[], byte[]>>();
    for (ConsumerRecord<byte[], byte[]> record : messages(scene)) {
      copies.addAll(Collections.nCopies(1 + random.nextInt(MOST_COPIES), record));
    }
    Collections.shuffle(copies, random);
    return copies;
  }

  private static void send(FaultScene scene, List<ConsumerRecord<byte[], byte[]>> copies)
      throws Exception {
    var sent = new ArrayList<Future<RecordMetadata>>();
    try (var producer =
        new KafkaProducer<>(
            properties(scene), new ByteArraySerializer(), new ByteArraySerializer())) {
      for (ConsumerRecord<byte[], byte[]> copy : copies) {
        sent.add(
            producer.send(
                new ProducerRecord<>(
                    copy.topic(), copy.partition(), copy.key(), copy.value(), copy.headers())));
      }
      for (Future<RecordMetadata> each : sent) {
        each.get();
      }
    }
  }

  private static List<ConsumerRecord<byte[], byte[]>> messages(FaultScene scene) throws Exception {
    var messages = new ArrayList<ConsumerRecord<byte[], byte[]>>();
    try (var consumer = reader(scene)) {
      List<TopicPartition> partitions = partitions(scene, 0);
      consumer.assign(partitions);
      starts(consumer, partitions).forEach(consumer::seek);
      Map<TopicPartition, Long> ends = consumer.endOffsets(Set.copyOf(partitions));
      while (ends.entrySet().stream().anyMatch(e -> consumer.position(e.getKey()) < e.getValue())) {
        consumer.poll(Duration.ofMillis(200)).forEach(messages::add);
      }
    }
    return messages;
  }

  private static Properties properties(FaultScene scene) {
    var properties = new Properties();
    properties.put("bootstrap.servers", scene.broker().bootstrapServers());
    properties.put("enable.auto.commit", "false");
    return properties;
  }
}
