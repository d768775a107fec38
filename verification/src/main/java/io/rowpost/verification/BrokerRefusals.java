package io.rowpost.verification;

import io.rowpost.core.OutboxAdmin;
import io.rowpost.core.OutboxAdmin.Item;
import io.rowpost.core.OutboxStatus;
import io.rowpost.testservers.KafkaServer;
import io.rowpost.verification.Mark.Shown;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.UUID;
import org.apache.kafka.common.acl.AclOperation;

/**
 * F22: a topic that is missing, or may not be written to, or not even be seen; and a record that is
 * larger than its topic takes.
 *
 * <p>A topic is held, at no record's expense, until it is well. A record is given up after its
 * attempts, and its key waits for an operator. Everything else flows.
 */
final class BrokerRefusals implements Fault {
  private static final int ATTEMPTS = 3;
  private static final Duration RETRY_DELAY = Duration.ofMillis(200);
  private static final Duration OTHERS_FLOW_WITHIN = Duration.ofSeconds(1);
  private static final int SECONDS_OF_TROUBLE = 3;
  private static final int REFUSED_KEY = 0;
  private static final int OTHER_KEY = 1;

  private enum Form {
    MISSING,
    NOT_WRITABLE,
    NOT_VISIBLE,
    RECORD_TOO_LARGE
  }

  private int strikes;

  @Override
  public int number() {
    return 22;
  }

  @Override
  public String title() {
    return "a topic that is missing or forbidden, a record that is too large";
  }

  @Override
  public int strikes() {
    return Form.values().length;
  }

  @Override
  public Setup adapt(Setup setup) {
    return setup
        .with(Setting.SEND_ATTEMPTS, ATTEMPTS)
        .with(Setting.RETRY_DELAY, RETRY_DELAY.toMillis());
  }

  @Override
  public void strike(FaultScene scene, SplittableRandom random) throws Exception {
    Form form = Form.values()[strikes % Form.values().length];
    try (var chain = new SideChain(scene, "side" + strikes++)) {
      if (form == Form.RECORD_TOO_LARGE) {
        refuseARecord(scene, chain);
      } else {
        refuseATopic(scene, chain, form);
      }
    }
    scene.awaitFlow();
  }

  private void refuseATopic(FaultScene scene, SideChain chain, Form form) throws Exception {
    KafkaServer broker = scene.broker();
    switch (form) {
      case NOT_WRITABLE -> {
        chain.createFirstTopic(Map.of());
        broker.forbid(AclOperation.WRITE, chain.firstTopic());
      }
      case NOT_VISIBLE -> {
        chain.createFirstTopic(Map.of());
        broker.forbid(AclOperation.ALL, chain.firstTopic());
      }
      default -> {}
    }
    long began = System.nanoTime();
    chain.begin();
    FaultScene.require(
        "records of the topic are held",
        FaultScene.PATIENCE,
        () -> chain.items(OutboxStatus.PENDING).stream().anyMatch(item -> item.version() > 0));
    othersFlow(scene);
    for (Item item : chain.items(OutboxStatus.PENDING)) {
      FaultScene.require("no attempt is counted", item.attempts() == 0, item);
    }
    FaultScene.require("no record is sent", chain.items(OutboxStatus.SENT).isEmpty(), form);
    FaultScene.require("no record is given up", chain.items(OutboxStatus.FAILED).isEmpty(), form);
    if (form == Form.MISSING) {
      chain.createFirstTopic(Map.of());
    } else {
      broker.permit(chain.firstTopic());
    }
    Duration lasted = Duration.ofNanos(System.nanoTime() - began);
    scene.ended(Mark.harmless(number()));
    chain.end();
    Duration limit = longestPause(lasted).plus(Mark.GOES_ON_WITHIN);
    FaultScene.require("its records are sent within " + limit, limit, chain::isSent);
    chain.consume();
    chain.awaitEffects();
  }

  /** The pauses of a held topic double, give or take a fifth, from a second to half a minute. */
  private static Duration longestPause(Duration held) {
    return held.multipliedBy(3).dividedBy(2).plusMillis(1200);
  }

  private void refuseARecord(FaultScene scene, SideChain chain) throws Exception {
    chain.createFirstTopic(Map.of("max.message.bytes", "" + SideChain.SMALL_MESSAGE_BYTES));
    chain.consume();
    chain.begin();
    scene.begins(Mark.harmless(number()));
    UUID id = chain.appendOversized();
    FaultScene.require(
        "the record is given up",
        FaultScene.PATIENCE,
        () -> !chain.items(OutboxStatus.FAILED).isEmpty());
    Item failed = chain.items(OutboxStatus.FAILED).get(0);
    FaultScene.require("it is that record", failed.id().equals(id), failed);
    FaultScene.require("it had its attempts", failed.attempts() == ATTEMPTS, failed);
    FaultScene.require(
        "the broker's reason is told",
        String.valueOf(failed.lastError()).contains("RecordTooLargeException"),
        failed);
    long ofKey = chain.before(id);
    FaultScene.require(
        "what came before it is through",
        FaultScene.PATIENCE,
        () -> chain.effects(REFUSED_KEY) == ofKey);
    long ofOther = chain.effects(OTHER_KEY);
    othersFlow(scene);
    List<Item> waiting = chain.items(OutboxStatus.PENDING);
    FaultScene.require(
        "its key waits behind it",
        waiting.stream()
            .anyMatch(item -> String.valueOf(chain.key(REFUSED_KEY)).equals(item.key())),
        waiting);
    FaultScene.require(
        "another key flows", FaultScene.PATIENCE, () -> chain.effects(OTHER_KEY) > ofOther);
    FaultScene.require("its key stands", chain.effects(REFUSED_KEY) == ofKey, ofKey);
    var act = new OutboxAdmin.Act("fault suite", "it is too large for its topic");
    OutboxAdmin.Discarded discarded = scene.operator().discard(failed, act);
    FaultScene.require("it is discarded", discarded == OutboxAdmin.Discarded.DISCARDED, discarded);
    scene.remains().discarded(id);
    scene.ended(Mark.harmless(number()));
    FaultScene.require(
        "its key goes on", FaultScene.PATIENCE, () -> chain.effects(REFUSED_KEY) > ofKey);
    chain.end();
    chain.awaitEffects();
  }

  /** In every second of the trouble something is sent, to other topics or under other keys. */
  private void othersFlow(FaultScene scene) throws InterruptedException {
    for (int i = 0; i < SECONDS_OF_TROUBLE; i++) {
      scene.begins(Mark.harmless(number()).recovery(OTHERS_FLOW_WITHIN, Shown.SENT));
      FaultScene.letPass(Duration.ofSeconds(1));
    }
    scene.awaitFlow();
  }
}
