package io.rowpost.verification;

import io.rowpost.core.FaultPoint;
import io.rowpost.core.Lease;
import io.rowpost.core.OutboxAdmin;
import io.rowpost.core.OutboxBatch;
import io.rowpost.core.OutboxRecord;
import io.rowpost.core.OutboxStore;
import io.rowpost.core.StoreException;
import io.rowpost.jdbc.JdbcOutboxStore;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Set;
import javax.sql.DataSource;

/** Applications that are wrong on purpose. */
final class PlantedApplication {
  private PlantedApplication() {}

  enum Bug {
    /** Saves its data and its messages in two transactions. */
    DUAL_WRITE,
    /** Takes a COMMIT whose answer it has not heard for one that was refused. */
    ASSUMES_THE_WORST
  }

  public static void main(String[] arguments) {
    Setup setup = Setup.parse(arguments);
    DataSource database = ApplicationChild.pool(setup);
    OutboxStore<Connection> store = JdbcOutboxStore.appendOnly().build();
    switch (Bug.valueOf(setup.text(Setting.BUG))) {
      case DUAL_WRITE ->
          ApplicationChild.run(setup, database, new Beside(store, setup.dataSource()));
      case ASSUMES_THE_WORST ->
          ApplicationChild.run(setup, Meddled.thatTakesLossesForRefusals(database), store);
    }
  }

  /** Appends in transactions of its own. */
  private record Beside(OutboxStore<Connection> sound, DataSource own)
      implements OutboxStore<Connection> {
    @Override
    public void append(Connection tx, List<OutboxRecord> records) {
      try (Connection other = own.getConnection()) {
        other.setAutoCommit(false);
        sound.append(other, records);
        other.commit();
      } catch (SQLException e) {
        throw refused(e);
      }
    }

    @Override
    public void appendAndCommit(Connection tx, OutboxRecord record) {
      append(tx, List.of(record));
      FaultPoint.APPEND_DONE.pass();
      try {
        tx.commit();
      } catch (SQLException e) {
        throw refused(e);
      }
    }

    private static StoreException refused(SQLException e) {
      return new StoreException(
          "ROWPOST-210", "refused", "none", StoreException.Outcome.ROLLED_BACK, e);
    }

    @Override
    public boolean appendIfAbsent(Connection tx, OutboxRecord record) {
      return sound.appendIfAbsent(tx, record);
    }

    @Override
    public Lease.Attempt lease(Lease.Request request) {
      return sound.lease(request);
    }

    @Override
    public Set<Long> blockedKeys(Lease lease, int limit) {
      return sound.blockedKeys(lease, limit);
    }

    @Override
    public boolean probe(Lease lease, long changes) {
      return sound.probe(lease, changes);
    }

    @Override
    public OutboxBatch settleAndFetch(Lease lease, Turn turn) {
      return sound.settleAndFetch(lease, turn);
    }

    @Override
    public void release(Lease lease) {
      sound.release(lease);
    }

    @Override
    public OutboxAdmin admin() {
      return sound.admin();
    }
  }
}
