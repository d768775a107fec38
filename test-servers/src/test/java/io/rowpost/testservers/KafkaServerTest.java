package io.rowpost.testservers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("once")
class KafkaServerTest {

  private static final Map<String, String> SETTINGS = Map.of("message.max.bytes", "5000");

  private static final Duration PATIENT = Duration.ofMinutes(1);
  private static final Duration IMPATIENT = Duration.ofSeconds(2);

  /** Killed and paused by one test after the other, since a start takes seconds. */
  private static KafkaServer own;

  private String topic;

  @BeforeAll
  static void start() {
    Map<String, String> settings = new HashMap<>(KafkaServer.WITH_PERMISSIONS);
    settings.putAll(SETTINGS);
    own = KafkaServer.startBehindProxy(settings);
  }

  @AfterAll
  static void close() {
    own.close();
    own.close();
    assertThat(own.isRunning()).isFalse();
    assertThat(own.folder()).doesNotExist();
    assertThatThrownBy(own::restart).isInstanceOf(IllegalStateException.class);
  }

  @BeforeEach
  void createTopic() throws Exception {
    topic = own.createRandomTopic("orders", 2);
    send(own, topic, "before");
  }

  @Test
  void keepsPortAndRecordsOverAKill() throws Exception {
    String address = own.bootstrapServers();

    own.kill();

    assertThat(own.isRunning()).isFalse();
    assertThatThrownBy(own::admin).isInstanceOf(IllegalStateException.class);
    assertThatSendFails(own, topic);

    own.restart();

    assertThat(own.bootstrapServers()).isEqualTo(address);
    send(own, topic, "after");
    assertThat(read(own, topic, 2)).containsExactly("before", "after");
  }

  @Test
  void confirmsNothingWhilePaused() throws Exception {
    try (KafkaProducer<String, String> producer = producer(own, PATIENT)) {
      producer.send(new ProducerRecord<>(topic, "key", "first")).get(1, TimeUnit.MINUTES);

      own.pause();

      Future<?> second = producer.send(new ProducerRecord<>(topic, "key", "second"));
      assertThatThrownBy(() -> second.get(500, TimeUnit.MILLISECONDS))
          .isInstanceOf(TimeoutException.class);
      assertThat(own.isRunning()).isTrue();

      own.resume();

      second.get(1, TimeUnit.MINUTES);
      assertThat(read(own, topic, 3)).containsExactly("before", "first", "second");
    }
  }

  @Test
  void isOutOfReachOfAllButItsAdminWhileItsProxyIsDown() throws Exception {
    own.proxy().down();

    assertThatSendFails(own, topic);
    own.createRandomTopic("meanwhile", 1);

    own.proxy().pass();

    send(own, topic, "after");
    assertThat(read(own, topic, 2)).containsExactly("before", "after");
  }

  @Test
  void forbidsAndPermitsOfATopicWhatItIsTold() throws Exception {
    own.forbid(AclOperation.WRITE, topic);

    assertThatThrownBy(() -> send(own, topic, "forbidden"))
        .hasCauseInstanceOf(TopicAuthorizationException.class);
    assertThat(read(own, topic, 1)).containsExactly("before");
    send(own, own.createRandomTopic("others", 1), "may be written to");

    own.permit(topic);

    send(own, topic, "after");
    assertThat(read(own, topic, 1)).containsExactly("after");
  }

  @Test
  void takesSettingsOfATopic() {
    String small = topic + "-small";
    own.createTopic(small, 1, Map.of("max.message.bytes", "1000"));
    assertThatThrownBy(() -> send(own, small, "x".repeat(2_000)))
        .hasCauseInstanceOf(RecordTooLargeException.class);
  }

  @Test
  void takesSettings() {
    assertThatThrownBy(() -> send(own, topic, "x".repeat(6_000)))
        .hasCauseInstanceOf(RecordTooLargeException.class);
  }

  @Test
  void theSharedOneIsOneAndMakesNoTopicByUse() {
    KafkaServer shared = KafkaServer.shared();
    assertThat(KafkaServer.shared()).isSameAs(shared);
    assertThatSendFails(shared, "never-made");
    assertThatThrownBy(
            () -> shared.admin().describeTopics(List.of("never-made")).allTopicNames().get())
        .isInstanceOf(ExecutionException.class)
        .hasCauseInstanceOf(UnknownTopicOrPartitionException.class);
    assertThatThrownBy(shared::proxy).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void aBrokerThatCannotStartSaysWhy() {
    assertThatThrownBy(() -> KafkaServer.start(Map.of("log.retention.hours", "many")))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageStartingWith("Kafka did not start: ended with 1")
        .hasMessageContaining("log.retention.hours");
  }

  private static void send(KafkaServer kafka, String topic, String value) throws Exception {
    try (KafkaProducer<String, String> producer = producer(kafka, PATIENT)) {
      producer.send(new ProducerRecord<>(topic, "key", value)).get(1, TimeUnit.MINUTES);
    }
  }

  private static void assertThatSendFails(KafkaServer kafka, String topic) {
    try (KafkaProducer<String, String> producer = producer(kafka, IMPATIENT)) {
      assertThatThrownBy(() -> producer.send(new ProducerRecord<>(topic, "lost")).get())
          .hasMessageContaining("not present in metadata");
    }
  }

  private static KafkaProducer<String, String> producer(KafkaServer kafka, Duration patience) {
    Map<String, Object> config =
        Map.of(
            "bootstrap.servers", kafka.bootstrapServers(),
            "max.block.ms", Long.toString(patience.toMillis()));
    return new KafkaProducer<>(config, new StringSerializer(), new StringSerializer());
  }

  private static List<String> read(KafkaServer kafka, String topic, int count) {
    Map<String, Object> config =
        Map.of(
            "bootstrap.servers",
            kafka.bootstrapServers(),
            "group.id",
            "reader-" + topic,
            "auto.offset.reset",
            "earliest");
    List<String> values = new ArrayList<>();
    try (KafkaConsumer<String, String> consumer =
        new KafkaConsumer<>(config, new StringDeserializer(), new StringDeserializer())) {
      consumer.subscribe(List.of(topic));
      long deadline = System.nanoTime() + Duration.ofMinutes(1).toNanos();
      while (values.size() < count && System.nanoTime() < deadline) {
        for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(200))) {
          values.add(record.value());
        }
      }
    }
    return values;
  }
}
