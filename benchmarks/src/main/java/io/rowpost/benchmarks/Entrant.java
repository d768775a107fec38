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
 */
record Entrant(String name, String title, List<String> main, boolean peer, int events) {
  static final Entrant NO_OUTBOX = own("no-outbox", "business transaction: INSERT, COMMIT");
  static final Entrant RAW_CURSOR = own("raw-cursor", "raw SQL: read between two snapshots");
  static final Entrant RAW_NOTIFY = own("raw-notify", "raw SQL: NOTIFY in the transaction");
  static final Entrant RAW_DELETE = own("raw-delete", "raw SQL: select, delete by key");
  static final Entrant RAW_UPDATE = own("raw-update", "raw SQL: select, mark by key");
  static final Entrant ROW = own("row", "Rowpost, row layout");
  static final Entrant ROW_KEEP = own("row-keep", "Rowpost, row layout, sent rows kept");
  static final Entrant ROW_EXECUTE = own("row-execute", "Rowpost, row layout, executeWithOutbox");
  static final Entrant LOG = own("log", "Rowpost, log layout");
  static final Entrant LOG_EXECUTE = own("log-execute", "Rowpost, log layout, executeWithOutbox");
  static final Entrant NAMASTACK =
      peer("namastack", "namastack-outbox 1.6.0 JDBC", "NamastackWay", 10_000);
  static final Entrant MODULITH =
      peer("modulith", "Spring Modulith 2.1.1 JDBC", "ModulithWay", 5_000);
  static final Entrant DEBEZIUM =
      peer("debezium", "Debezium 3.6.3 embedded", "DebeziumWay", 100_000);

  private static Entrant own(String name, String title) {
    return new Entrant(
        name, title, List.of(OwnWay.class.getName(), name), false, Integer.MAX_VALUE);
  }

  private static Entrant peer(String name, String title, String type, int events) {
    return new Entrant(
        name, title, List.of("io.rowpost.benchmarks.peers." + type), true, events);
  }
}
