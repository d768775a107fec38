package io.rowpost.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.rowpost.core.FailureClass;
import io.rowpost.core.Message;
import io.rowpost.core.PublishException;
import io.rowpost.testservers.KafkaServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.metrics.KafkaMetric;
import org.apache.kafka.common.metrics.MetricsReporter;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.junit.jupiter.api.Test;

/** How publishes fail and come back, on real brokers that are set up or broken on purpose. */
class KafkaPublisherTest {
  private static final Duration SEND_TIMEOUT = Duration.ofSeconds(2);

  /** What a busy machine may add to a time limit that is checked. */
  private static final Duration SLACK = Duration.ofSeconds(1);

  private static final Duration RECOVERY = Duration.ofSeconds(30);
  private static final String LOGIN =
      "org.apache.kafka.common.security.plain.PlainLoginModule required";
  private static final Map<String, String> WITH_LOGIN =
      Map.of(
          "listener.security.protocol.map",
          "CLIENT:SASL_PLAINTEXT,ADMIN:PLAINTEXT,CONTROLLER:PLAINTEXT",
          "listener.name.client.sasl.enabled.mechanisms",
          "PLAIN",
          "listener.name.client.plain.sasl.jaas.config",
          LOGIN + " user_alice=\"right\";",
          "authorizer.class.name",
          "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
          "super.users",
          "User:ANONYMOUS");

  @Test
  void aWarmBrokerHasItsProducerBeforeTheFirstPublish() {
    String clientId = "warm-" + UUID.randomUUID();
    try (KafkaBroker broker =
        KafkaBroker.builder(KafkaServer.shared().bootstrapServers()).clientId(clientId).build()) {
      broker.warmUp();
      await().until(() -> producerRuns(clientId));
    }
    assertThat(producerRuns(clientId)).isFalse();
  }

  @Test
  void aProducerThatIsMadeDuringTheCloseIsClosed() throws Exception {
    var publisher =
        new KafkaPublisher(
            new KafkaSettings(
                KafkaBroker.builder("127.0.0.1:1")
                    .producerProperty("metric.reporters", SlowReporter.class.getName())));
    publisher.warmUp();
    assertThat(SlowReporter.MADE.await(30, TimeUnit.SECONDS)).isTrue();
    publisher.close();
    SlowReporter.MAY_GO_ON.countDown();
    assertThat(SlowReporter.CLOSED.await(30, TimeUnit.SECONDS)).isTrue();
  }

  /** A part of a producer that holds up its making, whoever interrupts that. */
  public static final class SlowReporter implements MetricsReporter {
    static final CountDownLatch MADE = new CountDownLatch(1);
    static final CountDownLatch MAY_GO_ON = new CountDownLatch(1);
    static final CountDownLatch CLOSED = new CountDownLatch(1);

    @Override
    public void configure(Map<String, ?> configs) {
      MADE.countDown();
      while (MAY_GO_ON.getCount() > 0) {
        try {
          MAY_GO_ON.await();
        } catch (InterruptedException e) {
          // as a part does that waits for nothing
        }
      }
    }

    @Override
    public void init(List<KafkaMetric> metrics) {}

    @Override
    public void metricChange(KafkaMetric metric) {}

    @Override
    public void metricRemoval(KafkaMetric metric) {}

    @Override
    public void close() {
      CLOSED.countDown();
    }
  }

  private static boolean producerRuns(String clientId) {
    return !producerThreads(clientId).isEmpty();
  }

