package io.rowpost.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rowpost.core.InboxProcessor;
import io.rowpost.core.InboxRecord;
import io.rowpost.core.InboxResult;
import io.rowpost.core.Message;
import io.rowpost.core.RejectedException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Whatever a stranger sends takes effect once, or is refused and kept, and stops nobody else. */
abstract class InboxBadInputRules<T> extends InboxRules<T> {
  private static final String HOSTILE =
      "ab\\n0:?'\"%{}\r\n\t\0\u001B\u0085\u2028\u202E\u00E9\u0301\uFFFD\uFFFE\uD83D\uDE80\uD800";

  InboxBadInputRules(InboxFixture<T> fixture) {
    super(fixture);
  }

  // ---- ids

  @Test
  void whateverAMessageIsCalledItTakesEffectOnceOrIsRefused() {
    InboxProcessor<T> inbox = builder().build();
    var effects = new ArrayList<String>();
    int parked = 0;
    for (BadInputs.Text text : BadInputs.texts(512 - "/shop/".length())) {
      if (text.value() == null) {
        continue;
      }
      Message message = called(text.value(), "first");
      InboxResult result;
      try {
        result = inbox.process(message, (tx, m) -> effects.add(m.id()));
      } catch (RejectedException refusal) {
        assertThat(refusal.field()).as("%s", text).isEqualTo("id");
        assertThat(text.value()).isBlank();
        continue;
      }
      parked += result == InboxResult.FAILED ? 1 : 0;
      assertThat(result).as("%s", text).isIn(InboxResult.PROCESSED, InboxResult.FAILED);
      assertThat(inbox.process(message, (tx, m) -> effects.add(m.id())))
          .as("%s again", text)
          .isEqualTo(result == InboxResult.FAILED ? result : InboxResult.DUPLICATE);
    }
    assertThat(effects).hasSizeGreaterThan(30).doesNotHaveDuplicates();
    assertThat(parked).as("too long, and no text of Unicode").isEqualTo(5);
    assertThat(admin().counts(CONSUMER).parked()).isEqualTo(parked);
  }

  @Test
  void aPollOfHostileIdsIsDoneButForThoseWithoutAny() {
    var messages = new ArrayList<Message>();
    for (BadInputs.Text text : BadInputs.texts(100)) {
      if (text.value() != null) {
        messages.add(called(text.value(), "x"));
      }
    }
    InboxProcessor.BatchResult result = builder().build().processAll(messages, (tx, m) -> {});
    assertThat(result.redeliver()).allSatisfy(m -> assertThat(m.id()).isBlank());
    assertThat(result.processed() + result.failed() + result.redeliver().size())
        .isEqualTo(messages.size());
    assertThat(builder().build().processAll(messages, (tx, m) -> {}).processed()).isZero();
  }

  @Test
  void theSameIdWithAnotherBodyIsADuplicate() {
    InboxProcessor<T> inbox = builder().build();
    String id = message("k").id();
    var bodies = new ArrayList<String>();
    for (String body : List.of("first", "first", "other", "")) {
      inbox.process(
          called(id, body), (tx, m) -> bodies.add(new String(m.payload(), StandardCharsets.UTF_8)));
    }
    assertThat(bodies).containsExactly("first");
  }

  private static Message called(String id, String body) {
    return new Message(
        id,
        "orders",
        null,
        "T",
        "/shop",
        "text/plain",
        Map.of(),
        null,
        ago(Duration.ZERO),
        body.getBytes(StandardCharsets.UTF_8));
  }

  /** Rows whose names are what a careless driver would make of others. */
  @Test
  void operatorsFindTheNameTheyAskForAndNoOther() {
    List<String> known = List.of("a?", "?a", "a", "a b", "key", "cafe", "aX", "a\uFFFD", "%");
    InboxProcessor<T> inbox = builder().messageId(Message::id).build();
    known.forEach(id -> inbox.process(called(id, "x"), this::charge));
    for (BadInputs.Text text : BadInputs.texts(512)) {
      String id = text.value();
      if (id == null) {
        continue;
      }
      assertThat(known).doesNotContain(id);
      for (String consumer : List.of(CONSUMER, id)) {
        assertThat(admin().get(consumer, id)).as("%s", text).isEmpty();
        assertThat(admin().parked(consumer, id)).as("%s", text).isEmpty();
        assertThat(admin().retry(consumer, id, ACT)).as("%s", text).isFalse();
        assertThat(admin().discard(consumer, id, ACT)).as("%s", text).isFalse();
        assertThat(admin().forget(consumer, id, ACT)).as("%s", text).isFalse();
      }
      assertThat(admin().find(id, null, null, 10)).as("%s", text).isEmpty();
      assertThat(admin().reopened(id, 10)).as("%s", text).isEmpty();
      assertThat(admin().counts(id).completed()).as("%s", text).isZero();
    }
    assertThat(admin().counts(CONSUMER).completed()).isEqualTo(known.size());
  }

