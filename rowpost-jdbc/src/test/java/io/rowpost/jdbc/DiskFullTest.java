package io.rowpost.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.rowpost.core.OutboxRecord;
import io.rowpost.core.StoreException;
import io.rowpost.core.StoreException.Outcome;
import io.rowpost.core.TransactionalOutbox;
import io.rowpost.testservers.OwnDatabaseServer;
import io.rowpost.testservers.PostgresServer;
import io.rowpost.testservers.TestDatabase;
import java.sql.Connection;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A database whose disk is full refuses in words, keeps what it has, and goes on with space. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class DiskFullTest {
  private static final int DISK_MEGABYTES = 300;
  private static final int PAYLOAD_BYTES = 100_000;

  /** More than the server has room for in files that it has made already. */
  private static final int MOST_APPENDS = 1_000;

  @Test
  void anAppendIsRefusedAsAWhole() {
    try (OwnDatabaseServer server =
            PostgresServer.requireOwnOnSmallDisk(
                PostgresServer.require().majorVersion(),
                Map.of("min_wal_size", "32MB", "max_wal_size", "64MB"),
                DISK_MEGABYTES);
        TestDatabase database = server.createDatabase()) {
      Schema.install(database.dataSource());
      var transactor = new JdbcTransactor(database.dataSource());
      var outbox =
          TransactionalOutbox.builder(JdbcOutboxStore.appendOnly().build())
              .transactor(transactor)
              .build();
      server.fillDisk();
      int[] committed = {0};
      Throwable refusal =
          catchThrowable(
              () -> {
                while (committed[0] < MOST_APPENDS) {
                  append(transactor, outbox);
                  committed[0]++;
                }
              });

      assertThat(refusal)
          .asInstanceOf(InstanceOfAssertFactories.type(StoreException.class))
          .satisfies(e -> assertThat(e.code()).isEqualTo("ROWPOST-219"))
          .satisfies(e -> assertThat(e.outcome()).isEqualTo(Outcome.ROLLED_BACK));
      assertThat(refusal).hasMessageContaining("no space left on its disk");

      server.freeDisk();
      append(transactor, outbox);
      var admin = JdbcOutboxStore.builder(database.dataSource()).build().admin();
      assertThat(admin.counts().pending()).isEqualTo(committed[0] + 1);
    }
  }

  /** At random, since zeros would be stored as next to nothing. */
  private static byte[] payload() {
    byte[] payload = new byte[PAYLOAD_BYTES];
    new Random().nextBytes(payload);
    return payload;
  }

  private static void append(JdbcTransactor transactor, TransactionalOutbox<Connection> outbox) {
    transactor.inTransaction(
        tx -> {
          outbox.append(
              tx, List.of(OutboxRecord.to("orders").key("k").type("T").payload(payload()).build()));
          return null;
        });
  }
}
