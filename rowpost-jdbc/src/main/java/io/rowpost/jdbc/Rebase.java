package io.rowpost.jdbc;

import io.rowpost.core.RowpostException;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Begins anew in another cluster, where the xids in a log and in its cursors mean other
 * transactions.
 *
 * <p>The snapshot from which every relay goes on is taken before any row is looked at. A row that
 * is not seen then was written by a transaction that this snapshot does not know, so its relay
 * reads it when it has committed. A row that is seen gets an xid of this cluster: one that every
 * snapshot knows if it is certainly consumed, else that of this transaction, which the snapshot
 * does not know either. Rows keep their seq, and with it their place before those of transactions
 * still open.
 *
 * @param here the cluster that the connection leads to
 * @param before one in which a relay has read, or null if all have read here or nowhere
 * @param holdsForeign whether the log has rows that only another cluster can have written
 */
record Rebase(long here, @Nullable Long before, boolean holdsForeign) {
  /** What has to be known about the cluster. */
  static Rebase look(Session session) throws SQLException {
    try (ResultSet row = session.prepare(Query.CLUSTER).executeQuery()) {
      row.next();
      return new Rebase(row.getLong(1), row.getObject(2, Long.class), row.getBoolean(3));
    }
  }

  private boolean isNeeded() {
    return before != null || holdsForeign;
  }

  private String origin() {
    return before == null ? "another cluster" : "the cluster " + Long.toUnsignedString(before);
  }

  /** Refuses whatever trusts xids and cursors. */
  static void refuseIfNeeded(Session session, String what) throws SQLException {
    Rebase found = look(session);
    if (found.isNeeded()) {
      throw new RowpostException(
          "ROWPOST-217",
          "%s: the outbox was written or read in %s, and this is %s, where the same transaction ids"
                  .formatted(what, found.origin(), Long.toUnsignedString(found.here))
              + " mean others.",
          "if this is a restored dump, or a copy by logical replication that is now the primary,"
              + " call Schema.rebase: what cannot be told to be sent is sent again. After pg_upgrade,"
              + " which keeps them: UPDATE %s SET cluster = NULL."
                  .formatted(session.statements().tables().name("relay")),
          null);
    }
  }

  /** Does it and commits, if it is needed; returns how many rows every relay is to read. */
  static long run(Session session) throws SQLException {
    String snapshot;
    try (ResultSet row = session.prepare(Query.SNAPSHOT).executeQuery()) {
      row.next();
      snapshot = row.getString(1);
    }
    session.prepare(Query.LOCK_RELAYS).execute();
    Rebase found = look(session);
    if (!found.isNeeded()) {
      return 0;
    }
    long consumed = session.prepare(Query.REBASE_CONSUMED).executeUpdate();
    long again = session.prepare(Query.REBASE_AGAIN).executeUpdate();
    again += session.prepare(Query.REBASE_COPIES).executeUpdate();
    PreparedStatement cursors = session.prepare(Query.REBASE_CURSORS);
    Cursor.set(cursors, 1, snapshot);
    cursors.executeUpdate();
    session.prepare(Query.REBASE_RELAYS).executeUpdate();
    Audit.write(
        session,
        new Audit.Line(
            session.user(),
            "rebase",
            "from %s to %s: %d known to be consumed"
                .formatted(found.origin(), Long.toUnsignedString(found.here), consumed),
            List.of(),
            again,
            ""));
    session.commit();
    return again;
  }
}
