package io.rowpost.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rowpost.core.InboxProcessor;
import io.rowpost.core.InboxRecord;
import io.rowpost.core.InboxResult;
import io.rowpost.core.Message;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Ids and parked messages are kept as they came. */
abstract class InboxKeepingRules<T> extends InboxRules<T> {
  InboxKeepingRules(InboxFixture<T> fixture) {
    super(fixture);
  }

  @ParameterizedTest
  @EnumSource
  void textsOfAParkedMessageAreKeptAsTheyCame(HostileText text) {
    keeps(hostile(text.text, text.text.getBytes(StandardCharsets.UTF_8)));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 65_536, 1_048_576})
  void bytesOfAParkedMessageAreKeptAsTheyCame(int size) {
    byte[] payload = new byte[size];
    new Random(size).nextBytes(payload);
    keeps(hostile("plain", payload));
  }

  /** Texts that strangers may send: none may be altered, or stop what stores it. */
  enum HostileText {
    EMPTY(""),
    BLANK(" \t "),
    TRAILING_SPACE("a "),
    NUL("a\0b\0"),
    LONE_HIGH_SURROGATE("a\uD800b"),
    LONE_LOW_SURROGATE("\uDC00"),
    SURROGATES_IN_THE_WRONG_ORDER("\uDC00\uD800"),
    EMOJI("\uD83D\uDE00\uD83C\uDDF0\uD83C\uDDF7"),
    BACKSLASHES("a\\b\\\\c\\u0000\\0\\"),
    QUOTES("'\"`'; DROP TABLE rowpost_inbox--"),
    PLACEHOLDERS("? :: $1 {fn now()} %s ${jndi:ldap://x} @x"),
    CONTROLS("\r\n\u001B[2J\u0001\u007F\u0085"),
    RIGHT_TO_LEFT("\u202Eabc\u200B\uFEFF"),
    NONCHARACTERS("\uFFFE\uFFFF\uFFFD"),
    DECOMPOSED(Normalizer.normalize("\u00E9\uAC00", Normalizer.Form.NFD)),
    LONG("\u20AC".repeat(70_000));

    private final String text;

    HostileText(String text) {
      this.text = text;
    }
  }

  private static Message hostile(String text, byte[] payload) {
    var headers = new LinkedHashMap<String, String>();
    headers.put("plain", "value");
    headers.put(text, text);
    headers.put("{\"json\":\"" + text, text + "\\\"");
    return new Message(
        message(null).id(),
        text,
        text,
        text,
        text,
        text,
        headers,
        text,
        ago(Duration.ZERO),
        payload);
  }

  private void keeps(Message message) {
    park(message);
    assertSame(admin().parked(CONSUMER, message.id()).orElseThrow(), message);
    assertThat(admin().retry(CONSUMER, message.id(), ACT)).isTrue();
    var handled = new ArrayList<Message>();
    assertThat(builder().build().retryParked((tx, m) -> handled.add(m))).isOne();
    assertThat(handled).hasSize(1);
    assertSame(handled.get(0), message);
  }

  @Test
  void aMessageWithoutItsOptionalPartsIsKeptAsItCame() {
    Message bare =
        new Message(
            message(null).id(), "t", null, "x", null, "c", Map.of(), null, null, new byte[0]);
    keeps(bare);
  }

  private static void assertSame(Message actual, Message expected) {
    assertThat(actual)
        .usingRecursiveComparison()
        .ignoringFields("headers", "payload")
        .isEqualTo(expected);
    assertThat(actual.payload()).isEqualTo(expected.payload());
    assertThat(List.copyOf(actual.headers().entrySet()))
        .isEqualTo(List.copyOf(expected.headers().entrySet()));
  }

  @Test
  void idsCompareByTheirBytes() {
    InboxProcessor<T> inbox = builder().messageId(m -> String.valueOf(m.key())).build();
    List<String> ids =
        List.of(
            "a",
            "A",
            "a ",
            " a",
            "\u00E4",
            "a\u0308",
            "\u00E1",
            "\u00DF",
            "ss",
            "\uFF41",
            "a%",
            "a_",
            "a\\",
            "a'",
            "\u0131",
            "i",
            "I",
            "\u0130",
            "\uAC00",
            "\u1100\u1161",
            "a\u200B",
            "a\tb",
            "\uD83D\uDE00",
            "\uD83D\uDE01",
            "x".repeat(512),
            "x".repeat(511),
            "\uAC00".repeat(512),
            "\uD83D\uDE00".repeat(256));
    for (String id : ids) {
      assertThat(inbox.process(message(id), this::charge))
          .as("first delivery of %s", id)
          .isEqualTo(InboxResult.PROCESSED);
    }
    var again = new ArrayList<Message>();
    for (String id : ids) {
      assertThat(admin().get(CONSUMER, id)).map(InboxRecord::messageId).contains(id);
      again.add(message(id));
    }
    assertThat(inbox.processAll(again, this::charge))
        .isEqualTo(new InboxProcessor.BatchResult(0, ids.size(), 0, 0, List.of()));
    assertThat(effects()).hasSize(ids.size());
  }

  @Test
  void theLongestErrorIsKeptInFull() {
    Message message = message("k");
    String error = "\uAC00".repeat(5000);
    assertThatThrownBy(() -> builder().build().process(message, failing(error)))
        .isInstanceOf(IOException.class);
    assertThat(row(message).lastError())
        .isEqualTo(("java.io.IOException: " + error).substring(0, 4096));
    InboxProcessor<T> hasty = builder().maxAttempts(1).build();
    assertThat(hasty.processAll(List.of(message), failing(error)).failed()).isOne();
    assertThat(admin().parked(CONSUMER, message.id())).contains(message);
  }
}
