package io.rowpost.benchmarks;

import java.util.List;

/**
 * A way as the tables name it, and how to start it.
 *
 * @param name short, as in results
 * @param title as in tables
 * @param main the class and its arguments behind the database's
 * @param peer whether it comes from elsewhere, on a class path of its own
 * @param events how large a backlog it is given at most: who is slow gets less, or it takes hours
 * @param condition what makes its life harder
 */
record Entrant(
    String name, String title, List<String> main, boolean peer, int events, Condition condition) {

  /** What makes a way's life harder. */
  enum Condition {
    NONE,
    /** Its outbox holds many rows that were sent before. */
    HISTORY,
    /** Somebody holds a snapshot of its database all the time. */
    SNAPSHOT,
    /** Somebody has appended an event and does not commit all the time. */
    WRITER
  }

  static final Entrant NO_OUTBOX = own("no-outbox", "business transaction: INSERT, COMMIT");
  static final Entrant HAND_ROW =
      own("hand-row", "INSERT by hand, row layout's table", "raw-delete");
  static final Entrant HAND_LOG =
      own("hand-log", "INSERT by hand, log layout's table", "raw-cursor");
  static final Entrant HAND_EXECUTE =
      own("hand-execute", "INSERT with the COMMIT by hand, log layout's table", "raw-execute");
  static final Entrant RAW_CURSOR = own("raw-cursor", "raw SQL: read between two snapshots");
  static final Entrant RAW_NOTIFY = own("raw-notify", "raw SQL: NOTIFY in the transaction");
  static final Entrant RAW_DELETE = own("raw-delete", "raw SQL: select, delete by key");
  static final Entrant RAW_UPDATE = own("raw-update", "raw SQL: select, mark by key");
  static final Entrant ROW = own("row", "Rowpost, row layout");
  static final Entrant ROW_KEEP = own("row-keep", "Rowpost, row layout, sent rows kept");
  static final Entrant ROW_EXECUTE = own("row-execute", "Rowpost, row layout, executeWithOutbox");
  static final Entrant LOG = own("log", "Rowpost, log layout");
  static final Entrant LOG_EXECUTE = own("log-execute", "Rowpost, log layout, executeWithOutbox");
  static final Entrant LOG_WAKE = own("log-wake", "the same, waking an idle relay each time");
  static final Entrant INBOX_RAW = own("inbox-raw", "raw SQL: INSERT ON CONFLICT, effect, COMMIT");
  static final Entrant INBOX_ONE = own("inbox-one", "Rowpost's inbox, one by one");
  static final Entrant INBOX_DUPLICATE = own("inbox-duplicate", "Rowpost's inbox, a duplicate");
  static final Entrant INBOX_BATCH = own("inbox-batch", "Rowpost's inbox, polls of 500");
  static final Entrant NAMASTACK =
      peer("namastack", "namastack-outbox 1.6.0 JDBC", "NamastackWay", 10_000);
  static final Entrant MODULITH =
      peer("modulith", "Spring Modulith 2.1.1 JDBC", "ModulithWay", 5_000);
  static final Entrant DEBEZIUM =
      peer("debezium", "Debezium 3.6.3 embedded", "DebeziumWay", 100_000);

  private static Entrant own(String name, String title) {
    return own(name, title, name);
  }

  private static Entrant own(String name, String title, String way) {
    List<String> main = List.of(OwnWay.class.getName(), way);
    return new Entrant(name, title, main, false, Integer.MAX_VALUE, Condition.NONE);
  }

  private static Entrant peer(String name, String title, String type, int events) {
    List<String> main = List.of("io.rowpost.benchmarks.peers." + type);
    return new Entrant(name, title, main, true, events, Condition.NONE);
  }

  /** Whether it is neither a peer nor SQL by hand. */
  boolean rowpost() {
    return !peer && !main.get(1).startsWith("raw");
  }

  /** The same under a condition. */
  Entrant under(Condition hard, String suffix, String words) {
    return new Entrant(name + suffix, title + ", " + words, main, peer, events, hard);
  }
}
