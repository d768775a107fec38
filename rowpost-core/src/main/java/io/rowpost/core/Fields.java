package io.rowpost.core;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Checks of what callers hand in, before any SQL.
 *
 * <p>A NUL or an over-long key found by the database would doom the caller's whole transaction; a
 * lone surrogate would be stored as a question mark and lie to everyone afterwards.
 */
final class Fields {
  static final int MAX_TOPIC = 249;
  static final int MAX_TEXT = 255;
  static final int MAX_HEADERS = 64;
  static final int MAX_HEADER_NAME = 128;
  static final int MAX_HEADER_BYTES = 16_384;

  /** The range that every supported database stores exactly. */
  static final Instant EARLIEST = Instant.parse("1970-01-01T00:00:01Z");

  static final Instant LATEST = Instant.parse("9999-12-31T23:59:59Z");

  private static final Pattern TOKEN = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+");
  private static final Pattern TRACEPARENT =
      Pattern.compile("(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}");
  private static final Pattern RESERVED =
      Pattern.compile(
          "ce[_-].*|cloudevents[_:].*|rowpost[-_.].*|nats-.*|content-type|traceparent|id",
          Pattern.CASE_INSENSITIVE);

  private Fields() {}

  static void check(OutboxRecord.Builder record) {
    name("topic", record.topic(), MAX_TOPIC);
    if (record.key() != null) {
      text("key", record.key(), MAX_TEXT);
    }
    name("type", record.type(), MAX_TEXT);
    if (record.source() != null) {
      name("source", record.source(), MAX_TEXT);
    }
    name("contentType", record.contentType(), MAX_TEXT);
    headers(record.headers());
    traceparent(record.traceparent());
    if (record.payload() == null) {
      throw rejected("ROWPOST-112", "payload", "is null", "pass an empty array for no data.");
    }
    Instant availableAt = record.availableAt();
    if (availableAt != null && (availableAt.isBefore(EARLIEST) || availableAt.isAfter(LATEST))) {
      throw rejected(
          "ROWPOST-117",
          "availableAt",
          "is %s, outside %s to %s".formatted(availableAt, EARLIEST, LATEST),
          "pass a time that every supported database can store, or null for at once.");
    }
  }

  /** A field that people read and brokers parse: not blank, no control characters. */
  static void name(String field, @Nullable String value, int limit) {
    String text = text(field, value, limit);
    if (text.isBlank()) {
      throw rejected("ROWPOST-112", field, "is blank", "give it a name.");
    }
    noControls(field, text);
  }

  /** A field that is kept exactly: 1 to limit characters, storable everywhere. Returns it. */
  static String text(String field, @Nullable String value, int limit) {
    if (value == null) {
      throw rejected("ROWPOST-112", field, "is null", "set it before build().");
    }
    if (value.isEmpty()) {
      throw rejected(
          "ROWPOST-112", field, "is empty", "set it, or leave it out if it is optional.");
    }
    if (value.length() > limit) {
      throw rejected(
          "ROWPOST-113",
          field,
          "has %,d characters, the limit is %,d".formatted(value.length(), limit),
          "use a shorter stable identifier or its hash.");
    }
    storable(field, value);
    return value;
  }

  private static void storable(String field, String value) {
    if (value.indexOf('\0') >= 0) {
      throw rejected(
          "ROWPOST-115",
          field,
          "has a NUL character at index %d, which databases refuse".formatted(value.indexOf('\0')),
          "remove it; binary data belongs into the payload.");
    }
    requireUnicode(field, value);
  }

  static byte[] utf8(String field, @Nullable String value) {
    if (value == null) {
      throw rejected(
          "ROWPOST-112", field, "is null", "pass a text, or an empty array for no data.");
    }
    requireUnicode(field, value);
    return value.getBytes(StandardCharsets.UTF_8);
  }

  /** By a look at each character: an encoder that reports costs more than the rest of a record. */
  private static void requireUnicode(String field, String value) {
    int point;
    for (int i = 0; i < value.length(); i += Character.charCount(point)) {
      point = value.codePointAt(i);
      if (point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE) {
        throw rejected(
            "ROWPOST-115",
            field,
            "has a lone surrogate, which is no Unicode text and would be stored as a question mark",
            "fix the text where it was cut in the middle of a character.");
      }
    }
  }

  private static void noControls(String field, String value) {
    for (int i = 0; i < value.length(); i++) {
      if (Character.isISOControl(value.charAt(i))) {
        throw rejected(
            "ROWPOST-115",
            field,
            "has the control character U+%04X at index %d".formatted((int) value.charAt(i), i),
            "remove it; line breaks and escapes could forge headers and logs.");
      }
    }
  }

  private static void headers(Map<String, String> headers) {
    if (headers.size() > MAX_HEADERS) {
      throw rejected(
          "ROWPOST-116",
          "headers",
          "are %,d, the limit is %d".formatted(headers.size(), MAX_HEADERS),
          "put the data into the payload.");
    }
    var seen = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
    long bytes = 0;
    for (var header : headers.entrySet()) {
      String name = header.getKey();
      text("header name", name, MAX_HEADER_NAME);
      if (!TOKEN.matcher(name).matches()) {
        throw rejected(
            "ROWPOST-116",
            "header name",
            "has characters outside letters, digits and !#$%&'*+-.^_`|~",
            "rename it; other characters do not survive every broker.");
      }
      if (RESERVED.matcher(name).matches()) {
        throw rejected(
            "ROWPOST-116",
            "header name",
            "\"%s\" is reserved".formatted(name),
            "rename it; Rowpost sets it from the record's own fields.");
      }
      if (!seen.add(name)) {
        throw rejected(
            "ROWPOST-116",
            "header name",
            "\"%s\" is given twice, differing by case only".formatted(name),
            "keep one; brokers with case-insensitive headers would merge them.");
      }
      bytes += headerValue(name, header.getValue());
    }
    if (bytes > MAX_HEADER_BYTES) {
      throw rejected(
          "ROWPOST-116",
          "headers",
          "are %,d bytes, the limit is %,d".formatted(bytes, MAX_HEADER_BYTES),
          "put the data into the payload.");
    }
  }

  private static int headerValue(String name, @Nullable String value) {
    String field = "header value of \"" + name + "\"";
    if (value == null) {
      throw rejected("ROWPOST-112", field, "is null", "leave the header out.");
    }
    if (value.length() > MAX_HEADER_BYTES) {
      return value.length();
    }
    storable(field, value);
    noControls(field, value);
    return name.length() + utf8(field, value).length;
  }

  private static void traceparent(@Nullable String traceparent) {
    if (traceparent != null
        && !TRACEPARENT.matcher(traceparent.toLowerCase(Locale.ROOT)).matches()) {
      throw rejected(
          "ROWPOST-118",
          "traceparent",
          "is not of the form 00-<32 hex>-<16 hex>-<2 hex>",
          "pass the W3C trace context unchanged, or null.");
    }
  }

  /** For logs and errors: keys can be personal data, so only the length and a hash are shown. */
  static String masked(@Nullable String key) {
    return key == null ? "none" : "#%08x (%d characters)".formatted(key.hashCode(), key.length());
  }

  static RejectedException rejected(String code, String field, String what, String fix) {
    return new RejectedException(
        code, field, "The record was not appended: " + field + " " + what + ".", fix);
  }
}
