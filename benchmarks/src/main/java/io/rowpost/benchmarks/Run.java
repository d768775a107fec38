package io.rowpost.benchmarks;

import java.util.Map;

/**
 * One measurement of one way.
 *
 * @param part the scenario
 * @param way what was measured
 * @param round ways of one round were measured right after each other
 * @param figures by name; those of another kind than the constants here belong to their part
 */
record Run(String part, String way, int round, Map<String, Double> figures) {
  static final String EVENTS = "events";
  static final String PER_SECOND = "per_second";

  /** Processor time for each event, of the client's JVM and of all processes of the server. */
  static final String CPU = "cpu_us";

  static final String CLIENT_CPU = "client_cpu_us";
  static final String SERVER_CPU = "server_cpu_us";

  /** What the server wrote to its log for each event; whoever else writes there is counted too. */
  static final String WAL = "wal_bytes";

  /** Rows updated or deleted for each event. */
  static final String DEAD = "dead_tuples";

  static final String LOST = "lost";
  static final String DUPLICATES = "duplicates";
  static final String DISORDER = "disorder";
  static final String P50 = "p50_ms";
  static final String P99 = "p99_ms";
  static final String P999 = "p999_ms";
}
