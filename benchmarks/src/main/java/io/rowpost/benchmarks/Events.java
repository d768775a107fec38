package io.rowpost.benchmarks;

import io.rowpost.core.OutboxRecord;
import java.nio.ByteBuffer;

/** The events that every way sends. */
final class Events {
  static final String TOPIC = "bench.events";
  static final String TYPE = "Measured";
  static final String CONTENT_TYPE = "application/octet-stream";
  static final int PAYLOAD_BYTES = 256;
  static final int KEYS = 1000;

  private Events() {}

  static OutboxRecord number(int number) {
    return OutboxRecord.to(TOPIC)
        .key(key(number))
        .type(TYPE)
        .contentType(CONTENT_TYPE)
        .payload(payload(number))
        .build();
  }

  static byte[] payload(int number) {
    return ByteBuffer.allocate(PAYLOAD_BYTES).putInt(number).array();
  }

  static String key(int number) {
    return "key-" + Math.floorMod(number, KEYS);
  }
}
