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
 * @param redelivered whether an earlier delivery may have ended without an answer, as when the
 *     process that had it died; false where its broker knows that none did, or does not tell. The
 *     idea is that of AMQP's flag of this name, and of SQS' receive count.
 * @param position where it stands at its broker, such as {@code orders.events-3@8841}: the same in
 *     each delivery, and another one for each message of the topic; or null where the broker does
 *     not tell, or none delivered it. An inbox keeps what has no id under it.
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
    byte[] payload,
    boolean redelivered,
    @Nullable String position) {

  /** Checks that what is required is not null. */
  public Message {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(topic, "topic");
    Objects.requireNonNull(type, "type");
    Objects.requireNonNull(contentType, "contentType");
    Objects.requireNonNull(headers, "headers");
    Objects.requireNonNull(payload, "payload");
  }

  /** A message of which no earlier delivery is known, nor a position. */
  public Message(
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
    this(
        id,
        topic,
        key,
        type,
        source,
        contentType,
        headers,
        traceparent,
        time,
        payload,
        false,
        null);
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

  /** The same message, of which an earlier delivery may have ended without an answer. */
  public Message asRedelivered() {
    return delivered(true, position);
  }

  /**
   * The same message at a position of its broker.
   *
   * @param newPosition as for {@link #position}
   */
  public Message at(String newPosition) {
    return delivered(redelivered, Objects.requireNonNull(newPosition, "newPosition"));
  }

  private Message delivered(boolean again, @Nullable String where) {
    return new Message(
        id,
        topic,
        key,
        type,
        source,
        contentType,
        headers,
        traceparent,
        time,
        payload,
        again,
        where);
  }

  /** By id and topic; nothing tells whether two messages without an id are one. */
  @Override
  public boolean equals(Object o) {
    return this == o
        || (o instanceof Message other
            && id.equals(other.id)
            && topic.equals(other.topic)
            && !id.isBlank());
  }

  @Override
  public int hashCode() {
    return id.isBlank() ? System.identityHashCode(this) : 31 * id.hashCode() + topic.hashCode();
  }

  @Override
  public String toString() {
    return "Message[id=%s, topic=%s, key=%s, type=%s, %d bytes]"
        .formatted(id, topic, Fields.masked(key), type, payload.length);
  }
}
