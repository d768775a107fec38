package io.rowpost.benchmarks;

import io.rowpost.core.Message;
import io.rowpost.core.OutboxRecord;
import io.rowpost.core.TransactionalOutbox;
import io.rowpost.jdbc.JdbcTransactor;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** The events that every way sends: 256 bytes of text that begin with the event's number. */
public final class Events {
  public static final String TOPIC = "bench.events";
  static final String WARM_UP = "bench.warm-up";
  public static final String TYPE = "Measured";
  public static final String CONTENT_TYPE = "text/plain";
  public static final int PAYLOAD_BYTES = 256;
  public static final int KEYS = 10_000;

  private static final int IN_A_TRANSACTION = 1000;
  private static final int DIGITS = 10;
  private static final byte[] EMPTY =
      ("0".repeat(DIGITS) + "x".repeat(PAYLOAD_BYTES - DIGITS)).getBytes(StandardCharsets.US_ASCII);

  private Events() {}

  static OutboxRecord record(int number) {
    return OutboxRecord.to(TOPIC)
        .key(key(number))
        .type(TYPE)
        .contentType(CONTENT_TYPE)
        .payload(payload(number))
        .build();
  }

  /** Appends a backlog, 1,000 events in a transaction. */
  static void fill(
      JdbcTransactor transactor, TransactionalOutbox<Connection> outbox, int from, int to) {
    for (int first = from; first < to; first += IN_A_TRANSACTION) {
      List<OutboxRecord> records =
          IntStream.range(first, Math.min(to, first + IN_A_TRANSACTION))
              .mapToObj(Events::record)
              .toList();
      transactor.<Boolean, RuntimeException>inTransaction(
          tx -> {
            outbox.append(tx, records);
            return true;
          });
    }
  }

  /** The message that a way without messages of its own hands on. */
  public static Message message(String id, String key, byte[] payload) {
    return new Message(id, TOPIC, key, TYPE, null, CONTENT_TYPE, Map.of(), null, null, payload);
  }

  /** What is sent before anything is measured. */
  static Message warmUp() {
    return new Message(
        "warm-up", WARM_UP, null, TYPE, null, CONTENT_TYPE, Map.of(), null, null, payload(0));
  }

  /** An event's payload as text. */
  public static String text(int number) {
    return new String(payload(number), StandardCharsets.US_ASCII);
  }

  /** An event's payload. Without a formatter, which would cost more than the append. */
  public static byte[] payload(int number) {
    byte[] payload = EMPTY.clone();
    int rest = number;
    for (int i = DIGITS - 1; rest > 0; i--) {
      payload[i] = (byte) ('0' + rest % 10);
      rest /= 10;
    }
    return payload;
  }

  /** The number of the event that a payload belongs to. */
  static int number(byte[] payload) {
    int number = 0;
    for (int i = 0; i < DIGITS; i++) {
      number = 10 * number + payload[i] - '0';
    }
    return number;
  }

  /** The key of an event, the unit of its order. */
  public static String key(int number) {
    return "key-" + Math.floorMod(number, KEYS);
  }
}
