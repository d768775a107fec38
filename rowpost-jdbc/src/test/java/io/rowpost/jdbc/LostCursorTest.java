package io.rowpost.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rowpost.core.OutboxRecord;
import io.rowpost.core.OutboxRelay;
import io.rowpost.core.StoreException;
import io.rowpost.testservers.Await;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

/** A server that has lost what a relay had committed, as after a failover to one that lagged. */
class LostCursorTest {
  private static final String LOSE =
      "DELETE FROM {relay_cursor} c WHERE n >= (SELECT max(n) - 1 FROM {relay_cursor})";

  @Test
  void theTurnFailsAndTheNextLeaseBeginsWhereTheServerIs() {
    try (var database = Databases.create(Dialect.POSTGRESQL)) {
      database.install();
      try (var store = JdbcOutboxStore.builder(database.dataSource()).build()) {
        append(database, store, "a");
        var relay = new RelayTurns(store);
        assertThat(relay.drain()).containsExactly("a");
        database.execute("DELETE FROM {relay_cursor} WHERE n > 0");
        append(database, store, "b");

        assertThatThrownBy(() -> relay.fetch(10))
            .isInstanceOfSatisfying(
                StoreException.class,
                e -> {
                  assertThat(e.code()).isEqualTo("ROWPOST-216");
                  assertThat(e.outcome()).isEqualTo(StoreException.Outcome.ROLLED_BACK);
                });
        assertThat(relay.anew().drain()).containsExactly("a", "b");
      }
    }
  }

  @Test
  void aRunningRelayGoesOnByItself() {
    try (var database = Databases.create(Dialect.POSTGRESQL)) {
      database.install();
      var sent = new CopyOnWriteArrayList<String>();
      try (var store = JdbcOutboxStore.builder(database.dataSource()).build()) {
        OutboxRelay relay =
            OutboxRelay.builder(
                    store,
                    message -> {
                      sent.add(message.type());
                      return CompletableFuture.completedFuture(null);
                    })
                .pollInterval(Duration.ofMillis(20))
                .build()
                .start();
        for (int i = 0; i < 5; i++) {
          String type = "r" + i;
          append(database, store, type);
          assertThat(Await.until(Duration.ofSeconds(30), () -> sent.contains(type))).isTrue();
          database.execute(LOSE);
        }
        relay.close();
      }
    }
  }

  private static void append(Databases database, JdbcOutboxStore store, String type) {
    new JdbcTransactor(database.dataSource())
        .inTransaction(
            tx -> {
              store.append(tx, List.of(OutboxRecord.to("orders").type(type).payload(type).build()));
              return true;
            });
  }
}
