package io.rowpost.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rowpost.core.Message;
import io.rowpost.core.OutboxRecord;
import io.rowpost.core.RowpostException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Assume;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.jspecify.annotations.Nullable;

/** Records of strangers, and what is read back of our own. */
class KafkaMessagesPropertiesTest {
  private static final List<String> KNOWN =
      List.of(
          "ce_specversion",
          "ce_id",
          "ce-id",
          "cloudEvents_id",
          "cloudEvents:id",
          "message_id",
          "Nats-Msg-Id",
          "id",
          "cap-msg-id",
          "ID",
          "ce_type",
          "ce-type",
          "cloudEvents:type",
          "type",
          "eventType",
          "event-type",
          "ce_source",
          "ce-source",
          "ce_time",
          "cloudEvents_time",
          "ce_partitionkey",
          "content-type",
          "ce_datacontenttype",
          "traceparent",
          "ce_traceparent",
          "tracestate",
          "",
          "x",
          "\0",
          "\uD800",
          "k\u00E9y");

  private static final Set<String> IDS =
      Set.of(
          "ce_id",
          "ce-id",
          "cloudEvents_id",
          "cloudEvents:id",
          "message_id",
          "Nats-Msg-Id",
          "id",
          "cap-msg-id",
          "ID");

  /** What belongs to a field of its own, as soon as it can be read. */
  private static final Set<String> OF_FIELDS =
      Set.of(
          "ce_specversion",
          "ce_id",
          "ce_source",
          "ce_type",
          "ce_time",
          "ce_partitionkey",
          "content-type",
          "traceparent");

  /** Bytes of which every few make a text, half a text or none. */
  private static final byte[] UTF8_PARTS = {
    'a',
    '5',
    0,
    '\n',
    (byte) 0xC3,
    (byte) 0xA9,
    (byte) 0xE9,
    (byte) 0xEF,
    (byte) 0xBF,
    (byte) 0xBD,
    (byte) 0xED,
    (byte) 0xA0,
    (byte) 0x80,
    (byte) 0xFF
  };

  // ---- strangers

  @Provide
  Arbitrary<byte[]> values() {
    Arbitrary<byte[]> any = Arbitraries.bytes().array(byte[].class).ofMaxSize(40);
    Arbitrary<byte[]> sensible =
        Arbitraries.of(
                "1",
                "2026-11-24T10:11:12Z",
                "+1000000000-12-31T23:59:59Z",
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                "application/json")
            .map(text -> text.getBytes(StandardCharsets.UTF_8));
    return Arbitraries.oneOf(any, parts(), sensible).injectNull(0.1);
  }

  private static Arbitrary<byte[]> parts() {
    return Arbitraries.of(box(UTF8_PARTS))
        .list()
        .ofMaxSize(6)
        .map(KafkaMessagesPropertiesTest::bytes);
  }

  private static Byte[] box(byte[] bytes) {
    Byte[] boxed = new Byte[bytes.length];
    Arrays.setAll(boxed, i -> bytes[i]);
    return boxed;
  }

