package io.rowpost.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.rowpost.core.Message;
import io.rowpost.core.MessageBroker;
import io.rowpost.kafka.MemberProcess.Effect;
import io.rowpost.testservers.KafkaServer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.TopicPartition;
import org.awaitility.core.ThrowingRunnable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Offsets, rebalances, crashes and pauses of members: what the contract of brokers cannot see. */
@Timeout(120)
class KafkaSubscriptionTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @Test
  void offsetsAreCommittedAfterTheListenerAndNeverPastAFailedMessage() throws Exception {
    KafkaServer server = KafkaServer.shared();
    String topic = server.createRandomTopic("offsets", 1);
    try (KafkaBroker broker = fast(server).build()) {
      publish(broker, topic, "a", "m0", "m1", "poison", "m3");
      publish(broker, topic, "b", "m4", "m5");
      var entered = new CountDownLatch(1);
      var mayReturn = new CountDownLatch(1);
      var broken = new AtomicBoolean(true);
      broker.subscribe(
          topic,
          topic,
          messages -> {
            entered.countDown();
            await().atMost(PATIENCE).until(() -> mayReturn.getCount() == 0);
            return broken.get() ? failing(messages, "poison") : List.of();
          });

      assertThat(entered.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
      assertThat(committed(server, topic)).isZero();
      mayReturn.countDown();
      eventually(() -> assertThat(committed(server, topic)).isEqualTo(2));
      publish(broker, topic, "b", "m6");
      broken.set(false);
      eventually(() -> assertThat(committed(server, topic)).isEqualTo(7));
    }
  }

  /** As an inbox does: the failed one, and what is behind it of its key. */
  private static List<Message> failing(List<Message> messages, String label) {
    List<Message> again = new ArrayList<>();
    Set<String> keys = new HashSet<>();
    for (Message message : messages) {
      if (label(message).equals(label) || keys.contains(message.key())) {
        keys.add(message.key());
        again.add(message);
      }
    }
    return again;
  }

  private static long committed(KafkaServer server, String group) throws Exception {
    return offsets(server, group).values().stream().mapToLong(OffsetAndMetadata::offset).sum();
  }

  private static Map<TopicPartition, OffsetAndMetadata> offsets(KafkaServer server, String group)
      throws Exception {
    return server
        .admin()
        .listConsumerGroupOffsets(group)
        .partitionsToOffsetAndMetadata()
        .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
  }

  @Test
  void aMemberAtWorkMarksItsPartitionsAndUnmarksThemWhenItLeaves() throws Exception {
    KafkaServer server = KafkaServer.shared();
    String topic = server.createRandomTopic("marks", 1);
    try (KafkaBroker broker = fast(server).build()) {
      publish(broker, topic, "k", "m0", "m1");
      List<OffsetAndMetadata> seen = new CopyOnWriteArrayList<>();
      MessageBroker.Subscription subscription =
          broker.subscribe(
              topic,
              topic,
              messages -> {
                seen.addAll(offsets(server, topic).values());
                return failing(messages, "m1");
              });

      eventually(
          () ->
              assertThat(seen).startsWith(OwnerMark.marked(0, 2)).endsWith(OwnerMark.marked(1, 2)));
      subscription.close();
      assertThat(offsets(server, topic).values()).containsExactly(OwnerMark.unmarked(1));
    }
  }

  /** What operators, other clients and earlier versions commit has no mark, or one of theirs. */
  @Test
  void whatAForeignMarkSaysIsOfNoConcern() throws Exception {
    for (String metadata : List.of("", "rowpost", "rowpost-owner-received-below:x", "{\"a\": 1}")) {
      assertThat(deliveredBehind(new OffsetAndMetadata(2, metadata)))
          .as("behind an offset with metadata %s", metadata)
          .containsExactly("m2", "m3", "m4", "m5", "m6", "m7", "m8", "m9");
    }
  }

  @Test
  void whatADeadOwnerHadReceivedAndAPollMoreIsRedelivered() throws Exception {
    assertThat(deliveredBehind(OwnerMark.marked(2, 5)))
        .containsExactly("m2!", "m3!", "m4!", "m5!", "m6!", "m7", "m8", "m9");
    assertThat(deliveredBehind(OwnerMark.marked(7, 7))).containsExactly("m7!", "m8!", "m9");
  }

  /** Delivers ten messages by polls of two to a group that was there before, as it left. */
  private static List<String> deliveredBehind(OffsetAndMetadata left) throws Exception {
    KafkaServer server = KafkaServer.shared();
    String topic = server.createRandomTopic("left", 1);
    List<String> delivered = new CopyOnWriteArrayList<>();
    try (KafkaBroker broker = fast(server).maxPoll(2).build()) {
      publish(broker, topic, "k", labels(10).toArray(String[]::new));
      server
          .admin()
          .alterConsumerGroupOffsets(topic, Map.of(new TopicPartition(topic, 0), left))
          .all()
          .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      broker.subscribe(
          topic,
          topic,
          messages -> {
            messages.forEach(m -> delivered.add(label(m) + (m.redelivered() ? "!" : "")));
            return List.of();
          });
      eventually(() -> assertThat(delivered).hasSize(10 - (int) left.offset()));
      eventually(() -> assertThat(committed(server, topic)).isEqualTo(10));
    }
    return delivered;
  }

  @Test
  void aFailingKeyKeepsItsMemberInTheGroupAndABoundedQueue() throws Exception {
    KafkaServer server = KafkaServer.shared();
    String topic = server.createRandomTopic("held", 2);
    var broken = new AtomicBoolean(true);
    var done = new ConcurrentHashMap<String, List<String>>();
    try (KafkaBroker broker =
        fast(server).consumerProperty("max.poll.interval.ms", 2_000).build()) {
      broker.subscribe(
          topic,
          topic,
          messages -> {
            List<Message> again = broken.get() ? failing(messages, "m0") : List.of();
            messages.stream()
                .filter(m -> !again.contains(m))
                .forEach(
                    m ->
                        done.computeIfAbsent(m.key(), k -> new CopyOnWriteArrayList<>())
                            .add(label(m)));
            return again;
          });
      List<String> labels = labels(KafkaMember.MAX_HELD + 500);
      publishAll(broker, topic, "bad", labels);
      String member = memberId(server, topic);
      long started = System.nanoTime();
      Set<String> others = new HashSet<>();
      for (int i = 0; System.nanoTime() - started < TimeUnit.SECONDS.toNanos(3); i++) {
        publish(broker, topic, "k" + i, "m1");
        others.add("k" + i);
      }
      // Half of the others are in the partition that is full and wait there.
      assertThat(done)
          .doesNotContainKey("bad")
          .hasSizeBetween(others.size() / 4, others.size() * 3 / 4);
      assertThat(memberId(server, topic)).isEqualTo(member);

      broken.set(false);
      eventually(() -> assertThat(done.get("bad")).isEqualTo(labels));
      eventually(() -> assertThat(done.keySet()).containsAll(others));
    }
  }

  private static String memberId(KafkaServer server, String group) {
    return await()
        .atMost(PATIENCE)
        .ignoreExceptions()
        .until(
            () ->
                server
                    .admin()
                    .describeConsumerGroups(List.of(group))
                    .describedGroups()
                    .get(group)
                    .get()
                    .members()
                    .iterator()
                    .next()
                    .consumerId(),
            id -> !id.isEmpty());
  }

  @Test
  void aTopicThatIsCreatedLaterIsFound() {
    KafkaServer server = KafkaServer.shared();
    String topic = "later-" + UUID.randomUUID();
    List<String> done = new CopyOnWriteArrayList<>();
    try (KafkaBroker broker = fast(server).build()) {
      broker.subscribe(topic, topic, messages -> done(messages, done));
      await().pollDelay(Duration.ofSeconds(1)).until(() -> true);
      server.createTopic(topic, 1);
      publish(broker, topic, "k", "m1");
      eventually(() -> assertThat(done).containsExactly("m1"));
    }
  }

  @Test
  void theNewerGroupProtocolWorksToo() {
    KafkaServer server = KafkaServer.shared();
    String topic = server.createRandomTopic("protocol", 1);
    List<String> done = new CopyOnWriteArrayList<>();
    var failures = new AtomicInteger(2);
    try (KafkaBroker broker =
        broker(server).consumerProperty("group.protocol", "consumer").build()) {
      MessageBroker.Subscription subscription =
          broker.subscribe(
              topic,
              topic,
              messages -> failures.getAndDecrement() > 0 ? messages : done(messages, done));
      publish(broker, topic, "k", "m1", "m2");
      eventually(() -> assertThat(done).containsExactly("m1", "m2"));
      subscription.close();
      eventually(() -> assertThat(committed(server, topic)).isEqualTo(2));
    }
  }

  @Test
  void aBrokerThatClosesWaitsForAllListenersAtOnce() throws Exception {
    KafkaServer server = KafkaServer.shared();
    String topic = server.createRandomTopic("closing", 1);
    KafkaBroker broker = fast(server).closeTimeout(Duration.ofSeconds(2)).build();
    var entered = new CountDownLatch(3);
    for (int i = 0; i < 3; i++) {
      broker.subscribe(
          topic,
          topic + i,
          messages -> {
            entered.countDown();
            new CountDownLatch(1).await();
            return List.of();
          });
    }
    publish(broker, topic, "k", "m1");
    assertThat(entered.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    long started = System.nanoTime();
    broker.close();
    assertThat(Duration.ofNanos(System.nanoTime() - started))
        .isBetween(Duration.ofSeconds(2), Duration.ofSeconds(4));
  }

  private static List<Message> done(List<Message> messages, List<String> done) {
    messages.forEach(m -> done.add(label(m)));
    return List.of();
  }

  @Test
  void membersComeAndGoWithoutLossDisorderOrTwoAtAKey() {
    KafkaServer server = KafkaServer.shared();
    String topic = server.createRandomTopic("storm", 6);
    var random = new Random(7);
    var keysInHand = ConcurrentHashMap.<String>newKeySet();
    List<String> together = new CopyOnWriteArrayList<>();
    List<Effect> effects = new CopyOnWriteArrayList<>();
    try (KafkaBroker broker = fast(server).maxPoll(20).build()) {
      List<MessageBroker.Subscription> members = new ArrayList<>();
      Map<String, List<String>> published = new HashMap<>();
      for (int i = 0; i < 60; i++) {
        if (members.size() < 2 || (members.size() < 4 && random.nextBoolean())) {
          members.add(
              broker.subscribe(
                  topic,
                  topic,
                  messages -> {
                    Set<String> keys = new HashSet<>();
                    messages.forEach(m -> keys.add(m.key()));
                    keys.stream().filter(key -> !keysInHand.add(key)).forEach(together::add);
                    messages.forEach(m -> effects.add(Effect.of(m)));
                    keysInHand.removeAll(keys);
                    return List.of();
                  }));
        } else {
          members.remove(random.nextInt(members.size())).close();
        }
        for (int key = 0; key < 12; key++) {
          publish(broker, topic, "k" + key, "m" + i);
          published.computeIfAbsent("k" + key, k -> new ArrayList<>()).add("m" + i);
        }
      }
      eventually(() -> assertThat(firsts(effects)).isEqualTo(published));
      assertThat(together).as("keys handled by two calls at once").isEmpty();
      assertThat(effects).as("nothing is repeated without a fault").hasSize(720);
    }
  }

  /** Who leaves before the group knows him is waited for by all others, for a session of 45 s. */
  @Test
  void membersThatLeaveAtOnceLeaveNoGhostBehind() {
    KafkaServer server = KafkaServer.shared();
    String topic = server.createRandomTopic("ghosts", 4);
    var random = new Random(11);
    List<String> done = new CopyOnWriteArrayList<>();
    try (KafkaBroker broker = fast(server).build()) {
      broker.subscribe(topic, topic, messages -> done(messages, done));
      publish(broker, topic, "k", "first");
      eventually(() -> assertThat(done).containsExactly("first"));
      for (int i = 0; i < 25; i++) {
        MessageBroker.Subscription brief = broker.subscribe(topic, topic, messages -> messages);
        for (int pause = random.nextInt(30); pause > 0; pause--) {
          publish(broker, topic, "other", "m");
        }
        brief.close();
        await().atMost(Duration.ofSeconds(15)).until(() -> isStable(server, topic));
      }
      publish(broker, topic, "k", "last");
      eventually(() -> assertThat(done).contains("last"));
    }
  }

  private static boolean isStable(KafkaServer server, String group) throws Exception {
    ConsumerGroupDescription description =
        server.admin().describeConsumerGroups(List.of(group)).describedGroups().get(group).get();
    return description.groupState() == GroupState.STABLE;
  }

  @Test
  void aBrokerKilledAndStartedAgainLosesNothing() {
    try (KafkaServer server = KafkaServer.start()) {
      server.createTopic("orders", 3);
      List<Effect> effects = new CopyOnWriteArrayList<>();
      Map<String, List<String>> acknowledged = new HashMap<>();
      try (KafkaBroker broker = fast(server).sendTimeout(Duration.ofSeconds(3)).build()) {
        broker.subscribe("orders", "billing", messages -> record(messages, effects));
        for (int i = 0; i < 90; i++) {
          if (i == 30 || i == 60) {
            server.kill();
            server.restart();
          }
          String key = "k" + i % 5;
          publish(broker, "orders", key, "m" + i);
          acknowledged.computeIfAbsent(key, k -> new ArrayList<>()).add("m" + i);
        }
        eventually(() -> assertThat(firsts(effects)).isEqualTo(acknowledged));
      }
    }
  }

  @Test
  void whatAKilledMemberHadNotCommittedComesAgain(@TempDir Path folder) throws Exception {
    KafkaServer server = KafkaServer.shared();
    String topic = server.createRandomTopic("killed", 3);
    try (KafkaBroker broker = shortSession(server).build();
        MemberProcess killed = member(folder, server, topic)) {
      Map<String, List<String>> published = publishRounds(broker, topic, 0, 60);
      await().atMost(PATIENCE).until(() -> killed.effects().size() >= 75);
      killed.kill();
      List<Effect> effects = new CopyOnWriteArrayList<>(killed.effects());
      broker.subscribe(topic, topic, messages -> record(messages, effects));

      eventually(() -> assertThat(firsts(effects)).isEqualTo(published));
      int repeated = effects.size() - 300;
      assertThat(repeated).as("at most one poll and what was not yet committed").isBetween(0, 100);
    }
  }

  /** As F7: a member stopped past its session is replaced, and does no harm when it wakes. */
  @Test
  void aMemberPausedPastItsSessionIsReplacedAndComesBack(@TempDir Path folder) throws Exception {
    KafkaServer server = KafkaServer.shared();
    String topic = server.createRandomTopic("paused", 3);
    try (KafkaBroker broker = shortSession(server).build();
        MemberProcess paused = member(folder, server, topic)) {
      Map<String, List<String>> published = publishRounds(broker, topic, 0, 60);
      await().atMost(PATIENCE).until(() -> paused.effects().size() >= 75);
      paused.stop();
      List<Effect> own = new CopyOnWriteArrayList<>();
      MessageBroker.Subscription other =
          broker.subscribe(topic, topic, messages -> record(messages, own));
      eventually(() -> assertThat(firsts(both(own, paused))).isEqualTo(published));
      paused.goOn();
      other.close();
      publishRounds(broker, topic, 60, 80)
          .forEach((key, labels) -> published.get(key).addAll(labels));

      eventually(() -> assertThat(firsts(both(own, paused))).isEqualTo(published));
      eventually(() -> assertThat(committed(server, topic)).isEqualTo(400));
    }
  }

  private static MemberProcess member(Path folder, KafkaServer server, String topic)
      throws Exception {
    return MemberProcess.start(folder, server.bootstrapServers(), topic, topic, 5);
  }

  private static Map<String, List<String>> publishRounds(
      KafkaBroker broker, String topic, int from, int to) {
    Map<String, List<String>> published = new HashMap<>();
    for (int i = from; i < to; i++) {
      for (int key = 0; key < 5; key++) {
        publish(broker, topic, "k" + key, "m" + i);
        published.computeIfAbsent("k" + key, k -> new ArrayList<>()).add("m" + i);
      }
    }
    return published;
  }

  private static List<Effect> both(List<Effect> own, MemberProcess member) {
    List<Effect> all = new ArrayList<>(List.copyOf(own));
    all.addAll(member.effects());
    return all;
  }

  private static List<Message> record(List<Message> messages, List<Effect> effects) {
    messages.forEach(m -> effects.add(Effect.of(m)));
    return List.of();
  }

  /** Of each key, the labels in the order of their first effects. */
  private static Map<String, List<String>> firsts(List<Effect> effects) {
    Map<String, List<String>> firsts = new HashMap<>();
    List.copyOf(effects).stream()
        .sorted(Comparator.comparingLong(Effect::micros))
        .forEach(
            effect -> {
              List<String> labels = firsts.computeIfAbsent(effect.key(), k -> new ArrayList<>());
              if (!labels.contains(effect.label())) {
                labels.add(effect.label());
              }
            });
    return firsts;
  }

  private static KafkaBroker.Builder broker(KafkaServer server) {
    return KafkaBroker.builder(server.bootstrapServers())
        .redeliveryDelay(Duration.ofMillis(20), Duration.ofMillis(200));
  }

  /** Its members see a rebalance soon. */
  private static KafkaBroker.Builder fast(KafkaServer server) {
    return broker(server).consumerProperty("heartbeat.interval.ms", 300);
  }

  private static KafkaBroker.Builder shortSession(KafkaServer server) {
    return fast(server).consumerProperty("session.timeout.ms", 1_500);
  }

  private static List<String> labels(int count) {
    List<String> labels = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      labels.add("m" + i);
    }
    return labels;
  }

  /** One after the other, each until it is acknowledged. */
  private static void publish(KafkaBroker broker, String topic, String key, String... labels) {
    for (String label : labels) {
      Message message = message(topic, key, label);
      if (!isPublished(broker, message)) {
        await()
            .atMost(PATIENCE)
            .pollInterval(Duration.ofMillis(50))
            .until(() -> isPublished(broker, message));
      }
    }
  }

  private static boolean isPublished(KafkaBroker broker, Message message) {
    return broker.publish(message).handle((done, e) -> e == null).toCompletableFuture().join();
  }

  private static void publishAll(
      KafkaBroker broker, String topic, String key, List<String> labels) {
    publish(broker, topic, key, labels.get(0));
    labels.stream()
        .skip(1)
        .map(label -> broker.publish(message(topic, key, label)).toCompletableFuture())
        .toList()
        .forEach(CompletableFuture::join);
  }

  private static Message message(String topic, String key, String label) {
    return new Message(
        UUID.randomUUID().toString(),
        topic,
        key,
        "T",
        "/test",
        "text/plain",
        Map.of(),
        null,
        null,
        label.getBytes(StandardCharsets.UTF_8));
  }

  private static String label(Message message) {
    return new String(message.payload(), StandardCharsets.UTF_8);
  }

  private static void eventually(ThrowingRunnable assertion) {
    await().atMost(PATIENCE).untilAsserted(assertion);
  }
}
