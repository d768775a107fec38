package io.rowpost.core;

import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What travels between services.
 *
 * <p>Made from an {@link OutboxRecord} by the relay, and from the broker's own form by a
 * subscriber; there the id is what the producer sent, which need not be a UUID. {@link #toString()}
 * never shows the payload.
 *
 * @param id the producer's id of the message; an inbox deduplicates by it
 * @param topic where it was sent
 * @param key the unit of order, or null
 * @param type the event's type
 * @param source the producer, a URI reference, or null if unknown
 * @param contentType the media type of the payload
 * @param headers further headers; unmodifiable
 * @param traceparent the W3C trace context of the creation, or null
 * @param time max(createdAt, availableAt) by the producer's database clock, the broker's timestamp
 *     where the producer sent none, or null; what retention windows compare
 * @param payload the payload itself, not a copy; must not be changed
 */
@SuppressWarnings("ArrayRecordComponent") // bytes are handed on uncopied, equality is by id
public record Message(
    String id,
    String topic,
    @Nullable String key,
    String type,
    @Nullable String source,
    String contentType,
    Map<String, String> headers,
    @Nullable String traceparent,
    @Nullable Instant time,
    byte[] payload) {

  /** Checks that what is required is not null. */
  public Message {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(topic, "topic");
    Objects.requireNonNull(type, "type");
    Objects.requireNonNull(contentType, "contentType");
    Objects.requireNonNull(headers, "headers");
    Objects.requireNonNull(payload, "payload");
  }

  /** The message that carries a stored record. */
  public static Message of(OutboxRecord record) {
    Instant time = record.createdAt();
    Instant availableAt = record.availableAt();
    if (availableAt != null && (time == null || availableAt.isAfter(time))) {
      time = availableAt;
    }
    return new Message(
        record.id().toString(),
        record.topic(),
        record.key(),
        record.type(),
        record.source(),
        record.contentType(),
        record.headers(),
        record.traceparent(),
        time,
        record.payload());
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof Message other && id.equals(other.id) && topic.equals(other.topic);
  }

  @Override
  public int hashCode() {
    return 31 * id.hashCode() + topic.hashCode();
  }

  @Override
  public String toString() {
    return "Message[id=%s, topic=%s, key=%s, type=%s, %d bytes]"
        .formatted(id, topic, Fields.masked(key), type, payload.length);
  }
}
