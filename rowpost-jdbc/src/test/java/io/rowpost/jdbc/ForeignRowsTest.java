package io.rowpost.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowpost.core.OutboxAdmin.Act;
import io.rowpost.core.OutboxAdmin.Filter;
import io.rowpost.core.OutboxAdmin.Item;
import io.rowpost.core.OutboxRecord;
import io.rowpost.core.OutboxRelay;
import io.rowpost.core.OutboxStatus;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Rows that somebody else has written or spoilt: they are given up, and hold up their own key. */
class ForeignRowsTest {
  @ParameterizedTest
  @EnumSource(names = {"H2", "POSTGRESQL", "MARIADB"})
  void anUnreadableRowHoldsUpItsOwnKeyOnly(Dialect dialect) {
    Databases database = Databases.kept(dialect);
    try (var fixture = new JdbcOutboxFixture(database, false)) {
      fixture
          .transactor()
          .inTransaction(
              tx -> {
                fixture
                    .store()
                    .append(
                        tx,
                        List.of(
                            record("k", "before"),
                            record("k", "spoilt"),
                            record("k", "behind"),
                            record("other", "free"),
                            record(null, "keyless")));
                return true;
              });
      database.execute("UPDATE {outbox} SET headers = 'no header' WHERE type = 'spoilt'");
      var sent = new ArrayList<String>();
      OutboxRelay relay = relay(fixture, sent);
      poll(relay);
      assertThat(sent).containsExactlyInAnyOrder("before", "free", "keyless");
      List<Item> failed = fixture.store().admin().find(Filter.of(OutboxStatus.FAILED), 0, 10);
      assertThat(failed).hasSize(1);
      assertThat(failed.get(0).type()).isEqualTo("spoilt");
      assertThat(failed.get(0).lastError()).contains("ROWPOST-215");

      fixture.store().admin().discard(failed.get(0), new Act("alice", "spoilt"));
      poll(relay);
      relay.close();
      assertThat(sent).hasSize(4).endsWith("behind");
    }
  }

  private static OutboxRecord record(String key, String type) {
    return OutboxRecord.to("orders").key(key).type(type).payload(type).build();
  }

  private static OutboxRelay relay(JdbcOutboxFixture fixture, List<String> sent) {
    return OutboxRelay.builder(
            fixture.store(),
            message -> {
              sent.add(new String(message.payload(), StandardCharsets.UTF_8));
              return CompletableFuture.completedFuture(null);
            })
        .build();
  }

  private static void poll(OutboxRelay relay) {
    for (int i = 0; i < 5; i++) {
      relay.pollAndPublish();
    }
  }
}
