package io.rowpost.benchmarks;

import java.io.IOException;
import java.sql.SQLException;

/**
 * One way to get events out of transactions: Rowpost, SQL by hand, or a peer. Each runs in a JVM
 * and on a database of its own, driven by {@link WayMain}.
 */
public interface Way extends AutoCloseable {
  /** How it is set, where that is not the default. */
  String settings();

  /** Takes all events and orders out of its tables. */
  void clear() throws Exception;

  /** Appends a backlog, 1,000 events in a transaction. */
  void fill(int from, int to) throws Exception;

  /** One business transaction, an INSERT of an order, with one event. Thread-safe. */
  void transact(int number) throws Exception;

  /** Begins to hand events to the sink, until what is returned is closed. */
  AutoCloseable relay(Sink sink) throws Exception;

  /**
   * Deletes what was handed on long ago.
   *
   * @return how many events it deleted
   */
  long purge() throws Exception;

  @Override
  void close() throws IOException, SQLException;
}
