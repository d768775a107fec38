package io.rowpost.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Map;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a record may hold, and how what it may not is refused. */
class FieldsTest {
  private static final String HOSTILE =
      "aK-_ :\t\r\n\0\u001B\u007F\u0085\u2028\u202E\u00E9\uFFFD\uFFFE\uD83D\uDE80\uD800%{}'\"\\";

  @Provide
  Arbitrary<String> texts() {
    Arbitrary<String> hostile =
        Arbitraries.strings().withChars(HOSTILE.toCharArray()).ofMaxLength(12);
    Arbitrary<String> plain = Arbitraries.strings().withChars("aA-_").ofMaxLength(300);
    Arbitrary<String> aroundALimit =
        Arbitraries.of(128, 129, 249, 250, 255, 256, 16_383, 16_384).map("a"::repeat);
    return Arbitraries.oneOf(hostile, plain, aroundALimit).injectNull(0.02);
  }

  private enum Field {
    TOPIC("topic", 249, false),
    KEY("key", 255, true),
    TYPE("type", 255, false),
    SOURCE("source", 255, false),
    CONTENT_TYPE("contentType", 255, false),
    HEADER_NAME("header name", 128, false),
    HEADER_VALUE("header value of \"n\"", 16_383, false);

    private final String name;
    private final int limit;
    private final boolean controls;

    Field(String name, int limit, boolean controls) {
      this.name = name;
      this.limit = limit;
      this.controls = controls;
    }

    @SuppressWarnings("NullAway") // null where it is not allowed is part of the samples
    OutboxRecord build(@Nullable String text) {
      OutboxRecord.Builder record = OutboxRecord.to(this == TOPIC ? text : "t").type("T");
      return switch (this) {
        case TOPIC -> record.build();
        case KEY -> record.key(text).build();
        case TYPE -> record.type(text).build();
        case SOURCE -> record.source(text).build();
        case CONTENT_TYPE -> record.contentType(text).build();
        case HEADER_NAME -> record.header(text, "v").build();
        case HEADER_VALUE -> record.header("n", text).build();
      };
    }

    @Nullable String read(OutboxRecord record) {
      return switch (this) {
        case TOPIC -> record.topic();
        case KEY -> record.key();
        case TYPE -> record.type();
        case SOURCE -> record.source();
        case CONTENT_TYPE -> record.contentType();
        case HEADER_NAME -> record.headers().keySet().iterator().next();
        case HEADER_VALUE -> record.headers().get("n");
      };
    }
  }

  @Property(seed = "1", tries = 5000)
  void aTextIsKeptOrRefused(@ForAll Field field, @ForAll("texts") @Nullable String text) {
    OutboxRecord record;
    try {
      record = field.build(text);
    } catch (RejectedException refusal) {
      boolean together = field == Field.HEADER_VALUE && text != null && text.length() > field.limit;
      assertThat(refusal.field()).isEqualTo(together ? "headers" : field.name);
      assertFitForALog(refusal);
      return;
    }
    String kept = field.read(record);
    assertThat(kept).isEqualTo(text);
    if (kept != null) {
      assertThat(kept).hasSizeLessThanOrEqualTo(field.limit);
      assertThat(kept.indexOf('\0')).isNegative();
      assertThat(StandardCharsets.UTF_8.newEncoder().canEncode(kept)).isTrue();
      assertThat(field.controls || kept.chars().noneMatch(Character::isISOControl)).isTrue();
    }
  }

  /** What callers give is not repeated but for names that were found harmless. */
  private static void assertFitForALog(RejectedException refusal) {
    assertThat(refusal)
        .hasMessageMatching("ROWPOST-11\\d [\\x20-\\x7E]{1,400}\n[\\x20-\\x7E]{1,200}");
    assertThat(refusal).hasMessageContaining(" was not appended: " + refusal.field() + " ");
  }

  static Stream<Arguments> refusals() {
    return Stream.of(
        arguments("ROWPOST-112", "topic", OutboxRecord.to(" ").type("T")),
        arguments("ROWPOST-112", "type", OutboxRecord.to("t").type("")),
        arguments("ROWPOST-113", "key", record().key("k".repeat(256))),
        arguments("ROWPOST-115", "key", record().key("a\0")),
        arguments("ROWPOST-115", "source", record().source("\uD800")),
        arguments("ROWPOST-115", "type", OutboxRecord.to("t").type("a\nb")),
        arguments("ROWPOST-116", "header name", record().header("a b", "")),
        arguments("ROWPOST-117", "availableAt", record().availableAt(Instant.MAX)),
        arguments("ROWPOST-118", "traceparent", record().traceparent("00-1-2-3")));
  }

  private static OutboxRecord.Builder record() {
    return OutboxRecord.to("t").type("T");
  }

