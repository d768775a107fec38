package io.rowpost.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowpost.core.OutboxAdmin;
import io.rowpost.core.OutboxAdmin.Act;
import io.rowpost.core.OutboxAdmin.Filter;
import io.rowpost.core.OutboxAdmin.Item;
import io.rowpost.core.OutboxBatch.Entry;
import io.rowpost.core.OutboxRecord;
import io.rowpost.core.OutboxRelay;
import io.rowpost.core.OutboxStatus;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Rows that somebody else has written or spoilt: they are given up, and hold up their own key. */
class ForeignRowsTest {
  @ParameterizedTest
  @EnumSource(names = {"H2", "POSTGRESQL", "MARIADB"})
  void anUnreadableRowHoldsUpItsOwnKeyOnly(Dialect dialect) {
    Databases database = Databases.kept(dialect);
    try (var fixture = new JdbcOutboxFixture(database, false)) {
      fixture.append(
          List.of(
              record("k", "before"),
              record("k", "spoilt"),
              record("k", "behind"),
              record("other", "free"),
              record(null, "keyless")));
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

  /** The columns take more than a calendar of ours has. */
  @ParameterizedTest
  @CsvSource({
    "POSTGRESQL, LOG, infinity",
    "POSTGRESQL, LOG, -infinity",
    "POSTGRESQL, LOG, 12000-01-01",
    "POSTGRESQL, LOG, 4000-01-01 BC",
    "POSTGRESQL, ROW, infinity",
    "POSTGRESQL, ROW, -infinity",
    "POSTGRESQL, ROW, 12000-01-01",
    "H2, ROW, 12000-01-01 00:00:00+00",
    "H2, ROW, -12000-01-01 00:00:00+00",
    "H2, ROW, 999999999-01-01 00:00:00+00",
    "MARIADB, ROW, 1000-01-01 00:00:00",
    "MARIADB, ROW, 9999-12-31 23:59:59.999999",
    "MARIADB, ROW, 0000-00-00 00:00:00"
  })
  void aTimeBeyondOurCalendarHoldsUpNobody(Dialect dialect, Layout layout, String time) {
    Databases database =
        dialect == Dialect.POSTGRESQL && layout == Layout.ROW
            ? Databases.keptPostgresRows()
            : Databases.kept(dialect);
    try (var fixture = new JdbcOutboxFixture(database, false)) {
      List<OutboxRecord> records =
          List.of(record("a", "created"), record("b", "available"), record("c", "free"));
      fixture.append(records);
      database.execute(
          "UPDATE {outbox} SET created_at = '%s' WHERE type = 'created'".formatted(time));
      database.execute(
          "UPDATE {outbox} SET available_at = '%s' WHERE type = 'available'".formatted(time));
      OutboxAdmin admin = fixture.store().admin();
      assertThat(admin.find(Filter.ALL, 0, 10)).hasSize(3);
      admin.oldestPendingAge();

      var sent = new ArrayList<String>();
      OutboxRelay relay = relay(fixture, sent);
      poll(relay);
      // Each is sent, or is held back until the end of our calendar.
      List<Item> rest = admin.find(Filter.ALL, 0, 10);
      assertThat(admin.counts().pending()).isEqualTo(3 - sent.size());
      assertThat(sent).contains("created", "free").hasSize(isLate(time) ? 2 : 3);
      rest.stream()
          .filter(item -> item.status() == OutboxStatus.PENDING)
          .forEach(item -> assertThat(item.nextAttemptAt()).isAfter("9999-12-31T00:00:00Z"));
      relay.close();
    }
  }

  private static boolean isLate(String time) {
    return time.startsWith("infinity") || time.matches("\\d{5,}-.*|9999-.*");
  }

  /** Its payload is not read, so neither does it take the place of another's. */
  @ParameterizedTest
  @EnumSource(names = {"H2", "POSTGRESQL", "MARIADB"})
  void theSizeOfAnUnreadableRowDoesNotCount(Dialect dialect) {
    unreadableOfAnySize(Databases.kept(dialect));
  }

  @Test
  void theSizeOfAnUnreadableRowDoesNotCountInTheRowLayout() {
    unreadableOfAnySize(Databases.keptPostgresRows());
  }

  private static void unreadableOfAnySize(Databases database) {
    int byteLimit = 10_000;
    try (var fixture = new JdbcOutboxFixture(database, false);
        var store = JdbcOutboxStore.builder(database.dataSource()).build()) {
      List<OutboxRecord> records =
          List.of(sized("spoilt", 2 * byteLimit), sized("behind", byteLimit / 2));
      fixture.append(records);
      database.execute("UPDATE {outbox} SET headers = 'no header' WHERE type = 'spoilt'");

      List<Entry> entries = new RelayTurns(store).fetch(100, byteLimit);
      assertThat(entries).extracting(entry -> entry.record().type()).containsExactly("behind");
      assertThat(entries.get(0).record().payload()).hasSize(byteLimit / 2);
      assertThat(store.admin().counts().failed()).isEqualTo(1);
    }
  }

  private static OutboxRecord sized(String type, int size) {
    return OutboxRecord.to("orders").type(type).payload(new byte[size]).build();
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
