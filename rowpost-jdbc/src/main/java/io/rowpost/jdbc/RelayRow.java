package io.rowpost.jdbc;

import io.rowpost.core.Lease;
import io.rowpost.core.RowpostException;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A relay's row as read: who owns it, and until when.
 *
 * @param now the database's clock when it was read
 */
record RelayRow(
    @Nullable UUID owner, long token, long renewals, @Nullable Instant leaseUntil, Instant now) {
  private static final Duration SHORTEST_IDLE = Duration.ofSeconds(1);
  private static final Duration LONGEST_IDLE = Duration.ofSeconds(30);

  /**
   * Tries to make the request's owner the owner. Commits if it is granted.
   *
   * <p>Whoever only stands by takes no lock: an owner in mid-turn holds one on this row.
   */
  static Lease.Attempt acquire(Session session, Lease.Request request) throws SQLException {
    if (session.statements().layout() == Layout.ROW) {
      requireOnlyName(session, request.relay());
    } else {
      Rebase.refuseIfNeeded(session, "Nothing was published");
    }
    RelayRow row = read(session, Query.READ_RELAY, request.relay());
    if (row == null) {
      create(session, request.relay());
    } else if (!row.mayGoTo(request)) {
      return row.held();
    }
    session.limit(idleLimit(request.duration()));
    row = read(session, Query.LOCK_RELAY, request.relay());
    if (row == null) {
      throw new SQLException("the relay's row was deleted while it was acquired", "40001");
    }
    if (!row.mayGoTo(request)) {
      return row.held();
    }
    var lease = new Lease(request.relay(), request.owner(), row.token + 1);
    PreparedStatement grant = session.prepare(Query.GRANT);
    session.values().setUuid(grant, 1, lease.owner());
    grant.setLong(2, lease.token());
    session.values().setTime(grant, 3, later(row.now, request.duration()));
    grant.setString(4, lease.relay());
    grant.executeUpdate();
    PreparedStatement land = session.prepare(Query.LAND_ALL);
    land.setString(1, lease.relay());
    land.executeUpdate();
    session.planForRelay();
    session.commit();
    return new Lease.Attempt.Granted(lease);
  }

  /** A stopped owner loses its row lock before its lease, so that a standby never waits for it. */
  private static Duration idleLimit(Duration lease) {
    Duration third = lease.dividedBy(3);
    if (third.compareTo(SHORTEST_IDLE) < 0) {
      return SHORTEST_IDLE;
    }
    return third.compareTo(LONGEST_IDLE) > 0 ? LONGEST_IDLE : third;
  }

  /** Two names would each publish everything; only the log layout can serve several. */
  private static void requireOnlyName(Session session, String relay) throws SQLException {
    try (ResultSet rows = session.prepare(Query.RELAYS).executeQuery()) {
      while (rows.next()) {
        String other = rows.getString(1);
        if (!other.equals(relay)) {
          throw new RowpostException(
              "ROWPOST-304",
              "Nothing was published: relay \"%s\" cannot read an outbox that relay \"%s\" serves."
                  .formatted(relay, other),
              "give every relay of one outbox the same name. To rename it for good, stop all of"
                  + " them and update the column relay in rowpost_relay and"
                  + " rowpost_outbox_parked.",
              null);
        }
      }
    }
  }

  private static @Nullable RelayRow read(Session session, Query query, String relay)
      throws SQLException {
    PreparedStatement statement = session.prepare(query);
    statement.setString(1, relay);
    try (ResultSet row = statement.executeQuery()) {
      if (!row.next()) {
        return null;
      }
      Values values = session.values();
      return new RelayRow(
          values.getUuid(row, 1),
          row.getLong(2),
          row.getLong(3),
          values.getTime(row, 4),
          values.requireTime(row, 5));
    }
  }

  private static void create(Session session, String relay) throws SQLException {
    PreparedStatement statement = session.prepare(Query.CREATE_RELAY);
    statement.setString(1, relay);
    try {
      statement.executeUpdate();
      session.commit();
    } catch (SQLException e) {
      session.rollback();
      // Somebody else is creating it. InnoDB may call that a deadlock of those that come too late.
      if (!SqlErrors.isDuplicateKey(e) && !SqlErrors.isBusy(e)) {
        throw e;
      }
    }
  }

  private boolean mayGoTo(Lease.Request request) {
    return owner == null
        || leaseUntil == null
        || !now.isBefore(leaseUntil)
        || request.isOwn(owner)
        || held().equals(request.stalled());
  }

  private Lease.Attempt.Held held() {
    return new Lease.Attempt.Held(token, renewals);
  }

  /** A delay beyond every calendar means never. */
  static Instant later(Instant now, Duration delay) {
    return delay.compareTo(Duration.between(now, Values.LATEST)) < 0
        ? now.plus(delay)
        : Values.LATEST;
  }
}
