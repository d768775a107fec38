package io.rowpost.verification;

import io.rowpost.core.OutboxAdmin;
import io.rowpost.core.OutboxAdmin.Filter;
import io.rowpost.core.OutboxAdmin.Item;
import io.rowpost.core.OutboxStatus;
import io.rowpost.testservers.KafkaServer;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A chain of topics beside the one of the run, whose first topic a fault may spoil while the others
 * go on. The application appends to it under keys of its own.
 */
final class SideChain implements AutoCloseable {
  /** How many keys it has, behind those of the run. */
  static final int KEYS = 4;

  /** What its first topic takes, if it takes little. */
  static final int SMALL_MESSAGE_BYTES = 20_000;

  private static final int PARTITIONS = 3;
  private static final int PAGE = 1_000;

  private final FaultScene scene;
  private final Setup setup;
  private final OutboxAdmin operator;
  private @Nullable Member consumer;

  /** Makes the topics of later hops; the first is up to the fault. */
  SideChain(FaultScene scene, String name) {
    this.scene = scene;
    this.setup = scene.setup().with(Setting.TOPIC, scene.setup().text(Setting.TOPIC) + "-" + name);
    this.operator = scene.operator();
    for (int hop = 1; hop < setup.number(Setting.HOPS); hop++) {
      broker().createTopic(setup.topic(hop), PARTITIONS);
    }
  }

  private KafkaServer broker() {
    return scene.broker();
  }

  String firstTopic() {
    return setup.topic(0);
  }

  void createFirstTopic(Map<String, String> settings) {
    broker().createTopic(firstTopic(), PARTITIONS, settings);
  }

  /** Lets the application append to it too. */
  void begin() throws InterruptedException {
    scene.application().child().tell("side " + firstTopic());
  }

  /** Starts to read and to handle; all topics are there. */
  void consume() throws InterruptedException {
    scene.read(IntStream.range(0, setup.number(Setting.HOPS)).mapToObj(setup::topic).toList());
    consumer = scene.startConsumer(setup);
  }

  /** Lets the application append a message that is larger than {@link #SMALL_MESSAGE_BYTES}. */
  UUID appendOversized() throws InterruptedException {
    scene.application().child().say("oversized");
    String line =
        scene
            .application()
            .child()
            .await(text -> text.startsWith("OVERSIZED "), FaultScene.PATIENCE);
    return UUID.fromString(line.substring("OVERSIZED ".length()));
  }

  /** The first records of its first topic that stand so. */
  List<Item> items(OutboxStatus status) {
    return operator.find(Filter.of(status).topic(firstTopic()), 0, PAGE);
  }

  /** How many messages of one of its keys have taken effect at the first hop. */
  long effects(int number) {
    return scene.remains().effects(key(number));
  }

  /** How many messages of its key were saved before one. */
  long before(UUID id) {
    return scene.remains().before(id);
  }

  /** The key with a number from 0 to {@link #KEYS}. */
  int key(int number) {
    return setup.number(Setting.KEYS) + number;
  }

  /** Ends the appending. */
  void end() throws InterruptedException {
    scene.application().child().tell("side");
  }

  /** Whether nothing is still to be sent to its first topic. */
  boolean isSent() {
    return items(OutboxStatus.PENDING).isEmpty();
  }

  /** Returns when all of it has gone its way through all hops. */
  void awaitEffects() {
    FaultScene.require(
        "everything is through", FaultScene.PATIENCE, () -> scene.remains().areThrough(key(0)));
  }

  @Override
  public void close() {
    if (consumer != null) {
      consumer.close();
    }
  }
}
