package io.rowpost.jdbc;

import java.sql.SQLException;
import java.util.List;

/** The stream of messages, as one lease reads it and settles what it has read. */
interface Stream {
  /** Notes that a row is settled; false if it was not in flight. */
  boolean land(long seq);

  /**
   * Writes down what became of rows that have landed.
   *
   * @param sent were sent
   * @param parked are copied to the parked ones already
   */
  void leave(List<Long> sent, List<Long> parked) throws SQLException;

  /** Writes down that parked rows were sent; they are about to be deleted there. */
  void keep(List<Long> sentParked) throws SQLException;
}