  // ---- what is kept

  @Test
  void payloadsOfEveryKindAreKept() {
    BadInputs.payloads()
        .forEach(
            (name, bytes) -> {
              Message message = with(Map.of("name", name), bytes);
              park(message);
              assertThat(admin().parked(CONSUMER, message.id()).orElseThrow().payload())
                  .as(name)
                  .isEqualTo(bytes);
            });
  }

  @Test
  void manyHeadersAreKept() {
    var headers = new LinkedHashMap<String, String>();
    for (int i = 0; i < 10_000; i++) {
      headers.put("h" + i, "x".repeat(100));
      headers.put("H" + i, "differs by case");
    }
    Message message = with(headers, new byte[0]);
    park(message);
    assertThat(admin().parked(CONSUMER, message.id()).orElseThrow().headers()).isEqualTo(headers);
  }

  @Test
  void randomTextsAreKept() {
    var random = new Random(1);
    for (int i = 0; i < 40; i++) {
      var headers = new LinkedHashMap<String, String>();
      for (int h = random.nextInt(4); h > 0; h--) {
        headers.put(text(random), text(random));
      }
      Message message =
          new Message(
              message("k").id(),
              text(random),
              random.nextBoolean() ? null : text(random),
              text(random),
              random.nextBoolean() ? null : text(random),
              text(random),
              headers,
              random.nextBoolean() ? null : text(random),
              null,
              new byte[] {1});
      park(message);
      assertThat(admin().parked(CONSUMER, message.id()).orElseThrow())
          .as("message %d", i)
          .usingRecursiveComparison()
          .isEqualTo(message);
    }
  }

  private static String text(Random random) {
    var text = new StringBuilder();
    for (int i = random.nextInt(12); i > 0; i--) {
      text.append(HOSTILE.charAt(random.nextInt(HOSTILE.length())));
    }
    return text.toString();
  }

  private static Message with(Map<String, String> headers, byte[] payload) {
    return new Message(
        message("k").id(), "orders", "k", "T", null, "text/plain", headers, null, null, payload);
  }

  @Test
  void errorsOfStrangersAreRecordedAsFarAsTheyCanBe() {
    for (BadInputs.Text text : BadInputs.texts(5000)) {
      Message message = message("k");
      builder()
          .maxAttempts(1)
          .build()
          .processAll(List.of(message), failing(String.valueOf(text.value())));
      InboxRecord row = row(message);
      assertThat(row.parked()).as("%s", text).isTrue();
      assertThat(row.lastError())
          .as("%s", text)
          .hasSizeLessThanOrEqualTo(4096)
          .startsWith("java.io.IOException: ");
    }
  }

  @Test
  void aWindowIsNotNegativeAndMayBeLongerThanAnyTime() {
    InboxProcessor<T> inbox = builder().window(Duration.ofDays(3650)).build();
    Message old = at(ago(Duration.ofDays(3649)));
    inbox.process(old, this::charge);
    assertThatThrownBy(() -> admin().purge(Duration.ofNanos(-1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("PT-0.000000001S");
    for (Duration ever :
        List.of(
            Duration.ofDays(36_500),
            Duration.ofDays(365L * 300_000),
            Duration.ofSeconds(Long.MAX_VALUE, 999_999_999))) {
      assertThat(admin().purge(ever)).as("older than %s", ever).isZero();
    }
    assertThat(inbox.process(old, this::charge)).isEqualTo(InboxResult.DUPLICATE);
  }

  @Test
  void noTwoIdsAreTakenForOne() {
    InboxProcessor<T> inbox = builder().messageId(Message::id).build();
    var random = new Random(2);
    var ids = new HashSet<String>();
    while (ids.size() < 150) {
      String id = text(random).replaceAll("[\\x00\\p{Cs}]", "e\u0301");
      if (!id.isBlank()) {
        ids.add(id);
      }
    }
    List<Message> messages = ids.stream().map(id -> called(id, "x")).toList();
    assertThat(inbox.processAll(messages.subList(0, 100), this::charge).processed()).isEqualTo(100);
    for (Message message : messages.subList(100, messages.size())) {
      assertThat(inbox.process(message, this::charge)).isEqualTo(InboxResult.PROCESSED);
    }
    assertThat(inbox.processAll(messages, this::charge).duplicates()).isEqualTo(messages.size());
    assertThat(effects()).hasSameSizeAs(ids);
  }
}
