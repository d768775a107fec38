package io.rowpost.benchmarks;

import io.rowpost.benchmarks.Entrant.Condition;
import java.util.ArrayList;
import java.util.List;

/** All scenarios, in the order in which they run. */
final class Parts {
  static final String APPEND = "append";
  static final String INBOX = "inbox";
  static final String IDLE = "idle";
  static final String PURGE = "purge";
  static final String END_TO_END = "end-to-end";
  static final String MEMORY = "memory";
  static final String LATENCY = "latency-200";
  static final String WRITER = "writer";
  static final String HISTORY = "history";
  static final String SNAPSHOT = "snapshot";

  static final Entrant LOG_HISTORY = history(Entrant.LOG);
  static final Entrant KEEP_HISTORY = history(Entrant.ROW_KEEP);
  static final Entrant LOG_SNAPSHOT = snapshot(Entrant.LOG);
  static final Entrant ROW_SNAPSHOT = snapshot(Entrant.ROW);
  static final Entrant RAW_SNAPSHOT = snapshot(Entrant.RAW_DELETE);
  static final Entrant LOG_WRITER = writer(Entrant.LOG);
  static final Entrant ROW_WRITER = writer(Entrant.ROW);

  private static final List<Entrant> SAME_PROCESS =
      List.of(Entrant.ROW_EXECUTE, Entrant.LOG_EXECUTE, Entrant.NAMASTACK, Entrant.MODULITH);
  private static final List<Entrant> LATENCY_OF =
      List.of(
          Entrant.RAW_NOTIFY,
          Entrant.ROW,
          Entrant.LOG,
          Entrant.ROW_EXECUTE,
          Entrant.LOG_EXECUTE,
          Entrant.NAMASTACK,
          Entrant.MODULITH,
          Entrant.DEBEZIUM);

  private static final List<Entrant> DRAINING =
      List.of(
          Entrant.RAW_CURSOR,
          Entrant.LOG,
          Entrant.RAW_DELETE,
          Entrant.ROW,
          Entrant.NAMASTACK,
          Entrant.DEBEZIUM);

  private Parts() {}

  private static Entrant history(Entrant entrant) {
    return entrant.under(Condition.HISTORY, "-history", "a long history");
  }

  private static Entrant snapshot(Entrant entrant) {
    return entrant.under(Condition.SNAPSHOT, "-snapshot", "a snapshot held");
  }

  private static Entrant writer(Entrant entrant) {
    return entrant.under(Condition.WRITER, "-writer", "an open append elsewhere");
  }

  /** The main ratios, of few ways each. */
  static List<Part> quick() {
    return List.of(
        roundTrips(),
        append(
            List.of(
                Entrant.NO_OUTBOX,
                Entrant.HAND_LOG,
                Entrant.LOG,
                Entrant.LOG_EXECUTE,
                Entrant.NAMASTACK)),
        new Drain.ToNowhere(DRAINING),
        new Drain.ToKafka(
            List.of(Entrant.RAW_CURSOR, Entrant.LOG, Entrant.NAMASTACK, Entrant.DEBEZIUM)),
        latency(List.of(Entrant.RAW_NOTIFY, Entrant.LOG, Entrant.LOG_EXECUTE)),
        new EndToEnd(List.of(Entrant.LOG)));
  }

  private static Part roundTrips() {
    return new Append.RoundTripsOf(
        List.of(
            Entrant.NO_OUTBOX,
            Entrant.HAND_LOG,
            Entrant.ROW,
            Entrant.ROW_EXECUTE,
            Entrant.LOG,
            Entrant.LOG_EXECUTE));
  }

  private static Part append(List<Entrant> entrants) {
    return new Append(APPEND, "what an event adds to a business transaction", 16, entrants);
  }

  private static Part latency(List<Entrant> entrants) {
    return new Latency(
        LATENCY, "from commit to publisher, 200 events/s", known -> 200, entrants, SAME_PROCESS);
  }

  static List<Part> all() {
    return List.of(
        roundTrips(),
        append(
            List.of(
                Entrant.NO_OUTBOX,
                Entrant.HAND_ROW,
                Entrant.ROW,
                Entrant.ROW_EXECUTE,
                Entrant.HAND_LOG,
                Entrant.LOG,
                Entrant.HAND_EXECUTE,
                Entrant.LOG_EXECUTE,
                Entrant.LOG_WAKE,
                Entrant.NAMASTACK,
                Entrant.MODULITH,
                Entrant.DEBEZIUM)),
        new Drain.ToNowhere(
            List.of(
                Entrant.RAW_CURSOR,
                Entrant.LOG,
                Entrant.RAW_DELETE,
                Entrant.ROW,
                Entrant.RAW_UPDATE,
                Entrant.ROW_KEEP,
                Entrant.NAMASTACK,
                Entrant.MODULITH,
                Entrant.DEBEZIUM)),
        new Drain.ToKafka(DRAINING),
        latency(LATENCY_OF),
        new Latency(
            "latency-1000",
            "from commit to publisher, 1,000 events/s",
            known -> 1000,
            LATENCY_OF,
            SAME_PROCESS),
        new Latency(
            "latency-half",
            "from commit to publisher, half of what the way can append and drain",
            Bench.Measured::halfOfMost,
            LATENCY_OF,
            SAME_PROCESS),
        new Latency.Idle(List.of(Entrant.ROW, Entrant.LOG)),
        new Hardship(
            HISTORY,
            "drain with many sent rows in the table",
            List.of(Entrant.LOG, LOG_HISTORY, Entrant.ROW_KEEP, KEEP_HISTORY)),
        new Hardship.Purge(List.of(Entrant.LOG, Entrant.ROW_KEEP)),
        new Hardship(
            SNAPSHOT,
            "drain while somebody holds a snapshot",
            List.of(
                Entrant.LOG,
                LOG_SNAPSHOT,
                Entrant.ROW,
                ROW_SNAPSHOT,
                Entrant.RAW_DELETE,
                RAW_SNAPSHOT)),
        new Latency(
            WRITER,
            "from commit to publisher, 200 events/s, while somebody does not commit",
            known -> 200,
            List.of(Entrant.LOG, LOG_WRITER, Entrant.ROW, ROW_WRITER),
            List.of()),
        new Append(
            INBOX,
            "what an inbox adds to a handler's transaction",
            8,
            List.of(
                Entrant.INBOX_RAW,
                Entrant.INBOX_ONE,
                Entrant.INBOX_BATCH,
                Entrant.INBOX_DUPLICATE)),
        new EndToEnd(List.of(Entrant.LOG)),
        new Hardship.Memory(List.of(Entrant.LOG, Entrant.ROW)));
  }

  /** Their names, for the command line. */
  static final class Names extends ArrayList<String> {
    private static final long serialVersionUID = 1L;

    Names() {
      super(all().stream().map(Part::name).toList());
    }
  }
}
