package io.rowpost.jdbc;

import io.rowpost.core.Lease;
import io.rowpost.core.OutboxAdmin;
import io.rowpost.core.OutboxBatch;
import io.rowpost.core.OutboxRecord;
import io.rowpost.core.OutboxStore;
import io.rowpost.core.Transactor;
import io.rowpost.testkit.OutboxFixture;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/** Each part of the store as the user whose role it needs; only the surroundings may do all. */
final class RolesOutboxFixture implements OutboxFixture<Connection> {
  private final JdbcOutboxFixture surroundings;
  private final Divided store;
  private final JdbcTransactor transactor;

  RolesOutboxFixture(DatabaseRoles roles, boolean keepSent) {
    this.surroundings = new JdbcOutboxFixture(roles.database, keepSent);
    this.store =
        new Divided(
            JdbcOutboxStore.appendOnly().build(),
            JdbcOutboxStore.builder(roles.as("relay")).keepSent(keepSent).build(),
            JdbcOutboxStore.builder(roles.as("operator")).keepSent(keepSent).build().admin());
    this.transactor = new JdbcTransactor(roles.as("app"));
  }

  /** One outbox in the hands of three users. */
  private record Divided(JdbcOutboxStore app, JdbcOutboxStore relay, OutboxAdmin admin)
      implements OutboxStore<Connection> {
    @Override
    public void append(Connection tx, List<OutboxRecord> records) {
      app.append(tx, records);
    }

    @Override
    public void appendAndCommit(Connection tx, OutboxRecord record) {
      app.appendAndCommit(tx, record);
    }

    @Override
    public boolean appendIfAbsent(Connection tx, OutboxRecord record) {
      return app.appendIfAbsent(tx, record);
    }

    @Override
    public Lease.Attempt lease(Lease.Request request) {
      return relay.lease(request);
    }

    @Override
    public Set<Long> blockedKeys(Lease lease, int limit) {
      return relay.blockedKeys(lease, limit);
    }

    @Override
    public boolean probe(Lease lease, long changes) {
      return relay.probe(lease, changes);
    }

    @Override
    public OutboxBatch settleAndFetch(Lease lease, Turn turn) {
      return relay.settleAndFetch(lease, turn);
    }

    @Override
    public void release(Lease lease) {
      relay.release(lease);
    }
  }

  @Override
  public OutboxStore<Connection> store() {
    return store;
  }

  @Override
  public Transactor<Connection> transactor() {
    return transactor;
  }

  @Override
  public void elapse(Duration time) {
    surroundings.elapse(time);
  }

  @Override
  public boolean alwaysKeepsSent() {
    return surroundings.alwaysKeepsSent();
  }

  @Override
  public List<String> audit() {
    return surroundings.audit();
  }

  @Override
  public int size(int full) {
    return surroundings.size(full);
  }

  @Override
  public void close() {
    store.relay.close();
    surroundings.close();
  }
}
