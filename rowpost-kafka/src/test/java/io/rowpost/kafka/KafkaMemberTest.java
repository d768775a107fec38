package io.rowpost.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.rowpost.core.Message;
import io.rowpost.core.MessageListener;
import io.rowpost.testservers.KafkaServer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.clients.consumer.ConsumerInterceptor;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.Marker;
import org.slf4j.event.Level;
import org.slf4j.helpers.LegacyAbstractLogger;
import org.slf4j.helpers.MessageFormatter;

/** A member whose group does not answer: nothing is lost by that, and it is said. */
@Timeout(120)
@SuppressWarnings("try") // a test that is interrupted while a member ends has failed anyway
class KafkaMemberTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private static final int HEADER_BYTES = 500_000;

  /** Of one partition; the default of {@code max.partition.fetch.bytes}. */
  private static final long TWO_FETCHES = 2 << 20;

  private final Log groupLog = new Log();
  private final List<String> done = new CopyOnWriteArrayList<>();
  private KafkaServer server;

  @BeforeEach
  void start() {
    server = KafkaServer.start();
    server.createTopic("orders", 1);
  }

  @AfterEach
  void close() {
    server.close();
  }

  @Test
  void whatWasPolledIsKeptUntilTheGroupTellsWhereItsPredecessorStood() throws Exception {
    publish("m0", "m1");
    AfterThePoll.act = server::pause;
    try (var member = new Running("orders", this::handle)) {
      await().atMost(PATIENCE).until(() -> groupLog.has("WARN"));
      assertThat(done).isEmpty();
      server.resume();

      await().atMost(PATIENCE).until(() -> done.size() >= 2);
      await().atMost(PATIENCE).until(() -> groupLog.has("INFO"));
      assertThat(member.failure).as("it goes on").isNull();
    }
    assertThat(done).containsExactly("m0", "m1");
    assertThat(groupLog.lines).hasSize(2);
  }

  @Test
  void whoCannotCommitSaysSoOnceAndWhenItIsOver() throws Exception {
    publish("m0", "m1", "m2");
    var paused = new AtomicBoolean();
    MessageListener pausesTheServer =
        messages -> {
          if (!paused.getAndSet(true)) {
            server.pause();
          }
          return handle(messages);
        };
    try (var member = new Running("orders", pausesTheServer)) {
      await().atMost(PATIENCE).untilTrue(paused);
      await().atMost(PATIENCE).until(() -> groupLog.has("WARN"));
      server.resume();

      await().atMost(PATIENCE).until(() -> groupLog.has("INFO"));
      assertThat(member.failure).as("it goes on").isNull();
    }
    assertThat(groupLog.lines).hasSize(2);
  }

  @Test
  void whoIsNotLetInSaysSoAndWhenItIsOver() throws Exception {
    server.pause();
    try (var member = new Running("orders", this::handle)) {
      await().atMost(PATIENCE).until(() -> groupLog.has("WARN"));
      assertThat(groupLog.lines.get(0)).contains("Group billing does not let in");
      server.resume();

      publish("m0");
      await().atMost(PATIENCE).until(() -> groupLog.has("INFO"));
      assertThat(member.failure).as("it goes on").isNull();
    }
    assertThat(done).containsExactly("m0");
    assertThat(groupLog.lines).hasSize(2);
  }

  /** Large headers count as a large payload does, and whoever holds nothing is not held up. */
  @Test
  void aMemberHoldsSoManyBytesInAllItsPartitionsTogether() throws Exception {
    int partitions = 10;
    int each = 20;
    server.createTopic("large", partitions);
    String half = "x".repeat(HEADER_BYTES);
    try (KafkaProducer<byte[], byte[]> producer = producer()) {
      for (int i = 0; i < each * (partitions - 1); i++) {
        var record = record(i % (partitions - 1), "m" + i);
        record.headers().add("half", half.getBytes(StandardCharsets.UTF_8));
        var unused = producer.send(record);
      }
      producer.flush();
      var broken = new AtomicBoolean(true);
      Set<String> seen = ConcurrentHashMap.newKeySet();
      MessageListener listener =
          messages -> {
            messages.forEach(m -> seen.add(m.id()));
            return broken.get()
                ? messages.stream().filter(m -> m.headers().containsKey("half")).toList()
                : List.of();
          };
      try (var member = new Running("large", listener)) {
        long most = KafkaMember.MAX_MEMBER_BYTES + partitions * TWO_FETCHES;
        await()
            .during(Duration.ofSeconds(2))
            .atMost(PATIENCE)
            .until(() -> seen.size() * (long) HEADER_BYTES, held -> held > most / 2);
        assertThat(seen.size() * (long) HEADER_BYTES).isLessThan(most);
        producer.send(record(partitions - 1, "last")).get();
        await().atMost(PATIENCE).until(() -> seen.contains("last"));
        assertThat(seen.size() * (long) HEADER_BYTES).isLessThan(most);

        broken.set(false);
        await().atMost(PATIENCE).until(() -> seen.size() == each * (partitions - 1) + 1);
        assertThat(member.failure).isNull();
      }
    }
  }

  private static ProducerRecord<byte[], byte[]> record(int partition, String id) {
    var record = new ProducerRecord<byte[], byte[]>("large", partition, null, new byte[] {1});
    record.headers().add("ce_id", id.getBytes(StandardCharsets.UTF_8));
    return record;
  }

  private KafkaProducer<byte[], byte[]> producer() {
    return new KafkaProducer<>(
        Map.of("bootstrap.servers", server.bootstrapServers()),
        new ByteArraySerializer(),
        new ByteArraySerializer());
  }

  private List<Message> handle(List<Message> messages) {
    messages.forEach(m -> done.add(new String(m.payload(), StandardCharsets.UTF_8)));
    return List.of();
  }

  private void publish(String... labels) {
    try (KafkaBroker broker = builder().build()) {
      for (String label : labels) {
        byte[] payload = label.getBytes(StandardCharsets.UTF_8);
        var message =
            new Message(
                label, "orders", "k", "T", "/test", "text/plain", Map.of(), null, null, payload);
        broker.publish(message).toCompletableFuture().join();
      }
    }
  }

  private KafkaBroker.Builder builder() {
    return KafkaBroker.builder(server.bootstrapServers())
        .consumerProperty("session.timeout.ms", 1_500)
        .consumerProperty("heartbeat.interval.ms", 300);
  }

  /** A member at work on a thread of its own. */
  private final class Running implements AutoCloseable {
    private final AtomicBoolean wanted = new AtomicBoolean(true);
    private final KafkaMember member;
    private final Thread thread;
    private volatile Throwable failure;

    Running(String topic, MessageListener listener) {
      var settings =
          new KafkaSettings(
              builder().consumerProperty("interceptor.classes", AfterThePoll.class.getName()));
      var consumer =
          new KafkaConsumer<>(
              settings.consumer("billing", 1),
              new ByteArrayDeserializer(),
              new ByteArrayDeserializer());
      member =
          new KafkaMember(
              consumer,
              settings,
              topic,
              listener,
              () -> {},
              new Outage(new Log()),
              new Outage(groupLog));
      thread = new Thread(this::run);
      thread.start();
    }

    private void run() {
      try {
        member.pollWhile(wanted::get);
      } catch (RuntimeException e) {
        failure = e;
      } finally {
        member.leave();
      }
    }

    @Override
    public void close() throws InterruptedException {
      wanted.set(false);
      member.consumer().wakeup();
      thread.join();
    }
  }

  /** Acts once, when a poll has brought records and the member does not have them yet. */
  public static final class AfterThePoll implements ConsumerInterceptor<byte[], byte[]> {
    private static volatile Runnable act = () -> {};

    @Override
    public ConsumerRecords<byte[], byte[]> onConsume(ConsumerRecords<byte[], byte[]> records) {
      Runnable once = act;
      act = () -> {};
      once.run();
      return records;
    }

    @Override
    public void onCommit(Map<TopicPartition, OffsetAndMetadata> offsets) {}

    @Override
    public void close() {}

    @Override
    public void configure(Map<String, ?> configs) {}
  }

  /** Keeps what is said above DEBUG. */
  @SuppressWarnings("serial") // never written anywhere
  private static final class Log extends LegacyAbstractLogger {
    private final List<String> lines = new CopyOnWriteArrayList<>();

    boolean has(String level) {
      return lines.stream().anyMatch(line -> line.startsWith(level));
    }

    @Override
    protected void handleNormalizedLoggingCall(
        Level level, Marker marker, String text, Object[] arguments, Throwable e) {
      lines.add(level + " " + MessageFormatter.basicArrayFormat(text, arguments));
    }

    @Override
    protected String getFullyQualifiedCallerName() {
      return Log.class.getName();
    }

    @Override
    public boolean isTraceEnabled() {
      return false;
    }

    @Override
    public boolean isDebugEnabled() {
      return false;
    }

    @Override
    public boolean isInfoEnabled() {
      return true;
    }

    @Override
    public boolean isWarnEnabled() {
      return true;
    }

    @Override
    public boolean isErrorEnabled() {
      return true;
    }
  }
}
