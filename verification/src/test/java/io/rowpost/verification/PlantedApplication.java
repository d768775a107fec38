package io.rowpost.verification;

import io.rowpost.core.FaultPoint;
import io.rowpost.core.OutboxRecord;
import io.rowpost.core.OutboxStore;
import io.rowpost.core.StoreException;
import io.rowpost.jdbc.JdbcOutboxStore;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import javax.sql.DataSource;

/** Applications that are wrong on purpose. */
final class PlantedApplication {
  private PlantedApplication() {}

  enum Bug {
    /** Saves its data and its messages in two transactions. */
    DUAL_WRITE,
    /** Takes a COMMIT whose answer it has not heard for one that was refused. */
    ASSUMES_THE_WORST,
    /** Appends again what is there already. */
    FORGETS_WHAT_IT_APPENDED
  }

  public static void main(String[] arguments) {
    Setup setup = Setup.parse(arguments);
    DataSource database = ApplicationChild.pool(setup);
    OutboxStore<Connection> store = JdbcOutboxStore.appendOnly().build();
    switch (Bug.valueOf(setup.text(Setting.BUG))) {
      case DUAL_WRITE -> ApplicationChild.run(setup, database, beside(store, setup.dataSource()));
      case ASSUMES_THE_WORST ->
          ApplicationChild.run(setup, Meddled.thatTakesLossesForRefusals(database), store);
      case FORGETS_WHAT_IT_APPENDED -> ApplicationChild.run(setup, database, forgetting(store));
    }
  }

  /** One to which every id is new. */
  @SuppressWarnings("unchecked")
  private static OutboxStore<Connection> forgetting(OutboxStore<Connection> sound) {
    return Meddled.as(
        OutboxStore.class,
        (self, method, arguments) -> {
          var tx = (Connection) arguments[0];
          switch (method.getName()) {
            case "append" -> sound.append(tx, (List<OutboxRecord>) arguments[1]);
            case "appendAndCommit" -> sound.appendAndCommit(tx, (OutboxRecord) arguments[1]);
            case "appendIfAbsent" -> {
              sound.append(tx, List.of((OutboxRecord) arguments[1]));
              return true;
            }
            default -> throw new UnsupportedOperationException(method.getName());
          }
          return null;
        });
  }

  /** One that appends in transactions of its own, and can do nothing else. */
  @SuppressWarnings("unchecked")
  private static OutboxStore<Connection> beside(OutboxStore<Connection> sound, DataSource own) {
    return Meddled.as(
        OutboxStore.class,
        (self, method, arguments) -> {
          try (Connection other = own.getConnection()) {
            other.setAutoCommit(false);
            switch (method.getName()) {
              case "append" -> {
                sound.append(other, (List<OutboxRecord>) arguments[1]);
                other.commit();
              }
              case "appendAndCommit" -> {
                sound.append(other, List.of((OutboxRecord) arguments[1]));
                other.commit();
                FaultPoint.APPEND_DONE.pass();
                ((Connection) arguments[0]).commit();
              }
              default -> throw new UnsupportedOperationException(method.getName());
            }
            return null;
          } catch (SQLException e) {
            throw new StoreException(
                "ROWPOST-210", "refused", "none", StoreException.Outcome.ROLLED_BACK, e);
          }
        });
  }
}
