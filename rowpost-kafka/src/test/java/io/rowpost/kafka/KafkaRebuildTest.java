package io.rowpost.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.rowpost.core.Message;
import io.rowpost.testservers.KafkaServer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.kafka.clients.consumer.ConsumerInterceptor;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AclOperation;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** When consumers are made, and made anew. */
@Timeout(120)
class KafkaRebuildTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private static KafkaServer server;

  private final List<String> done = new CopyOnWriteArrayList<>();

  @BeforeAll
  static void start() {
    server = KafkaServer.start(KafkaServer.WITH_PERMISSIONS);
  }

  @AfterAll
  static void close() {
    server.close();
  }

  @Test
  void whoMayJoinAndNotReadLeavesAndComesBackLaterEachTime() {
    String topic = server.createRandomTopic("unreadable", 1);
    server.forbid(AclOperation.READ, topic);
    try (KafkaBroker broker = builder(topic).build()) {
      broker.subscribe(topic, topic, this::handle);
      await().atMost(PATIENCE).until(() -> Life.all(topic).size() >= 4);

      List<Life> lives = Life.all(topic);
      // The pauses are 0.5 s, 1 s and 2 s, give or take a fifth.
      assertThat(Duration.ofNanos(lives.get(3).begun - lives.get(2).ended))
          .isGreaterThan(Duration.ofMillis(1_500));

      server.permit(topic);
      publish(broker, topic, "m1");
      await().atMost(PATIENCE).until(() -> done.contains("m1"));
    }
  }

  @Test
  void staticMembersOfOneProcessAndGroupDoNotThrowEachOtherOut() {
    String orders = server.createRandomTopic("orders", 1);
    String audit = server.createRandomTopic("audit", 1);
    try (KafkaBroker broker =
        builder(orders).consumerProperty("group.instance.id", "pod-7").build()) {
      broker.subscribe(orders, orders, this::handle);
      broker.subscribe(audit, orders, this::handle);
      publish(broker, orders, "m1");
      publish(broker, audit, "m2");
      await().atMost(PATIENCE).until(() -> done.containsAll(List.of("m1", "m2")));

      await()
          .during(Duration.ofSeconds(3))
          .atMost(Duration.ofSeconds(4))
          .until(() -> Life.all(orders).size() == 2);
    }
  }

  private static KafkaBroker.Builder builder(String clientId) {
    return KafkaBroker.builder(server.bootstrapServers())
        .clientId(clientId)
        .consumerProperty("interceptor.classes", Life.class.getName());
  }

  private List<Message> handle(List<Message> messages) {
    messages.forEach(m -> done.add(m.id()));
    return List.of();
  }

  private static void publish(KafkaBroker broker, String topic, String id) {
    var message =
        new Message(
            id, topic, "k", "T", "/test", "text/plain", Map.of(), null, null, new byte[] {1});
    broker.publish(message).toCompletableFuture().join();
  }

  /** When a consumer was made and closed. */
  public static final class Life implements ConsumerInterceptor<byte[], byte[]> {
    private static final List<Life> ALL = new CopyOnWriteArrayList<>();

    private volatile String clientId;
    private volatile long begun;
    private volatile long ended;

    static List<Life> all(String clientId) {
      return ALL.stream().filter(life -> life.clientId.startsWith(clientId)).toList();
    }

    @Override
    public void configure(Map<String, ?> configs) {
      clientId = (String) configs.get("client.id");
      begun = System.nanoTime();
      ALL.add(this);
    }

    @Override
    public void close() {
      ended = System.nanoTime();
    }

    @Override
    public ConsumerRecords<byte[], byte[]> onConsume(ConsumerRecords<byte[], byte[]> records) {
      return records;
    }

    @Override
    public void onCommit(Map<TopicPartition, OffsetAndMetadata> offsets) {}
  }
}
