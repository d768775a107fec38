package io.rowpost.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.rowpost.core.OutboxRelay;
import io.rowpost.core.OutboxRelay.State;
import io.rowpost.testservers.PostgresServer;
import io.rowpost.testservers.TcpProxy;
import io.rowpost.testservers.TestDatabase;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** A relay whose lease was granted by a COMMIT of which it has not heard. */
class LostGrantTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @Test
  void aProcessDoesNotWaitForALeaseThatIsItsOwn() throws Exception {
    try (TestDatabase server = PostgresServer.require().createDatabase();
        TcpProxy proxy = TcpProxy.to(server.address())) {
      Databases database = Databases.of(Dialect.POSTGRESQL, server);
      Schema.install(database.dataSource());
      // The COMMIT of a grant takes long enough for its connection to be cut.
      database.execute(
          "CREATE FUNCTION be_slow() RETURNS trigger LANGUAGE plpgsql"
              + " AS 'BEGIN PERFORM pg_sleep(1.5); RETURN NULL; END'");
      database.execute(
          "CREATE CONSTRAINT TRIGGER slow AFTER UPDATE ON {relay} DEFERRABLE INITIALLY DEFERRED"
              + " FOR EACH ROW EXECUTE FUNCTION be_slow()");
      Thread cutting =
          new Thread(
              () -> {
                await("the grant is being committed").atMost(PATIENCE).until(database::isAsleep);
                proxy.reset();
                database.execute("DROP TRIGGER slow ON {relay}");
              });
      cutting.start();
      try (var store = JdbcOutboxStore.builder(server.dataSource(proxy)).build();
          var relay =
              OutboxRelay.builder(store, message -> CompletableFuture.completedFuture(null))
                  .lease(PATIENCE.multipliedBy(10))
                  .build()
                  .start()) {
        await("it has its lease").atMost(PATIENCE).until(() -> relay.state() == State.RUNNING);
        assertThat(database.count("SELECT token FROM {relay}"))
            .as("the first grant was committed, and this is the second")
            .isEqualTo(2);
      }
      cutting.join();
    }
  }
}