  private static List<Thread> producerThreads(String clientId) {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().endsWith(clientId))
        .toList();
  }

  @Test
  void missingTopicHoldsUpNobody() throws Exception {
    KafkaServer server = KafkaServer.shared();
    String there = server.createRandomTopic("there", 3);
    try (KafkaBroker broker = broker(server)) {
      awaitPublished(broker, there);
      List<CompletionStage<Void>> missing = new ArrayList<>();
      List<CompletionStage<Void>> flowing = new ArrayList<>();
      long started = System.nanoTime();
      for (int i = 0; i < 500; i++) {
        missing.add(broker.publish(message("missing", "m" + i)));
        flowing.add(broker.publish(message(there, "t" + i)));
      }
      Duration handedOver = since(started);
      for (var publish : flowing) {
        publish.toCompletableFuture().get(1, TimeUnit.SECONDS);
      }
      for (var publish : missing) {
        assertThat(failure(publish).failureClass()).contains(FailureClass.DESTINATION);
      }
      assertThat(since(started)).isLessThan(SEND_TIMEOUT.plus(SLACK));
      assertThat(handedOver).isLessThan(SLACK);
      assertThat(failure(missing.get(0)))
          .hasMessage(
              "ROWPOST-322 Message m0 was not published to Kafka topic missing:"
                  + " UnknownTopicOrPartitionException (This server does not host this"
                  + " topic-partition.).\n"
                  + "  Fix: check that topic missing exists, has its replicas in sync, and may be"
                  + " written by this user; its records are held and sent when it does.");
    }
  }

  @Test
  void topicCreatedLaterAndTopicCreatedByTheBrokerAreFound() throws Exception {
    try (KafkaServer server = KafkaServer.start(Map.of("auto.create.topics.enable", "true"));
        KafkaBroker broker = broker(server)) {
      awaitPublished(broker, "created-by-use");
    }
    KafkaServer server = KafkaServer.shared();
    String later = "later-" + System.nanoTime();
    try (KafkaBroker broker = broker(server)) {
      awaitFailure(broker, later, FailureClass.DESTINATION, later);
      server.createTopic(later, 1);
      awaitPublished(broker, later);
    }
  }

  @Test
  void nothingOvertakesWhatWaitedForItsTopic() {
    KafkaServer server = KafkaServer.shared();
    for (int round = 0; round < 5; round++) {
      String topic = server.createRandomTopic("order", 1);
      try (KafkaBroker broker = KafkaBroker.builder(server.bootstrapServers()).build()) {
        broker.warmUp();
        var answers = new ArrayList<CompletableFuture<Void>>();
        do {
          answers.add(broker.publish(message(topic, "m" + answers.size())).toCompletableFuture());
          LockSupport.parkNanos(1);
        } while (!answers.get(0).isDone());
        CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new)).join();
        List<String> sent = IntStream.range(0, answers.size()).mapToObj(i -> "m" + i).toList();
        assertThat(ids(server, topic, sent.size())).isEqualTo(sent);
      }
    }
  }

  private static List<String> ids(KafkaServer server, String topic, int count) {
    var ids = new ArrayList<String>();
    var partition = new TopicPartition(topic, 0);
    try (var consumer =
        new KafkaConsumer<>(
            Map.<String, Object>of("bootstrap.servers", server.bootstrapServers()),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer())) {
      consumer.assign(List.of(partition));
      consumer.seekToBeginning(List.of(partition));
      while (ids.size() < count) {
        consumer
            .poll(Duration.ofSeconds(10))
            .forEach(record -> ids.add(KafkaMessages.of(record).id()));
      }
    }
    return ids;
  }

  @Test
  void tooLargeForTheTopicIsTheRecordsFaultAndNamesTheSetting() throws Exception {
    KafkaServer server = KafkaServer.shared();
    String topic = server.createRandomTopic("limited", 1);
    try (KafkaBroker broker =
        KafkaBroker.builder(server.bootstrapServers()).maxPayloadBytes(4 << 20).build()) {
      awaitPublished(broker, topic);
      byte[] payload = new byte[(1 << 20) + 1];
      new Random(1).nextBytes(payload);
      PublishException e = failure(broker.publish(message(topic, "large", payload)));
      assertThat(e.failureClass()).contains(FailureClass.RECORD);
      assertThat(e)
          .hasMessage(
              ("ROWPOST-321 Message large was not published to Kafka topic %s:"
                      + " RecordTooLargeException, payload 1,048,577 bytes.\n"
                      + "  Fix: raise max.message.bytes of topic %s and maxPayloadBytes of"
                      + " KafkaBroker together, or store the document and send a reference.")
                  .formatted(topic, topic));
      awaitPublished(broker, topic);
    }
  }

  /** A compacted topic refuses what has no key, and with it the whole batch. */
  @Test
  void aRefusedRecordHarmsNeitherItsBatchNorOtherTopics() throws Exception {
    KafkaServer server = KafkaServer.shared();
    String compacted = "compacted-" + UUID.randomUUID();
    server.createTopic(compacted, 1, Map.of("cleanup.policy", "compact"));
    String other = server.createRandomTopic("beside", 1);
    String clientId = "mixed-" + UUID.randomUUID();
    try (KafkaBroker broker =
        KafkaBroker.builder(server.bootstrapServers())
            .clientId(clientId)
            .producerProperty("linger.ms", 100)
            .build()) {
      awaitPublished(broker, compacted);
      awaitPublished(broker, other);
      List<Thread> producers = producerThreads(clientId);
      List<CompletionStage<Void>> valid = new ArrayList<>();
      List<CompletionStage<Void>> refused = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        valid.add(broker.publish(message(compacted, "m" + i)));
        valid.add(broker.publish(message(other, "m" + i)));
        if (i % 10 == 5) {
          refused.add(broker.publish(withoutKey(compacted, "refused" + i)));
        }
      }
      for (var publish : refused) {
        assertThat(failure(publish).failureClass()).contains(FailureClass.RECORD);
      }
      for (var publish : valid) {
        publish.toCompletableFuture().get(30, TimeUnit.SECONDS);
      }
      assertThat(producerThreads(clientId)).isEqualTo(producers).hasSize(1);
    }
  }

  private static Message withoutKey(String topic, String id) {
    return new Message(
        id, topic, null, "T", "/test", "text/plain", Map.of(), null, null, new byte[] {1});
  }

  /** Of several in a batch Kafka's client says less than of one. */
  @Test
  void refusedTimestampsAreTheDestinationsFaultAloneAndTogether() throws Exception {
    KafkaServer server = KafkaServer.shared();
    String topic = "timestamps-" + UUID.randomUUID();
    server.createTopic(topic, 1, Map.of("message.timestamp.before.max.ms", "1"));
    try (KafkaBroker broker =
        KafkaBroker.builder(server.bootstrapServers())
            .sendTimeout(SEND_TIMEOUT)
            .producerProperty("linger.ms", 200) // longer than a topic's records may be old
            .build()) {
      for (int together : List.of(1, 10)) {
        List<CompletionStage<Void>> publishes =
            IntStream.range(0, together)
                .mapToObj(i -> broker.publish(message(topic, "m" + i)))
                .toList();
        for (CompletionStage<Void> publish : publishes) {
          PublishException e = failure(publish);
          assertThat(e.failureClass()).contains(FailureClass.DESTINATION);
          assertThat(e).hasMessageContaining("set the clocks");
        }
      }
    }
  }

  @Test
  void illegalTopicNameIsTheDestinationsFault() throws Exception {
    try (KafkaBroker broker = broker(KafkaServer.shared())) {
      awaitFailure(broker, "a b", FailureClass.DESTINATION, "a b");
    }
  }

  /** Killed: refused connections. Paused: connections that never answer. */
  @Test
  void brokerThatIsAwayFailsInTimeAndComesBackByItself() throws Exception {
    try (KafkaServer server = KafkaServer.start()) {
      server.createTopic("known", 3);
      try (KafkaBroker broker = broker(server)) {
        awaitPublished(broker, "known");
        server.kill();
        // A client without any broker forgets its topics.
        assertThat(failsInTime(broker, "known")).contains(FailureClass.BROKER);
        assertThat(failsInTime(broker, "unseen-when-killed")).contains(FailureClass.BROKER);
        server.restart();
        awaitPublished(broker, "known");
        server.pause();
        assertThat(failsInTime(broker, "known")).contains(FailureClass.BROKER);
        assertThat(failsInTime(broker, "unseen-when-paused")).contains(FailureClass.BROKER);
        server.resume();
        awaitPublished(broker, "known");
      }
    }
  }

  private static Optional<FailureClass> failsInTime(KafkaBroker broker, String topic) {
    long started = System.nanoTime();
    CompletionStage<Void> publish = broker.publish(message(topic, "m1"));
    assertThat(since(started)).isLessThan(SLACK);
    PublishException e = failure(publish);
    assertThat(since(started)).isLessThan(SEND_TIMEOUT.plus(SLACK));
    return e.failureClass();
  }

  /** The producer goes on trying, and says in the end that it took too long. */
  @Test
  void topicDeletedBehindTheProducersBackIsTheDestinationsFault() throws Exception {
    KafkaServer server = KafkaServer.shared();
    String topic = server.createRandomTopic("deleted", 1);
    try (KafkaBroker broker = broker(server)) {
      awaitPublished(broker, topic);
      server.admin().deleteTopics(List.of(topic)).all().get();
      Throwable first =
          await()
              .atMost(RECOVERY)
              .until(
                  () ->
                      broker
                          .publish(message(topic, "m1"))
                          .handle((done, e) -> e)
                          .toCompletableFuture()
                          .get(),
                  Objects::nonNull);
      assertThat(((PublishException) first).failureClass()).contains(FailureClass.DESTINATION);
      assertThat(first).hasMessageContaining("UnknownTopicOrPartitionException");
    }
  }

  @Test
  void moreThanTheProducersBufferHoldsIsTheBrokersFault() throws Exception {
    KafkaServer server = KafkaServer.shared();
    String topic = server.createRandomTopic("full", 1);
    try (KafkaBroker broker =
        KafkaBroker.builder(server.bootstrapServers())
            .producerProperty("buffer.memory", 1 << 20)
            .build()) {
      awaitPublished(broker, topic);
      List<CompletionStage<Void>> publishes =
          IntStream.range(0, 200)
              .mapToObj(i -> broker.publish(message(topic, "m" + i, new byte[64 << 10])))
              .toList();
      List<Throwable> failures =
          publishes.stream()
              .map(publish -> publish.handle((done, e) -> e).toCompletableFuture().join())
              .filter(Objects::nonNull)
              .toList();
      assertThat(failures)
          .isNotEmpty()
          .allSatisfy(
              e -> {
                assertThat(((PublishException) e).failureClass()).contains(FailureClass.BROKER);
                assertThat(e).hasMessageContaining("BufferExhaustedException");
              });
      awaitPublished(broker, topic);
    }
  }

  @Test
  void brokerThatNobodyCanNameIsABrokerFailure() {
    try (KafkaBroker broker =
        KafkaBroker.builder("no-such-host.invalid:9092").sendTimeout(SEND_TIMEOUT).build()) {
      assertThat(failure(broker.publish(message("any", "m1"))).failureClass())
          .contains(FailureClass.BROKER);
    }
  }

  @Test
  void loginAndPermissionsAreToldApartAndFollowed() throws Exception {
    try (KafkaServer server = KafkaServer.start(WITH_LOGIN)) {
      server.createTopic("orders", 1);
      server.createTopic("audit", 1);
      try (KafkaBroker broker = login(server, "wrong")) {
        assertThat(awaitFailure(broker, "orders", FailureClass.BROKER, "Authentication failed"))
            .hasMessageNotContaining("wrong");
      }
      try (KafkaBroker broker = login(server, "right")) {
        allow(server, "orders", AclOperation.DESCRIBE);
        awaitFailure(broker, "orders", FailureClass.BROKER, "Authorization"); // for good
        allow(server, "audit", AclOperation.WRITE);
        awaitPublished(broker, "audit"); // by another producer
        awaitFailure(broker, "orders", FailureClass.DESTINATION, "orders");
        allow(server, "orders", AclOperation.WRITE);
        awaitPublished(broker, "orders");
      }
    }
  }

  private static KafkaBroker login(KafkaServer server, String password) {
    return KafkaBroker.builder(server.bootstrapServers())
        .sendTimeout(SEND_TIMEOUT)
        .property("security.protocol", "SASL_PLAINTEXT")
        .property("sasl.mechanism", "PLAIN")
        .property("sasl.jaas.config", LOGIN + " username=\"alice\" password=\"" + password + "\";")
        .build();
  }

  private static void allow(KafkaServer server, String topic, AclOperation operation)
      throws Exception {
    server
        .admin()
        .createAcls(
            List.of(
                new AclBinding(
                    new ResourcePattern(ResourceType.TOPIC, topic, PatternType.LITERAL),
                    new AccessControlEntry("User:alice", "*", operation, AclPermissionType.ALLOW))))
        .all()
        .get();
  }

  /** Before that it may have been told nothing yet. */
  private static PublishException awaitFailure(
      KafkaBroker broker, String topic, FailureClass failureClass, String text) {
    return await()
        .atMost(RECOVERY)
        .until(
            () -> failure(broker.publish(message(topic, "m1"))),
            e ->
                e.failureClass().equals(Optional.of(failureClass))
                    && e.getMessage().contains(text));
  }

  @Test
  void closedBrokerFailsAtOnce() {
    KafkaBroker broker = broker(KafkaServer.shared());
    broker.close();
    assertThat(failure(broker.publish(message("any", "m1"))).failureClass())
        .contains(FailureClass.BROKER);
  }

  @Test
  void closingWaitsForWhatIsUnderWay() throws Exception {
    KafkaServer server = KafkaServer.shared();
    String topic = server.createRandomTopic("closing", 1);
    KafkaBroker broker =
        KafkaBroker.builder(server.bootstrapServers()).sendTimeout(RECOVERY).build();
    List<CompletionStage<Void>> publishes = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      publishes.add(broker.publish(message(topic, "m" + i)));
    }
    broker.close();
    assertThat(publishes).allSatisfy(p -> assertThat(p.toCompletableFuture()).isCompleted());
  }

  private static KafkaBroker broker(KafkaServer server) {
    return KafkaBroker.builder(server.bootstrapServers()).sendTimeout(SEND_TIMEOUT).build();
  }

  private static void awaitPublished(KafkaBroker broker, String topic) {
    await()
        .atMost(RECOVERY)
        .ignoreExceptions()
        .until(
            () -> {
              broker.publish(message(topic, "probe")).toCompletableFuture().get();
              return true;
            });
  }

  private static PublishException failure(CompletionStage<Void> publish) {
    return (PublishException)
        assertThrows(
                ExecutionException.class,
                () -> publish.toCompletableFuture().get(30, TimeUnit.SECONDS))
            .getCause();
  }

  private static Duration since(long started) {
    return Duration.ofNanos(System.nanoTime() - started);
  }

  private static Message message(String topic, String id) {
    return message(topic, id, new byte[] {1, 2, 3});
  }

  private static Message message(String topic, String id, byte[] payload) {
    return new Message(id, topic, id, "T", "/test", "text/plain", Map.of(), null, null, payload);
  }
}
