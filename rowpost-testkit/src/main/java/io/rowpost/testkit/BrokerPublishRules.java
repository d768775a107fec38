package io.rowpost.testkit;

import static io.rowpost.testkit.BrokerScene.SLACK;
import static org.assertj.core.api.Assertions.assertThat;

import io.rowpost.core.FailureClass;
import io.rowpost.core.Message;
import io.rowpost.core.PublishException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What an acknowledgement means, what a failure says, and that both come in time. */
abstract class BrokerPublishRules {
  private static final String UNICODE = "Grüße 한국어 \uD83D\uDE80 \u202Eabc\u202C e\u0301 ";

  abstract BrokerScene scene();

  // ---- what was acknowledged arrives as it was

  @Test
  void everyFieldArrivesUnchanged() {
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put("tenant", "acme");
    headers.put("Upper-Case", " both ends ");
    headers.put("unicode", UNICODE);
    headers.put("empty", "");
    headers.put("type", "of-the-user");
    headers.put("tracestate", "vendor=1");
    var message =
        new Message(
            UUID.randomUUID().toString(),
            scene().topic,
            "order/42",
            "OrderCreated.v1",
            "/shop/orders?x=1",
            "application/json; charset=utf-8",
            headers,
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            Instant.parse("2026-11-24T10:11:12.123456Z"),
            "{\"total\":1}".getBytes(StandardCharsets.UTF_8));

    Message arrived = roundTrip(message);

    assertThat(arrived).usingRecursiveComparison().ignoringFields("position").isEqualTo(message);
  }

  @Test
  void whatIsAbsentStaysAbsent() {
    var message =
        new Message(
            "not-a-uuid",
            scene().topic,
            null,
            "T",
            null,
            "application/octet-stream",
            Map.of(),
            null,
            null,
            new byte[0]);
    Instant before = Instant.now().minus(Duration.ofHours(1));

    Message arrived = roundTrip(message);

    assertThat(arrived)
        .usingRecursiveComparison()
        .ignoringFields("time", "position")
        .isEqualTo(message);
    // A broker may know when it took the message, and then its time stands in.
    assertThat(Stream.ofNullable(arrived.time())).allSatisfy(t -> assertThat(t).isAfter(before));
  }

  @Test
  void textsAndBytesOfEveryKindArriveUnchanged() {
    List<Message> messages = new ArrayList<>();
    for (String text :
        List.of(
            "a",
            UNICODE,
            "x".repeat(255),
            "\uFFFE\uFFFD",
            "a\tb\nc",
            "%s ${jndi:ldap://x} '; DROP TABLE--",
            "é",
            "e\u0301",
            "É",
            "é ")) {
      messages.add(withKey(text, text.getBytes(StandardCharsets.UTF_8)));
    }
    byte[] every = new byte[256];
    for (int i = 0; i < every.length; i++) {
      every[i] = (byte) i;
    }
    messages.add(withKey("all bytes", every));
    messages.add(withKey("not UTF-8", new byte[] {(byte) 0xC3, (byte) 0x28, (byte) 0xFF}));
    messages.add(withKey("one NUL", new byte[1]));
    RecordingListener listener = scene().listen("readers");

    messages.forEach(scene()::publish);

    scene().eventually(() -> assertThat(listener.messages()).hasSameSizeAs(messages));
    for (Message message : messages) {
      assertThat(listener.messages())
          .filteredOn(message::equals)
          .singleElement()
          .usingRecursiveComparison()
          .ignoringFields("time", "position")
          .isEqualTo(message);
    }
  }

  @Test
  void payloadsUpToTheLimitArriveUnchanged() {
    for (int size : new int[] {0, 1, 64 << 10, scene().fixture.maxPayloadBytes()}) {
      byte[] payload = new byte[size];
      new Random(size).nextBytes(payload); // not to be compressed below a limit
      Message message = withKey("size", payload);
      scene().publish(message);
      RecordingListener listener = scene().listen("readers-of-" + size);
      scene().eventually(() -> assertThat(listener.messages()).contains(message));
      assertThat(listener.messages())
          .filteredOn(message::equals)
          .singleElement()
          .satisfies(m -> assertThat(m.payload()).isEqualTo(payload));
      listener.close();
    }
  }

  private Message withKey(String key, byte[] payload) {
    Message plain = scene().message(key, "");
    return new Message(
        plain.id(),
        plain.topic(),
        key,
        plain.type(),
        plain.source(),
        plain.contentType(),
        plain.headers(),
        null,
        null,
        payload);
  }

  private Message roundTrip(Message message) {
    RecordingListener listener = scene().listen("readers");
    scene().publish(message);
    scene().eventually(() -> assertThat(listener.messages()).isNotEmpty());
    return listener.messages().get(0);
  }

  // ---- failures

  @Test
  void aPayloadOverTheLimitIsTheRecordsFault() {
    byte[] payload = new byte[scene().fixture.maxPayloadBytes() + 1];
    new Random(1).nextBytes(payload);
    scene().publish("k", "before");

    PublishException e = scene().failure(scene().broker.publish(withKey("k", payload)));
    assertThat(e.failureClass()).contains(FailureClass.RECORD);
    scene().publish("k", "after");
    RecordingListener listener = scene().listen("readers");
    scene().eventually(() -> assertThat(listener.done("k")).containsExactly("before", "after"));
  }

  @Test
  void aMissingTopicFailsItsOwnMessagesAndNeverSucceeds() {
    scene().publish("k", "warm-up");
    Message lost = inMissingTopic();
    List<CompletionStage<Void>> missing = new ArrayList<>();
    List<CompletionStage<Void>> flowing = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      missing.add(scene().broker.publish(lost));
      flowing.add(scene().broker.publish(scene().message(null, "m" + i)));
    }

    assertThat(flowing).allSatisfy(p -> assertThat(scene().outcome(p)).isNull());
    assertThat(missing)
        .allSatisfy(
            p -> {
              PublishException e = scene().failure(p);
              assertThat(e.failureClass()).contains(FailureClass.DESTINATION);
              assertThat(e).hasMessageContaining(lost.topic()).hasMessageContaining(lost.id());
            });
  }

  @Test
  void publishNeverBlocksItsCaller() {
    scene().publish("k", "warm-up");
    Message lost = inMissingTopic();
    long started = System.nanoTime();
    List<CompletionStage<Void>> publishes = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      publishes.add(scene().broker.publish(lost));
      publishes.add(scene().broker.publish(scene().message(null, "m" + i)));
    }

    assertThat(Duration.ofNanos(System.nanoTime() - started)).isLessThan(SLACK);
    publishes.forEach(scene()::outcome);
  }

  private Message inMissingTopic() {
    Message plain = scene().message("k", "lost");
    return new Message(
        plain.id(),
        "missing-" + plain.id(),
        plain.key(),
        plain.type(),
        plain.source(),
        plain.contentType(),
        plain.headers(),
        null,
        null,
        plain.payload());
  }

  // ---- closing

  @Test
  void aClosedBrokerFailsWhatIsPublishedToIt() {
    scene().publish("k", "before");
    scene().broker.close();

    PublishException e = scene().failure(scene().broker.publish(scene().message("k", "late")));
    assertThat(e.failureClass()).contains(FailureClass.BROKER);
  }

  @Test
  void closingWaitsForPublishesUnderWay() {
    scene().publish("k", "warm-up");
    List<CompletionStage<Void>> publishes = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      publishes.add(scene().broker.publish(scene().message(null, "m" + i)));
    }

    scene().broker.close();

    assertThat(publishes).allSatisfy(p -> assertThat(p.toCompletableFuture()).isCompleted());
  }
}
