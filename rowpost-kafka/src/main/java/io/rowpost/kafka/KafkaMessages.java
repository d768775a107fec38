package io.rowpost.kafka;

import io.rowpost.core.Message;
import io.rowpost.core.RowpostException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.jspecify.annotations.Nullable;

/**
 * Messages as Kafka records and back: the CloudEvents 1.0 Kafka binding in binary mode.
 *
 * <p>For people who consume with a listener container of their own: {@code
 * inbox.process(KafkaMessages.of(record), handler)}. No record tells whether it was delivered
 * before; who knows it says so by {@link Message#asRedelivered}.
 *
 * <p>Written: {@code ce_specversion}, {@code ce_id}, {@code ce_source}, {@code ce_type}, {@code
 * ce_time} (the message time), {@code ce_partitionkey} and the record key (the key), {@code
 * content-type}, {@code traceparent}, further headers as they are; all UTF-8. Reading is tolerant,
 * see {@link #of}.
 */
public final class KafkaMessages {
  private static final String SPEC_VERSION = "ce_specversion";
  private static final String ID = "ce_id";
  private static final String SOURCE = "ce_source";
  private static final String TYPE = "ce_type";
  private static final String TIME = "ce_time";
  private static final String PARTITION_KEY = "ce_partitionkey";
  private static final String CONTENT_TYPE = "content-type";
  private static final String TRACEPARENT = "traceparent";

  // In the order in which they are believed: CloudEvents of several transports, then AMQP bridges,
  // NATS, Debezium's outbox router, CAP and Eventuate Tram.
  private static final List<String> ID_HEADERS =
      List.of(
          ID,
          "ce-id",
          "cloudEvents_id",
          "cloudEvents:id",
          "message_id",
          "Nats-Msg-Id",
          "id",
          "cap-msg-id",
          "ID");
  private static final List<String> TYPE_HEADERS =
      List.of(
          TYPE,
          "ce-type",
          "cloudEvents_type",
          "cloudEvents:type",
          "type",
          "eventType",
          "cap-msg-type",
          "event-type");
  private static final List<String> SOURCE_HEADERS =
      List.of(SOURCE, "ce-source", "cloudEvents_source", "cloudEvents:source");
  private static final List<String> TIME_HEADERS =
      List.of(TIME, "ce-time", "cloudEvents_time", "cloudEvents:time");
  private static final List<String> CONTENT_TYPE_HEADERS =
      List.of(CONTENT_TYPE, "ce_datacontenttype", "ce-datacontenttype");

  /** What the fields of a message are written to. */
  private static final Set<String> OF_FIELDS =
      Set.of(SPEC_VERSION, ID, SOURCE, TYPE, TIME, PARTITION_KEY, CONTENT_TYPE, TRACEPARENT);

  /** What a decoder puts in the place of bytes that it does not understand. */
  private static final char REPLACEMENT = '\uFFFD';

  private static final Pattern W3C_TRACEPARENT =
      Pattern.compile("(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}");

  private KafkaMessages() {}

  /**
   * Reads a record of any producer; bytes that make no sense never make it throw.
   *
   * <p>Id: the first of {@code ce_id}, {@code ce-id}, {@code cloudEvents_id}, {@code
   * cloudEvents:id}, {@code message_id}, {@code Nats-Msg-Id}, {@code id}, {@code cap-msg-id},
   * {@code ID} that is there and not empty, else the empty string, which an inbox refuses. Type
   * without a header: {@code unknown}. Content type without a header: {@code
   * application/octet-stream}. Time: {@code ce_time}, else the record's timestamp. A null value is
   * an empty payload. Of two headers of one name the last counts; a header without a value is the
   * empty string; text that is not UTF-8 is read as ISO 8859-1. An id that is not UTF-8, or that
   * begins with U+FFFD, is read so behind a U+FFFD, since no two ids may become one. What was not
   * understood stays in the headers.
   *
   * @param record with key and value as bytes, {@code ByteBuffer} or String
   * @throws RowpostException ROWPOST-410 if key or value have been deserialized to anything else
   */
  public static Message of(ConsumerRecord<?, ?> record) {
    return of(record, record.topic());
  }

