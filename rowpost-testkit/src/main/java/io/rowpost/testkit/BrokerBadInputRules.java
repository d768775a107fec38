package io.rowpost.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowpost.core.FailureClass;
import io.rowpost.core.Message;
import io.rowpost.core.OutboxRecord;
import io.rowpost.core.PublishException;
import io.rowpost.core.RejectedException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Whatever an outbox takes arrives as it was, or fails for a reason of its own. */
abstract class BrokerBadInputRules {
  abstract BrokerScene scene();

  @Test
  void textsThatAnOutboxTakesArriveUnchanged() {
    List<BiFunction<OutboxRecord.Builder, String, OutboxRecord.Builder>> fields =
        List.of(
            OutboxRecord.Builder::key,
            OutboxRecord.Builder::type,
            OutboxRecord.Builder::source,
            OutboxRecord.Builder::contentType,
            (record, text) -> record.header(text, "value"),
            (record, text) -> record.header("name", text));
    var messages = new ArrayList<Message>();
    for (var field : fields) {
      for (BadInputs.Text text : BadInputs.texts(128)) {
        OutboxRecord record = builtOrRefused(field, text);
        if (record != null) {
          messages.add(Message.of(record));
        }
      }
    }
    assertThat(messages).hasSizeGreaterThan(150);
    assertArriveUnchanged(messages);
  }

  @SuppressWarnings("NullAway") // null where it is not allowed is part of the matrix
  private @Nullable OutboxRecord builtOrRefused(
      BiFunction<OutboxRecord.Builder, String, OutboxRecord.Builder> field, BadInputs.Text text) {
    try {
      return field.apply(record(), text.value()).build();
    } catch (RejectedException refused) {
      return null; // the rules of outboxes say what is refused
    }
  }

  private OutboxRecord.Builder record() {
    return OutboxRecord.to(scene().topic).key("k").type("T").source("/s").payload("p");
  }

  @Test
  void payloadsOfEveryKindArriveUnchanged() {
    assertArriveUnchanged(
        BadInputs.payloads().values().stream()
            .map(bytes -> Message.of(record().payload(bytes).build()))
            .toList());
  }

  /** Key, headers and payload are limited one by one, so a broker must have room for them all. */
  @Test
  void aRecordAtEveryLimitArrivesUnchanged() {
    byte[] payload = new byte[scene().fixture.maxPayloadBytes()];
    new Random(1).nextBytes(payload);
    OutboxRecord.Builder record =
        OutboxRecord.to(scene().topic)
            .key("\uAC00".repeat(255))
            .type("\uAC00".repeat(255))
            .source("\uAC00".repeat(255))
            .contentType("\uAC00".repeat(255))
            .traceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
            .payload(payload);
    for (int i = 0; i < 64; i++) {
      record.header("%03d".formatted(i) + "n".repeat(125), "v".repeat(128));
    }
    assertArriveUnchanged(List.of(Message.of(record.build())));
  }

  private void assertArriveUnchanged(List<Message> messages) {
    RecordingListener listener = scene().listen("readers");
    scene().publish("k", "warm-up");
    List<CompletionStage<Void>> publishes =
        messages.stream().map(message -> scene().broker.publish(message)).toList();
    assertThat(publishes).allSatisfy(publish -> assertThat(scene().outcome(publish)).isNull());
    scene().eventually(() -> assertThat(listener.messages()).containsAll(messages));
    Map<String, Message> arrived =
        listener.messages().stream().collect(Collectors.toMap(Message::id, m -> m, (a, b) -> b));
    for (Message message : messages) {
      assertThat(arrived.get(message.id()))
          .usingRecursiveComparison()
          .ignoringFields("time", "position")
          .isEqualTo(message);
    }
  }

  /** The header of an id or a topic's field, in the place where users put theirs. */
  @Test
  void noHeaderSpoofsAField() {
    var headers = new LinkedHashMap<String, String>();
    for (String name :
        List.of("ce_id", "ce_type", "ce_source", "ce_time", "content-type", "id", "message_id")) {
      headers.put(name, "spoofed");
    }
    Message plain = scene().message("k", "label");
    var message =
        new Message(
            UUID.randomUUID().toString(),
            scene().topic,
            "k",
            "TheType",
            "/the-source",
            "text/plain",
            headers,
            null,
            plain.time(),
            plain.payload());
    RecordingListener listener = scene().listen("readers");
    scene().publish(message);
    scene().eventually(() -> assertThat(listener.messages()).isNotEmpty());
    assertThat(listener.messages().get(0))
        .usingRecursiveComparison()
        .ignoringFields("time", "position", "headers")
        .isEqualTo(message);
  }

  @Test
  void aTopicThatCannotBeFailsItsOwnMessagesOnly() {
    scene().publish("k", "warm-up");
    Map<String, CompletionStage<Void>> publishes = new LinkedHashMap<>();
    List<CompletionStage<Void>> flowing = new ArrayList<>();
    for (BadInputs.Text text : BadInputs.texts(249)) {
      OutboxRecord record = inTopic(text);
      if (record != null) {
        publishes.put(text.name(), scene().broker.publish(Message.of(record)));
        flowing.add(scene().broker.publish(scene().message(null, text.name())));
      }
    }
    assertThat(publishes).hasSizeGreaterThan(25);
    publishes.forEach(
        (name, publish) -> {
          PublishException e = scene().failure(publish);
          assertThat(e.failureClass().orElseThrow(() -> new AssertionError(name, e)))
              .as(name)
              .isIn(FailureClass.DESTINATION, FailureClass.RECORD);
        });
    assertThat(flowing).allSatisfy(publish -> assertThat(scene().outcome(publish)).isNull());
  }

  @SuppressWarnings("NullAway") // null where it is not allowed is part of the matrix
  private static @Nullable OutboxRecord inTopic(BadInputs.Text text) {
    try {
      return OutboxRecord.to(text.value()).key("k").type("T").build();
    } catch (RejectedException refused) {
      return null;
    }
  }
}
