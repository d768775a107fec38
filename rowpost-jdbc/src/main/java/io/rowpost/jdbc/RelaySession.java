package io.rowpost.jdbc;

import io.rowpost.core.Lease;
import io.rowpost.core.LeaseLostException;
import io.rowpost.core.OutboxBatch;
import io.rowpost.core.OutboxStore;
import io.rowpost.core.Settlement;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/**
 * What one lease works with: a connection of its own, and the memory of what it has read.
 *
 * <p>Both end together: a lease that outlived its connection would not know what was written. For
 * one relay, one call at a time.
 */
abstract class RelaySession {
  final Session session;
  final Lease lease;

  RelaySession(Session session, Lease lease) {
    this.session = session;
    this.lease = lease;
  }

  /** Begins the work of a lease just granted. */
  static RelaySession begin(Session session, Lease lease, boolean keepSent) throws SQLException {
    return switch (session.statements().layout()) {
      case ROW -> RowRelaySession.begin(session, lease, keepSent);
      case LOG -> LogRelaySession.begin(session, lease);
    };
  }

  Session session() {
    return session;
  }

  Lease lease() {
    return lease;
  }

  /**
   * One turn; see {@link OutboxStore#settleAndFetch}.
   *
   * @throws LeaseLostException if the lease does not stand any more
   */
  abstract OutboxBatch turn(OutboxStore.Turn turn) throws SQLException;

  /** Whether a turn may find something; a lost lease counts, so that a turn finds it. */
  abstract boolean probe(long changes) throws SQLException;

  /** Gives the lease up and the connection back. */
  void release() throws SQLException {
    PreparedStatement statement = session.prepare(Query.RELEASE);
    setLease(statement, 1);
    statement.executeUpdate();
    session.commit();
    session.close();
  }

  /** Whether a lease still stands in the store. */
  static boolean isHeld(Session session, Lease lease) throws SQLException {
    PreparedStatement statement = session.prepare(Query.FENCE);
    setLease(session, lease, statement, 1);
    try (ResultSet row = statement.executeQuery()) {
      return row.next();
    }
  }

  /** Binds relay, owner and token. */
  void setLease(PreparedStatement statement, int index) throws SQLException {
    setLease(session, lease, statement, index);
  }

  private static void setLease(Session session, Lease lease, PreparedStatement statement, int index)
      throws SQLException {
    statement.setString(index, lease.relay());
    session.values().setUuid(statement, index + 1, lease.owner());
    statement.setLong(index + 2, lease.token());
  }

  /** The outcome of a row that is no record: it is given up at once. */
  static OutboxBatch.Settled unreadable(Row row, OutboxBatch.Origin origin) {
    return new OutboxBatch.Settled(
        new OutboxBatch.Entry(row.record(), row.seq(), origin),
        new Settlement.Failed("ROWPOST-215 The row is no record: " + row.unreadable(), true));
  }
}