  static Message of(ConsumerRecord<?, ?> record, String topic) {
    Map<String, String> headers = new LinkedHashMap<>();
    for (Header header : record.headers()) {
      byte[] value = header.value();
      headers.put(header.key(), value == null ? "" : text(value));
    }
    byte[] keyBytes = bytes("key", record.key());
    byte[] payload = bytes("value", record.value());
    String key = keyBytes == null ? null : text(keyBytes);
    String id = id(record.headers(), headers);
    String type = first(headers, TYPE_HEADERS);
    String contentType = first(headers, CONTENT_TYPE_HEADERS);
    String source = first(headers, SOURCE_HEADERS);
    Instant time = time(first(headers, TIME_HEADERS));
    String traceparent = traceparent(headers.get(TRACEPARENT));
    String extension = traceparent(headers.get("ce_traceparent"));

    List.of(SPEC_VERSION, ID, TYPE, SOURCE, CONTENT_TYPE).forEach(headers::remove);
    if (time != null) {
      headers.remove(TIME);
    }
    if (traceparent != null) {
      headers.remove(TRACEPARENT);
    }
    headers.remove(PARTITION_KEY, key);
    return new Message(
        id,
        topic,
        key,
        type == null ? "unknown" : type,
        source,
        contentType == null ? "application/octet-stream" : contentType,
        Collections.unmodifiableMap(headers),
        traceparent == null ? extension : traceparent,
        time == null ? timestamp(record) : time,
        payload == null ? new byte[0] : payload,
        false,
        record.topic() + "-" + record.partition() + "@" + record.offset());
  }

  static ProducerRecord<byte[], byte[]> toRecord(Message message, String topic) {
    Headers headers = new RecordHeaders();
    add(headers, SPEC_VERSION, "1.0");
    add(headers, ID, message.id());
    add(headers, SOURCE, message.source());
    add(headers, TYPE, message.type());
    add(headers, TIME, message.time() == null ? null : message.time().toString());
    add(headers, PARTITION_KEY, message.key());
    add(headers, CONTENT_TYPE, message.contentType());
    add(headers, TRACEPARENT, message.traceparent());
    message.headers().forEach((name, value) -> addFurther(headers, name, value));
    String key = message.key();
    return new ProducerRecord<>(
        topic,
        null,
        key == null ? null : key.getBytes(StandardCharsets.UTF_8),
        message.payload(),
        headers);
  }

  private static void add(Headers headers, String name, @Nullable String value) {
    if (value != null) {
      headers.add(name, value.getBytes(StandardCharsets.UTF_8));
    }
  }

  /** Of two headers of one name readers take the last, so none may follow a field's own. */
  private static void addFurther(Headers headers, String name, String value) {
    if (!OF_FIELDS.contains(name) || headers.lastHeader(name) == null) {
      add(headers, name, value);
    }
  }

  private static String id(Headers bytes, Map<String, String> texts) {
    for (String name : ID_HEADERS) {
      String text = texts.get(name);
      if (text != null && !text.isEmpty()) {
        return distinct(text, bytes.lastHeader(name).value());
      }
    }
    return "";
  }

  /** The text, if no other bytes have it; else the bytes behind a mark that no text begins with. */
  private static String distinct(String text, byte[] bytes) {
    boolean exact =
        text.charAt(0) != REPLACEMENT
            && Arrays.equals(text.getBytes(StandardCharsets.UTF_8), bytes);
    return exact ? text : REPLACEMENT + new String(bytes, StandardCharsets.ISO_8859_1);
  }

  private static @Nullable String first(Map<String, String> headers, List<String> names) {
    for (String name : names) {
      String value = headers.get(name);
      if (value != null && !value.isEmpty()) {
        return value;
      }
    }
    return null;
  }

  private static @Nullable Instant time(@Nullable String text) {
    return text == null ? null : UtcTime.parse(text);
  }

  private static @Nullable Instant timestamp(ConsumerRecord<?, ?> record) {
    boolean known = record.timestampType() != TimestampType.NO_TIMESTAMP_TYPE;
    return known && record.timestamp() >= 0 ? Instant.ofEpochMilli(record.timestamp()) : null;
  }

  private static @Nullable String traceparent(@Nullable String text) {
    if (text == null) {
      return null;
    }
    String lower = text.toLowerCase(Locale.ROOT);
    return W3C_TRACEPARENT.matcher(lower).matches() ? lower : null;
  }

  private static String text(byte[] bytes) {
    String text = new String(bytes, StandardCharsets.UTF_8);
    if (text.indexOf(REPLACEMENT) < 0) {
      return text;
    }
    // Either it was written so or it stands for what is no UTF-8.
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      return new String(bytes, StandardCharsets.ISO_8859_1);
    }
  }

  private static byte @Nullable [] bytes(String part, @Nullable Object value) {
    if (value == null) {
      return null;
    }
    if (value instanceof byte[] bytes) {
      return bytes;
    }
    if (value instanceof String text) {
      return text.getBytes(StandardCharsets.UTF_8);
    }
    if (value instanceof ByteBuffer buffer) {
      byte[] bytes = new byte[buffer.remaining()];
      buffer.duplicate().get(bytes);
      return bytes;
    }
    throw new RowpostException(
        "ROWPOST-410",
        "The message was not read: the record's %s is a %s, not bytes or text."
            .formatted(part, value.getClass().getName()),
        "use ByteArrayDeserializer for key and value, and turn the payload into objects in the"
            + " handler.",
        null);
  }
}