  private static byte[] bytes(List<Byte> list) {
    byte[] bytes = new byte[list.size()];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = list.get(i);
    }
    return bytes;
  }

  @Provide
  Arbitrary<List<Header>> headers() {
    Arbitrary<String> names =
        Arbitraries.oneOf(Arbitraries.of(KNOWN), Arbitraries.strings().all().ofMaxLength(5));
    return Combinators.combine(names, values())
        .as((name, value) -> (Header) new RecordHeader(name, value))
        .list()
        .ofMaxSize(15);
  }

  @Provide
  Arbitrary<Object> keysAndValues() {
    return Arbitraries.oneOf(
            values().map(bytes -> (Object) bytes),
            values().map(bytes -> (Object) ByteBuffer.wrap(bytes == null ? new byte[0] : bytes)),
            Arbitraries.strings().ofMaxLength(10).map(text -> (Object) text))
        .injectNull(0.1);
  }

  @Property(seed = "1")
  void anyRecordIsAMessage(
      @ForAll("headers") List<Header> headers,
      @ForAll("keysAndValues") @Nullable Object key,
      @ForAll("keysAndValues") @Nullable Object value,
      @ForAll long timestamp,
      @ForAll TimestampType timestampType) {
    Message message = KafkaMessages.of(record(headers, key, value, timestamp, timestampType));

    boolean named =
        headers.stream()
            .map(Header::key)
            .filter(IDS::contains)
            .distinct()
            .map(name -> new RecordHeaders(headers).lastHeader(name).value())
            .anyMatch(id -> id != null && id.length > 0);
    assertThat(message.id().isEmpty()).isEqualTo(!named);
    Stream.concat(
            Stream.of(
                message.id(),
                message.type(),
                message.contentType(),
                String.valueOf(message.key()),
                String.valueOf(message.source()),
                String.valueOf(message.traceparent())),
            message.headers().values().stream())
        .forEach(text -> assertThat(isUnicode(text)).as(text).isTrue());
    assertThat(message.headers().keySet())
        .containsAll(
            headers.stream().map(Header::key).filter(name -> !OF_FIELDS.contains(name)).toList());
    assertThat(message.key() == null).isEqualTo(key == null);
  }

  @Property(seed = "2")
  void keysAndValuesAreBytesOrTextOrRefused(@ForAll("objects") Object object) {
    for (boolean isKey : new boolean[] {true, false}) {
      assertThatThrownBy(
              () ->
                  KafkaMessages.of(
                      record(
                          List.of(),
                          isKey ? object : null,
                          isKey ? null : object,
                          0,
                          TimestampType.CREATE_TIME)))
          .isInstanceOfSatisfying(
              RowpostException.class, e -> assertThat(e.code()).isEqualTo("ROWPOST-410"))
          .hasMessageContaining((isKey ? "key" : "value") + " is a " + object.getClass().getName());
    }
  }

  @Provide
  Arbitrary<Object> objects() {
    return Arbitraries.of(1, 1L, 1.5, true, 'c', List.of(), Map.of(), new int[0], new Object());
  }

  @Provide
  Arbitrary<byte[]> ids() {
    return Arbitraries.oneOf(parts(), Arbitraries.bytes().array(byte[].class).ofMaxSize(4))
        .filter(id -> id.length > 0);
  }

  @Property(seed = "3")
  void noTwoIdsBecomeOne(@ForAll("ids") byte[] id, @ForAll("ids") byte[] other) {
    Assume.that(!Arrays.equals(id, other));
    assertThat(idOf(id)).isNotEqualTo(idOf(other));
  }

  /** The nearest there are: bytes that are no UTF-8, and a text that looks like them. */
  @Property(seed = "4")
  void noTextIsTakenForBytes(@ForAll("ids") byte[] id) {
    for (String text :
        List.of(idOf(id), new String(id, StandardCharsets.ISO_8859_1), "\uFFFD" + idOf(id))) {
      byte[] other = text.getBytes(StandardCharsets.UTF_8);
      assertThat(idOf(other).equals(idOf(id))).isEqualTo(Arrays.equals(other, id));
    }
  }

  private static String idOf(byte[] id) {
    return KafkaMessages.of(
            record(List.of(new RecordHeader("id", id)), null, null, 0, TimestampType.CREATE_TIME))
        .id();
  }

  @Property(seed = "5", tries = 3)
  void tenThousandHeadersAreRead(@ForAll long seed) {
    var headers = new RecordHeaders();
    for (int i = 0; i < 10_000; i++) {
      headers.add("h" + i, new byte[100]);
      headers.add("twice", new byte[] {(byte) ('0' + i % 10)});
    }
    headers.add("ce_id", Long.toString(seed).getBytes(StandardCharsets.UTF_8));

    Message message =
        KafkaMessages.of(
            record(List.of(headers.toArray()), null, null, 0, TimestampType.CREATE_TIME));

    assertThat(message.id()).isEqualTo(Long.toString(seed));
    assertThat(message.headers()).hasSize(10_001).containsEntry("twice", "9");
  }

  // ---- our own

  private static final String HOSTILE = "aK ?{}%'\u00E9\u0301\u202E\u2028\uFFFD\uFFFE\uAC00\\";

  @Provide
  Arbitrary<String> texts() {
    return Arbitraries.strings()
        .withChars(HOSTILE.toCharArray())
        .ofMinLength(1)
        .ofMaxLength(12)
        .map(text -> text.replace("?", "\uD83D\uDE80"))
        .filter(text -> !text.isBlank());
  }

  @Provide
  Arbitrary<OutboxRecord> outboxRecords() {
    Arbitrary<String> names =
        Arbitraries.oneOf(
            Arbitraries.of("type", "eventType", "message_id", "cap-msg-id", "source", "TRACESTATE"),
            Arbitraries.strings().withChars("abc-_.!").ofMinLength(1).ofMaxLength(8));
    return Combinators.combine(
            texts(),
            Arbitraries.strings()
                .withChars("k\n\t \u001B\u00E9\uFFFD")
                .ofMinLength(1)
                .injectNull(0.2),
            texts(),
            texts(),
            texts(),
            Arbitraries.maps(names, texts()).ofMaxSize(5),
            Arbitraries.longs().between(1, 253_402_300_798L),
            Arbitraries.bytes().array(byte[].class).ofMaxSize(50))
        .as(
            (topic, key, type, source, contentType, headers, second, payload) -> {
              OutboxRecord.Builder record =
                  OutboxRecord.to(topic)
                      .key(key)
                      .type(type)
                      .source(source)
                      .contentType(contentType)
                      .availableAt(Instant.ofEpochSecond(second, second % 1000 * 1000))
                      .payload(payload);
              headers.forEach(record::header);
              return record.build();
            });
  }

  @Property(seed = "6")
  void whatAnOutboxTakesIsReadAsItWas(@ForAll("outboxRecords") OutboxRecord record) {
    Message message = Message.of(record);
    Message read = roundTrip(message);

    assertThat(read)
        .usingRecursiveComparison()
        .ignoringFields("position", "headers", "payload")
        .isEqualTo(message);
    assertThat(List.copyOf(read.headers().entrySet()))
        .isEqualTo(List.copyOf(message.headers().entrySet()));
    assertThat(read.payload()).isEqualTo(message.payload());
  }

  /** A row that was not written by an outbox may name its headers as it likes. */
  @Property(seed = "7")
  void noHeaderSpoofsAField(@ForAll("spoofed") Map<String, String> headers) {
    var message =
        new Message(
            "the-id",
            "orders",
            "the-key",
            "TheType",
            "/the-source",
            "text/plain",
            headers,
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            Instant.parse("2026-11-24T10:11:12.123456Z"),
            new byte[] {1});

    assertThat(roundTrip(message))
        .usingRecursiveComparison()
        .ignoringFields("position", "headers")
        .isEqualTo(message);
  }

  @Provide
  Arbitrary<Map<String, String>> spoofed() {
    return Arbitraries.maps(
            Arbitraries.of(KNOWN),
            Arbitraries.of("", "evil", "2001-01-01T00:00:00Z", "00-nonsense"))
        .ofMinSize(1)
        .ofMaxSize(12);
  }

  private static Message roundTrip(Message message) {
    ProducerRecord<byte[], byte[]> sent = KafkaMessages.toRecord(message, message.topic());
    return KafkaMessages.of(
        record(
            List.of(sent.headers().toArray()),
            sent.key(),
            sent.value(),
            -1,
            TimestampType.NO_TIMESTAMP_TYPE),
        message.topic());
  }

  private static ConsumerRecord<Object, Object> record(
      List<Header> headers,
      @Nullable Object key,
      @Nullable Object value,
      long timestamp,
      TimestampType timestampType) {
    Headers all = new RecordHeaders(headers);
    return new ConsumerRecord<>(
        "orders", 0, 7, timestamp, timestampType, -1, -1, key, value, all, Optional.empty());
  }

  private static boolean isUnicode(String text) {
    return StandardCharsets.UTF_8.newEncoder().canEncode(text);
  }
}
