package io.rowpost.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rowpost.core.Message;
import io.rowpost.core.RowpostException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The headers that are written, and what is made of records that others wrote. */
class KafkaMessagesTest {
  private static final Instant TIMESTAMP = Instant.parse("2026-01-02T03:04:05.678Z");

  // ---- written

  @Test
  void everyFieldHasItsHeader() {
    var message =
        new Message(
            "0194fdc2-0000-7000-8000-000000000001",
            "orders",
            "order-42",
            "OrderCreated",
            "/shop",
            "application/json",
            Map.of("tenant", "acme"),
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            Instant.parse("2026-11-24T10:11:12.123456Z"),
            new byte[] {1});

    ProducerRecord<byte[], byte[]> record = KafkaMessages.toRecord(message, "prefix.orders");

    assertThat(record.topic()).isEqualTo("prefix.orders");
    assertThat(record.key()).isEqualTo(utf8("order-42"));
    assertThat(record.value()).isEqualTo(new byte[] {1});
    assertThat(record.timestamp()).isNull();
    assertThat(texts(record.headers()))
        .containsExactly(
            "ce_specversion=1.0",
            "ce_id=0194fdc2-0000-7000-8000-000000000001",
            "ce_source=/shop",
            "ce_type=OrderCreated",
            "ce_time=2026-11-24T10:11:12.123456Z",
            "ce_partitionkey=order-42",
            "content-type=application/json",
            "traceparent=00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "tenant=acme");
  }

  @Test
  void whatIsAbsentHasNoHeader() {
    var message =
        new Message(
            "1", "orders", null, "T", null, "text/plain", Map.of(), null, null, new byte[0]);

    ProducerRecord<byte[], byte[]> record = KafkaMessages.toRecord(message, "orders");

    assertThat(record.key()).isNull();
    assertThat(texts(record.headers()))
        .containsExactly("ce_specversion=1.0", "ce_id=1", "ce_type=T", "content-type=text/plain");
  }

  private static List<String> texts(Headers headers) {
    return Arrays.stream(headers.toArray())
        .map(h -> h.key() + "=" + new String(h.value(), StandardCharsets.UTF_8))
        .toList();
  }

  // ---- read

  @ParameterizedTest
  @CsvSource({
    "ce_id",
    "ce-id",
    "cloudEvents_id",
    "cloudEvents:id",
    "message_id",
    "Nats-Msg-Id",
    "id",
    "cap-msg-id",
    "ID"
  })
  void theIdOfEveryKnownProducerIsFound(String header) {
    assertThat(KafkaMessages.of(record(header, "42")).id()).isEqualTo("42");
  }

  @Test
  void earlierNamesOfAnIdWinAndEmptyOnesDoNotCount() {
    assertThat(KafkaMessages.of(record("id", "later", "ce_id", "first")).id()).isEqualTo("first");
    assertThat(KafkaMessages.of(record("ce_id", "", "id", "second")).id()).isEqualTo("second");
  }

  @Test
  void ofTwoHeadersOfOneNameTheLastCounts() {
    Message message = KafkaMessages.of(record("ce_id", "1", "ce_id", "2", "a", "x", "a", "y"));
    assertThat(message.id()).isEqualTo("2");
    assertThat(message.headers()).containsExactly(Map.entry("a", "y"));
  }

  @Test
  void aRecordWithNothingIsStillAMessage() {
    Message message = KafkaMessages.of(record(new RecordHeaders(), null, null));

    assertThat(message.id()).isEmpty();
    assertThat(message.topic()).isEqualTo("orders");
    assertThat(message.key()).isNull();
    assertThat(message.type()).isEqualTo("unknown");
    assertThat(message.source()).isNull();
    assertThat(message.contentType()).isEqualTo("application/octet-stream");
    assertThat(message.headers()).isEmpty();
    assertThat(message.traceparent()).isNull();
    assertThat(message.time()).isEqualTo(TIMESTAMP);
    assertThat(message.payload()).isEmpty();
  }

  @Test
  void anOutboxRecordOfDebeziumIsUnderstood() {
    Message message =
        KafkaMessages.of(record("id", "0194fdc2-0000-7000-8000-000000000001", "eventType", "Paid"));

    assertThat(message.id()).isEqualTo("0194fdc2-0000-7000-8000-000000000001");
    assertThat(message.type()).isEqualTo("Paid");
    assertThat(message.headers())
        .containsExactly(
            Map.entry("id", "0194fdc2-0000-7000-8000-000000000001"),
            Map.entry("eventType", "Paid"));
  }

  @Test
  void whatIsNotUnderstoodStaysInTheHeaders() {
    Message message =
        KafkaMessages.of(
            record(
                "ce_id", "1",
                "ce_subject", "order/1",
                "ce_tenant", "acme",
                "ce_time", "yesterday",
                "ce_partitionkey", "another",
                "traceparent", "00-nonsense"));

    assertThat(message.headers())
        .containsExactly(
            Map.entry("ce_subject", "order/1"),
            Map.entry("ce_tenant", "acme"),
            Map.entry("ce_time", "yesterday"),
            Map.entry("ce_partitionkey", "another"),
            Map.entry("traceparent", "00-nonsense"));
    assertThat(message.time()).isEqualTo(TIMESTAMP);
    assertThat(message.traceparent()).isNull();
  }

  @ParameterizedTest
  @CsvSource({
    "2026-11-24T10:11:12Z, 2026-11-24T10:11:12Z",
    "2026-11-24T12:11:12.5+02:00, 2026-11-24T10:11:12.500Z",
    "2026-11-24t10:11:12z, 2026-11-24T10:11:12Z",
    "2026-11-24, 2026-01-02T03:04:05.678Z",
    "'', 2026-01-02T03:04:05.678Z"
  })
  void timesAreReadWithAnyOffset(String text, Instant time) {
    assertThat(KafkaMessages.of(record("ce_time", text)).time()).isEqualTo(time);
  }

  @Test
  void aRecordWithoutATimestampHasNoTime() {
    var record =
        new ConsumerRecord<byte[], byte[]>(
            "orders",
            0,
            0,
            -1,
            TimestampType.NO_TIMESTAMP_TYPE,
            -1,
            -1,
            null,
            null,
            new RecordHeaders(),
            Optional.empty());
    assertThat(KafkaMessages.of(record).time()).isNull();
  }

  @Test
  void bytesThatAreNotUtf8StayApart() {
    var headers = new RecordHeaders();
    headers.add("ce_id", new byte[] {(byte) 0xE9});
    headers.add("was-written-so", utf8("\uFFFD"));
    headers.add("nothing", null);
    Message message =
        KafkaMessages.of(record(headers, new byte[] {(byte) 0xFF, 1}, new byte[] {(byte) 0xFF}));

    assertThat(message.id()).isEqualTo("\uFFFD\u00E9");
    assertThat(message.key()).isEqualTo("\u00FF\u0001");
    assertThat(message.headers())
        .containsExactly(Map.entry("was-written-so", "\uFFFD"), Map.entry("nothing", ""));
    assertThat(message.payload()).isEqualTo(new byte[] {(byte) 0xFF});
  }

  @Test
  void randomBytesNeverThrow() {
    var random = new Random(1);
    List<String> names =
        List.of(
            "ce_specversion",
            "ce_id",
            "ce_type",
            "ce_source",
            "ce_time",
            "ce_partitionkey",
            "content-type",
            "traceparent",
            "",
            "x");
    for (int i = 0; i < 2_000; i++) {
      var headers = new RecordHeaders();
      for (int h = random.nextInt(12); h > 0; h--) {
        headers.add(names.get(random.nextInt(names.size())), bytes(random));
      }
      Message message = KafkaMessages.of(record(headers, bytes(random), bytes(random)));
      assertThat(message.headers()).doesNotContainKey("ce_id");
    }
  }

  private static byte @Nullable [] bytes(Random random) {
    if (random.nextInt(8) == 0) {
      return null;
    }
    byte[] bytes = new byte[random.nextInt(40)];
    random.nextBytes(bytes);
    return bytes;
  }

  @Test
  void theTopicThePartitionAndTheOffsetAreThePosition() {
    var record = new ConsumerRecord<byte[], byte[]>("orders.events", 3, 8841, null, new byte[0]);
    assertThat(KafkaMessages.of(record).position()).isEqualTo("orders.events-3@8841");
  }

  @Test
  void keysAndValuesMayHaveBeenReadAsTextOrBuffers() {
    ByteBuffer buffer = ByteBuffer.wrap(new byte[] {9, 1, 2, 9}, 1, 2);
    var record = new ConsumerRecord<Object, Object>("orders", 0, 0, "k\u00E9y", buffer);
    Message message = KafkaMessages.of(record);
    assertThat(message.key()).isEqualTo("k\u00E9y");
    assertThat(message.payload()).isEqualTo(new byte[] {1, 2});
    assertThat(buffer.remaining()).isEqualTo(2);
  }

  @Test
  void objectsAreRefusedByName() {
    var record = new ConsumerRecord<Object, Object>("orders", 0, 0, "k", 42);
    assertThatThrownBy(() -> KafkaMessages.of(record))
        .isInstanceOf(RowpostException.class)
        .hasMessage(
            "ROWPOST-410 The message was not read: the record's value is a"
                + " java.lang.Integer, not bytes or text.\n"
                + "  Fix: use ByteArrayDeserializer for key and value, and turn the payload into"
                + " objects in the handler.");
  }

  private static ConsumerRecord<byte[], byte[]> record(String... namesAndValues) {
    var headers = new RecordHeaders();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      headers.add(namesAndValues[i], utf8(namesAndValues[i + 1]));
    }
    return record(headers, utf8("k"), utf8("payload"));
  }

  private static ConsumerRecord<byte[], byte[]> record(
      Headers headers, byte @Nullable [] key, byte @Nullable [] value) {
    return new ConsumerRecord<>(
        "orders",
        0,
        7,
        TIMESTAMP.toEpochMilli(),
        TimestampType.CREATE_TIME,
        -1,
        -1,
        key,
        value,
        headers,
        Optional.empty());
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
