package io.rowpost.core;

import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One outgoing message as it is stored.
 *
 * <p>Immutable, but for the payload: the array is neither copied on the way in nor on the way out,
 * and must not be changed after it was handed over. {@link #toString()} never shows the payload.
 *
 * <p>Limits are checked by {@link Builder#build()}, so that a bad value never reaches the database:
 * see {@link Builder}.
 */
public final class OutboxRecord {
  private final UUID id;
  private final String topic;
  private final @Nullable String key;
  private final String type;
  private final @Nullable String source;
  private final String contentType;
  private final Map<String, String> headers;
  private final @Nullable String traceparent;
  private final byte[] payload;
  private final @Nullable Instant createdAt;
  private final @Nullable Instant availableAt;
  private final OutboxStatus status;
  private final int attempts;
  private final @Nullable String lastError;

  private OutboxRecord(
      UUID id,
      String topic,
      @Nullable String key,
      String type,
      @Nullable String source,
      String contentType,
      Map<String, String> headers,
      @Nullable String traceparent,
      byte[] payload,
      @Nullable Instant createdAt,
      @Nullable Instant availableAt,
      OutboxStatus status,
      int attempts,
      @Nullable String lastError) {
    this.id = id;
    this.topic = topic;
    this.key = key;
    this.type = type;
    this.source = source;
    this.contentType = contentType;
    this.headers = headers;
    this.traceparent = traceparent;
    this.payload = payload;
    this.createdAt = createdAt;
    this.availableAt = availableAt;
    this.status = status;
    this.attempts = attempts;
    this.lastError = lastError;
  }

  /** Starts a record for a topic; 1 to 249 characters, the limit of Kafka. */
  public static Builder to(String topic) {
    return new Builder(topic);
  }

  /**
   * Rebuilds a record from what a store kept. For implementations of {@link OutboxStore}; nothing
   * is validated and nothing is copied.
   */
  public static OutboxRecord restore(
      UUID id,
      String topic,
      @Nullable String key,
      String type,
      @Nullable String source,
      String contentType,
      Map<String, String> headers,
      @Nullable String traceparent,
      byte[] payload,
      Instant createdAt,
      @Nullable Instant availableAt,
      OutboxStatus status,
      int attempts,
      @Nullable String lastError) {
    return new OutboxRecord(
        id,
        topic,
        key,
        type,
        source,
        contentType,
        headers,
        traceparent,
        payload,
        createdAt,
        availableAt,
        status,
        attempts,
        lastError);
  }

  /** The message id, a UUIDv7 unless one was given; the receiver's inbox deduplicates by it. */
  public UUID id() {
    return id;
  }

  /** Where it goes. */
  public String topic() {
    return topic;
  }

  /** The unit of order within the topic; null for a record that needs no order. */
  public @Nullable String key() {
    return key;
  }

  /** The event's type, the user's own string; never a class name that anyone loads. */
  public String type() {
    return type;
  }

  /** The CloudEvents source, a URI reference; null to take the outbox's own. */
  public @Nullable String source() {
    return source;
  }

  /** The media type of the payload. */
  public String contentType() {
    return contentType;
  }

  /** Further headers, in the order given; unmodifiable. */
  public Map<String, String> headers() {
    return headers;
  }

  /** The W3C trace context at creation, or null. */
  public @Nullable String traceparent() {
    return traceparent;
  }

  /** The payload itself, not a copy; must not be changed. */
  public byte[] payload() {
    return payload;
  }

  /** When the database took it, by the database's clock; null before. */
  public @Nullable Instant createdAt() {
    return createdAt;
  }

  /** Not published before this time, by the store's clock; null for at once. */
  public @Nullable Instant availableAt() {
    return availableAt;
  }

  /** State as last read from the store. */
  public OutboxStatus status() {
    return status;
  }

  /** Failed attempts so far. */
  public int attempts() {
    return attempts;
  }

  /** Error of the last attempt, or null. */
  public @Nullable String lastError() {
    return lastError;
  }

  /**
   * The unit of order as a number: a 64-bit hash of topic and key, or 0 for a record without a key.
   *
   * <p>The algorithm is part of the stored format and never changes. Two keys of one hash are
   * ordered as if they were one.
   */
  public long orderKey() {
    return key == null ? 0 : OrderKey.of(topic, key);
  }

  /** The shard bucket, 0 to 255: from {@link #orderKey()}, or from the id where there is no key. */
  public int bucket() {
    return OrderKey.bucket(key == null ? OrderKey.mix(id) : orderKey());
  }

  OutboxRecord withSource(String newSource) {
    return new OutboxRecord(
        id,
        topic,
        key,
        type,
        newSource,
        contentType,
        headers,
        traceparent,
        payload,
        createdAt,
        availableAt,
        status,
        attempts,
        lastError);
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof OutboxRecord other && id.equals(other.id);
  }

  @Override
  public int hashCode() {
    return id.hashCode();
  }

  @Override
  public String toString() {
    return "OutboxRecord[id=%s, topic=%s, key=%s, type=%s, %d bytes, %s, attempts=%d]"
        .formatted(id, topic, Fields.masked(key), type, payload.length, status, attempts);
  }

  /**
   * Collects the parts of a record; {@link #build()} checks them.
   *
   * <p>Limits: topic 1 to 249 characters; key 1 to 255; type 1 to 255; source and content type 1 to
   * 255; at most 64 headers with names of 1 to 128 characters (RFC 9110 tokens, no two alike but
   * for case) and 16,384 bytes of UTF-8 in all. No NUL and no lone surrogate anywhere; no control
   * character in anything but the key and the payload. The payload's limit is the outbox's ({@link
   * TransactionalOutbox.Builder#maxPayloadBytes}). Not thread-safe.
   */
  public static final class Builder {
    private final String topic;
    private final Map<String, String> headers = new LinkedHashMap<>();
    private @Nullable UUID id;
    private @Nullable String key;
    private @Nullable String type;
    private @Nullable String source;
    private String contentType = "application/json";
    private @Nullable String traceparent;
    private byte[] payload = new byte[0];
    private @Nullable Instant availableAt;

    private Builder(String topic) {
      this.topic = topic;
    }

    /** Sets the id; without it a UUIDv7 is drawn. */
    public Builder id(UUID id) {
      this.id = Objects.requireNonNull(id, "id");
      return this;
    }

    /** Sets the unit of order; null for none. Keep it one-to-one with the entity. */
    public Builder key(@Nullable String key) {
      this.key = key;
      return this;
    }

    /** Sets the unit of order to the decimal form of a numeric id. */
    public Builder key(long key) {
      return key(Long.toString(key));
    }

    /** Sets the event's type; required. */
    public Builder type(String type) {
      this.type = type;
      return this;
    }

    /** Sets the CloudEvents source; without it, the outbox's own. */
    public Builder source(@Nullable String source) {
      this.source = source;
      return this;
    }

    /** Sets the media type; without it {@code application/json}. */
    public Builder contentType(String contentType) {
      this.contentType = contentType;
      return this;
    }

    /** Adds a header, replacing one of exactly the same name. */
    public Builder header(String name, String value) {
      headers.put(name, value);
      return this;
    }

    /** Sets the W3C trace context, {@code 00-<32 hex>-<16 hex>-<2 hex>}; null for none. */
    public Builder traceparent(@Nullable String traceparent) {
      this.traceparent = traceparent;
      return this;
    }

    /** Sets the payload. The array is not copied and must not be changed afterwards. */
    public Builder payload(byte[] payload) {
      this.payload = payload;
      return this;
    }

    /** Sets the payload to the UTF-8 bytes of a text; a lone surrogate is refused. */
    public Builder payload(String text) {
      this.payload = Fields.utf8("payload", text);
      return this;
    }

    /** Holds the record back until a time of the database's clock; null for at once. */
    public Builder availableAt(@Nullable Instant availableAt) {
      this.availableAt = availableAt;
      return this;
    }

    /**
     * Checks every part and makes the record.
     *
     * @throws RejectedException naming the first bad field and its limit
     */
    public OutboxRecord build() {
      Fields.check(this);
      return new OutboxRecord(
          id == null ? Uuid7.next() : id,
          topic,
          key,
          Objects.requireNonNull(type),
          source,
          contentType,
          headers.isEmpty() ? Map.of() : Collections.unmodifiableMap(new LinkedHashMap<>(headers)),
          traceparent == null ? null : traceparent.toLowerCase(Locale.ROOT),
          payload,
          null,
          availableAt,
          OutboxStatus.PENDING,
          0,
          null);
    }

    String topic() {
      return topic;
    }

    @Nullable String key() {
      return key;
    }

    @Nullable String type() {
      return type;
    }

    @Nullable String source() {
      return source;
    }

    String contentType() {
      return contentType;
    }

    Map<String, String> headers() {
      return headers;
    }

    @Nullable String traceparent() {
      return traceparent;
    }

    byte[] payload() {
      return payload;
    }

    @Nullable Instant availableAt() {
      return availableAt;
    }
  }
}