  /** By which a caller tells one mistake from another. */
  @ParameterizedTest
  @MethodSource("refusals")
  void eachKindOfMistakeHasItsCode(String code, String field, OutboxRecord.Builder record) {
    RejectedException refusal = catchThrowableOfType(RejectedException.class, record::build);
    assertThat(refusal.code()).isEqualTo(code);
    assertThat(refusal.field()).isEqualTo(field);
    assertFitForALog(refusal);
  }

  // ---- headers

  @ParameterizedTest
  @ValueSource(ints = {65, 10_000})
  void tooManyHeadersAreRefused(int count) {
    OutboxRecord.Builder record = record();
    for (int i = 0; i < count; i++) {
      record.header("h" + i, "v");
    }
    assertRefused("headers", "the limit is 64", record);
  }

  @Test
  void headersTooLargeTogetherAreRefused() {
    for (int count : new int[] {2, 64}) {
      assertRefused("headers", "the limit is 16,384", headers(count, (1 << 20) / count));
    }
    assertThat(headers(2, 8190).build().headers()).hasSize(2);
    assertRefused("headers", "are 16,385 bytes", headers(2, 8190).header("de", ""));
  }

  /** 2^32 characters in all, which is nothing in 32 bits. */
  @Test
  void sizesOfHeadersDoNotOverflow() {
    assertRefused("headers", "are 4,294,967,296 bytes", headers(64, 1 << 26));
  }

  private static OutboxRecord.Builder headers(int count, int length) {
    OutboxRecord.Builder record = record();
    String value = "x".repeat(length);
    for (int i = 0; i < count; i++) {
      record.header(i == 0 ? "a" : i == 1 ? "bc" : "h" + i, value);
    }
    return record;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ce_id", "CE_ID", "ce-type", "Ce_anything", "cloudEvents_id", "cloudevents_source",
        "rowpost-x", "Rowpost.x", "Nats-Msg-Id", "Content-Type", "traceparent", "ID"
      })
  void namesThatRowpostSetsAreReserved(String name) {
    assertRefused("header name", name + "\" is reserved", record().header(name, "spoofed"));
  }

  @Test
  void namesThatDifferByCaseOnlyAreRefused() {
    assertRefused(
        "header name",
        "\"TENANT\" is given twice",
        record().header("tenant", "a").header("TENANT", "b"));
  }

  private static void assertRefused(String field, String what, OutboxRecord.Builder record) {
    assertThatThrownBy(record::build)
        .isInstanceOfSatisfying(
            RejectedException.class,
            e -> {
              assertThat(e.field()).isEqualTo(field);
              assertFitForALog(e);
            })
        .hasMessageContaining(what);
  }

  // ---- payloads

  @ParameterizedTest
  @EnumSource
  void payloadsOverTheLimitAreRefusedBeforeAnySql(Size size) {
    var store = new InMemoryOutboxStore();
    var transactor = new InMemoryTransactor();
    TransactionalOutbox<InMemoryTransaction> outbox =
        TransactionalOutbox.builder(store).maxPayloadBytes(size.limit).build();
    OutboxRecord record = record().payload(new byte[size.bytes]).build();
    transactor.inTransaction(
        tx -> {
          assertThatThrownBy(() -> outbox.append(tx, record))
              .isInstanceOfSatisfying(
                  RejectedException.class,
                  e -> {
                    assertThat(e.code()).isEqualTo("ROWPOST-114");
                    assertThat(e.field()).isEqualTo("payload");
                  })
              .hasMessageContaining("is %,d bytes, the limit is %,d", size.bytes, size.limit);
          outbox.append(tx, OutboxRecord.to("t").type("good").payload(new byte[size.good]).build());
          return true;
        });
    assertThat(store.admin().find(OutboxAdmin.Filter.ALL, 0, 10))
        .extracting(OutboxAdmin.Item::type)
        .containsExactly("good");
  }

  private enum Size {
    ONE_TOO_MANY(1 << 20, (1 << 20) + 1, 1 << 20),
    LARGEST_LIMIT(64 << 20, (64 << 20) + 1, 0),
    HUGE(64 << 20, 300_000_000, 0);

    private final int limit;
    private final int bytes;
    private final int good;

    Size(int limit, int bytes, int good) {
      this.limit = limit;
      this.bytes = bytes;
      this.good = good;
    }
  }

  /** A text for people never holds what is private. */
  @Property(seed = "2")
  void recordsAndMessagesNeverShowKeyOrPayload(@ForAll long secret) {
    String text = "s" + secret + "-secret";
    OutboxRecord record = record().key(text).payload(text).build();
    assertThat(record.toString() + Message.of(record)).doesNotContain(text);
    assertThat(Map.of(record, Message.of(record)).toString()).doesNotContain(text);
  }
}
