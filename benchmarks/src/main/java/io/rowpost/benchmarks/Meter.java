package io.rowpost.benchmarks;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Takes time, processor time and what the server wrote while a way works. */
final class Meter {
  private static final String WRITTEN =
      """
      SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint
      """;
  private static final String CHANGED =
      """
      SELECT coalesce(sum(n_tup_upd + n_tup_del), 0)::bigint FROM pg_stat_user_tables
      """;

  private final Connection connection;
  private final List<Long> clientPids;
  private final long serverPid;
  private final long changedBefore;
  private long began;
  private double clientCpu;
  private double serverCpu;
  private long written;

  /**
   * Makes one; what happened before {@link #begin()} counts for dead rows only.
   *
   * @param connection to the database of the way
   */
  Meter(Connection connection, List<Long> clientPids, long serverPid) throws SQLException {
    this.connection = connection;
    this.clientPids = clientPids;
    this.serverPid = serverPid;
    this.changedBefore = Sql.number(connection, CHANGED);
  }

  void begin() throws SQLException {
    written = Sql.number(connection, WRITTEN);
    clientCpu = clientCpu();
    serverCpu = Cpu.ofTree(serverPid);
    began = System.nanoTime();
  }

  private double clientCpu() {
    return clientPids.stream().mapToDouble(Cpu::ofTree).sum();
  }

  /** What was spent since the begin, for each of so many events. */
  Map<String, Double> end(double events) throws SQLException {
    return end(events, (System.nanoTime() - began) / 1e9);
  }

  /** The same where the way has taken the time itself. */
  Map<String, Double> end(double events, double seconds) throws SQLException {
    double client = (clientCpu() - clientCpu) / events;
    double server = (Cpu.ofTree(serverPid) - serverCpu) / events;
    var figures = new LinkedHashMap<String, Double>();
    figures.put(Run.EVENTS, events);
    figures.put(Run.PER_SECOND, events / seconds);
    figures.put(Run.CPU, client + server);
    figures.put(Run.CLIENT_CPU, client);
    figures.put(Run.SERVER_CPU, server);
    figures.put(Run.WAL, (Sql.number(connection, WRITTEN) - written) / events);
    return figures;
  }

  /** To be asked when the way has closed its connections, which then have told what they did. */
  double deadTuples(double events) throws SQLException {
    return (Sql.number(connection, CHANGED) - changedBefore) / events;
  }
}
