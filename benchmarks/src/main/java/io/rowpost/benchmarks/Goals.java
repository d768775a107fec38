package io.rowpost.benchmarks;

import static io.rowpost.benchmarks.Goal.atLeast;
import static io.rowpost.benchmarks.Goal.atMost;

import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** What Rowpost wants to reach. A goal that is met for long gets raised. */
final class Goals {
  private static final String ROUND_TRIPS = "round-trips";

  private Goals() {}

  private static Function<Results, Optional<Double>> rates(String part, Entrant way, Entrant base) {
    return ratio(part, way, base, Run.PER_SECOND);
  }

  private static Function<Results, Optional<Double>> ratio(
      String part, Entrant way, Entrant base, String figure) {
    return results -> results.ratio(part, way.name(), base.name(), figure).map(Spread::median);
  }

  private static Function<Results, Optional<Double>> median(
      String part, Entrant way, String figure) {
    return results -> results.median(part, way.name(), figure);
  }

  private static Function<Results, Optional<Double>> difference(
      String part, Entrant way, Entrant base, String figure) {
    return results ->
        results
            .median(part, way.name(), figure)
            .flatMap(
                value -> results.median(part, base.name(), figure).map(floor -> value - floor));
  }

  static List<Goal> all() {
    return List.of(
        atLeast(
            "P1.vs_raw_insert",
            0.97,
            "append, log layout: transactions/s beside an INSERT by hand",
            rates(Parts.APPEND, Entrant.LOG, Entrant.HAND_LOG)),
        atLeast(
            "P1.row_vs_raw_insert",
            0.97,
            "append, row layout: transactions/s beside an INSERT by hand",
            rates(Parts.APPEND, Entrant.ROW, Entrant.HAND_ROW)),
        atMost(
            "P1.cpu_vs_no_outbox",
            1.5,
            "append: CPU beside no outbox",
            ratio(Parts.APPEND, Entrant.LOG, Entrant.NO_OUTBOX, Run.CPU)),
        atMost(
            "P1.wal_bytes", 720, "append: WAL bytes", median(Parts.APPEND, Entrant.LOG, Run.WAL)),
        atMost(
            "P1.round_trips_of_100",
            1,
            "append of 100 records: round trips, without the COMMIT",
            results ->
                results
                    .median(
                        ROUND_TRIPS,
                        Entrant.LOG.name() + Append.RoundTripsOf.MANY,
                        Append.RoundTripsOf.ROUND_TRIPS)
                    .map(count -> count - 1)),
        atLeast(
            "P2.vs_no_outbox",
            0.9,
            "executeWithOutbox: transactions/s beside no outbox",
            rates(Parts.APPEND, Entrant.LOG_EXECUTE, Entrant.NO_OUTBOX)),
        atMost(
            "P2.cpu_vs_no_outbox",
            1.25,
            "executeWithOutbox: CPU beside no outbox",
            ratio(Parts.APPEND, Entrant.LOG_EXECUTE, Entrant.NO_OUTBOX, Run.CPU)),
        atLeast(
            "P2.vs_raw_execute",
            0.97,
            "executeWithOutbox: transactions/s beside INSERT and COMMIT by hand in one round trip",
            rates(Parts.APPEND, Entrant.LOG_EXECUTE, Entrant.HAND_EXECUTE)),
        atMost(
            "P2.round_trips_over_no_outbox",
            0,
            "executeWithOutbox: round trips more than without an outbox",
            difference(
                ROUND_TRIPS,
                Entrant.LOG_EXECUTE,
                Entrant.NO_OUTBOX,
                Append.RoundTripsOf.ROUND_TRIPS)),
        atLeast(
            "P3.log_vs_raw_cursor",
            0.4,
            "drain, log layout: events/s beside reading by hand",
            rates(Drain.NOWHERE, Entrant.LOG, Entrant.RAW_CURSOR)),
        atLeast(
            "P3.log_vs_namastack",
            80,
            "drain, log layout: events/s beside namastack-outbox",
            rates(Drain.NOWHERE, Entrant.LOG, Entrant.NAMASTACK)),
        atLeast(
            "P3.log_vs_debezium",
            8,
            "drain, log layout: events/s beside Debezium",
            rates(Drain.NOWHERE, Entrant.LOG, Entrant.DEBEZIUM)),
        atMost(
            "P3.log_cpu_us",
            6,
            "drain, log layout: CPU us",
            median(Drain.NOWHERE, Entrant.LOG, Run.CPU)),
        atLeast(
            "P3.row_vs_raw_delete",
            0.75,
            "drain, row layout: events/s beside select and delete by hand",
            rates(Drain.NOWHERE, Entrant.ROW, Entrant.RAW_DELETE)),
        atMost(
            "P3.row_cpu_us",
            15,
            "drain, row layout: CPU us",
            median(Drain.NOWHERE, Entrant.ROW, Run.CPU)),
        atLeast(
            "P3.row_keep_vs_raw_update",
            0.75,
            "drain, row layout, rows kept: events/s beside select and mark by hand",
            rates(Drain.NOWHERE, Entrant.ROW_KEEP, Entrant.RAW_UPDATE)),
        atLeast(
            "P4.log_vs_raw_relay",
            0.9,
            "to Kafka, log layout: events/s beside reading by hand",
            rates(Drain.KAFKA, Entrant.LOG, Entrant.RAW_CURSOR)),
        atLeast(
            "P4.log_vs_namastack",
            40,
            "to Kafka, log layout: events/s beside namastack-outbox",
            rates(Drain.KAFKA, Entrant.LOG, Entrant.NAMASTACK)),
        atLeast(
            "P4.log_vs_debezium",
            3.5,
            "to Kafka, log layout: events/s beside Debezium",
            rates(Drain.KAFKA, Entrant.LOG, Entrant.DEBEZIUM)),
        atMost(
            "P4.log_cpu_us",
            20,
            "to Kafka, log layout: CPU us",
            median(Drain.KAFKA, Entrant.LOG, Run.CPU)),
        atMost(
            "P6.p50_ms_over_floor",
            1,
            "latency at 200/s, another process: median ms more than NOTIFY",
            difference(Parts.LATENCY, Entrant.LOG, Entrant.RAW_NOTIFY, Run.P50)),
        atMost(
            "P6.p99_vs_floor",
            2,
            "latency at 200/s, another process: p99 beside NOTIFY",
            ratio(Parts.LATENCY, Entrant.LOG, Entrant.RAW_NOTIFY, Run.P99)),
        atMost(
            "P6.same_process_p50_ms",
            1,
            "latency at 200/s, same process: median ms",
            median(Parts.LATENCY, Entrant.LOG_EXECUTE, Run.P50)),
        atMost(
            "P6.idle_percent_of_core",
            1,
            "an idle relay: percent of a core",
            median(Parts.IDLE, Entrant.LOG, Latency.Idle.PERCENT)),
        atLeast(
            "P6.waking_vs_not",
            0.97,
            "executeWithOutbox: transactions/s with a relay to wake, beside none",
            rates(Parts.APPEND, Entrant.LOG_WAKE, Entrant.LOG_EXECUTE)),
        atMost(
            "P7.log_cpu_vs_empty",
            1.2,
            "drain with a long history, log layout: CPU beside an empty table",
            ratio(Parts.HISTORY, Parts.LOG_HISTORY, Entrant.LOG, Run.CPU)),
        atMost(
            "P7.row_cpu_vs_empty",
            1.2,
            "drain with a long history, row layout: CPU beside an empty table",
            ratio(Parts.HISTORY, Parts.KEEP_HISTORY, Entrant.ROW_KEEP, Run.CPU)),
        atMost("P7.purge_cpu_us", 3, "purge: CPU us", median(Parts.PURGE, Entrant.LOG, Run.CPU)),
        atMost(
            "P7.purge_wal_bytes",
            150,
            "purge: WAL bytes",
            median(Parts.PURGE, Entrant.LOG, Run.WAL)),
        atMost(
            "P8.log_cpu_vs_none",
            1.1,
            "drain while a snapshot is held, log layout: CPU beside none",
            ratio(Parts.SNAPSHOT, Parts.LOG_SNAPSHOT, Entrant.LOG, Run.CPU)),
        atMost(
            "P8.row_cpu_vs_none",
            2,
            "drain while a snapshot is held, row layout: CPU beside none",
            ratio(Parts.SNAPSHOT, Parts.ROW_SNAPSHOT, Entrant.ROW, Run.CPU)),
        atMost(
            "P9.log_p99_vs_none",
            1.2,
            "latency beside an open append, log layout: p99 beside none",
            ratio(Parts.WRITER, Parts.LOG_WRITER, Entrant.LOG, Run.P99)),
        atMost(
            "P9.row_p99_vs_none",
            1.2,
            "latency beside an open append, row layout: p99 beside none",
            ratio(Parts.WRITER, Parts.ROW_WRITER, Entrant.ROW, Run.P99)),
        atLeast(
            "P10.one_vs_raw",
            0.95,
            "inbox, one by one: messages/s beside ON CONFLICT by hand",
            rates(Parts.INBOX, Entrant.INBOX_ONE, Entrant.INBOX_RAW)),
        atLeast(
            "P10.batch_vs_one",
            5,
            "inbox: messages/s in polls of 500 beside one by one",
            rates(Parts.INBOX, Entrant.INBOX_BATCH, Entrant.INBOX_ONE)),
        atMost(
            "P10.duplicate_wal_bytes",
            0.5,
            "inbox, a duplicate: WAL bytes",
            median(Parts.INBOX, Entrant.INBOX_DUPLICATE, Run.WAL)),
        atLeast(
            "P11.per_second",
            15_000,
            "outbox, Kafka, inbox, effect: messages/s",
            median(Parts.END_TO_END, Entrant.LOG, Run.PER_SECOND)),
        atMost(
            "P12.heap_growth_mb",
            4,
            "a slow broker: growth of the heap in MB",
            median(Parts.MEMORY, Entrant.LOG, Hardship.Memory.GROWTH)),
        atMost(
            "P12.first_publish_ms",
            1000,
            "a long backlog: ms from the relay's start to its first publish",
            median(Parts.MEMORY, Entrant.LOG, Hardship.Memory.FIRST_MILLIS)),
        atMost(
            "audit.bad_events",
            0,
            "events of Rowpost lost, repeated or out of order, in all runs",
            results ->
                Optional.of(results.parts().stream().mapToDouble(results::badEvents).sum())));
  }
}
