package io.rowpost.verification;

import io.rowpost.core.OutboxRecord;
import io.rowpost.core.TransactionalOutbox;
import io.rowpost.verification.Event.Kind;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.SplittableRandom;
import java.util.UUID;

/**
 * Appends as a batch job does: a thousand messages in a transaction.
 *
 * <p>Its keys are those behind the ones that the rest of the application draws. Nobody else appends
 * under them, so no row gives the numbers: they go up from the time at which it began.
 */
final class BulkAppend {
  private static final int OF_A_TRANSACTION = 1_000;
  private static final int FILLING = 200;

  private final Setup setup;
  private final HistoryWriter history;
  private final TransactionalOutbox<Connection> outbox;
  private final SplittableRandom random;
  private long number = System.nanoTime();

  BulkAppend(Setup setup, HistoryWriter history, TransactionalOutbox<Connection> outbox) {
    this.setup = setup;
    this.history = history;
    this.outbox = outbox;
    this.random = new SplittableRandom(~setup.seed());
  }

  /** The arguments: how many messages, and under how many keys in turn. */
  void append(String arguments) {
    String[] numbers = arguments.split(" ", -1);
    int messages = Integer.parseInt(numbers[0]);
    int keys = Integer.parseInt(numbers[1]);
    try (Connection tx = setup.dataSource().getConnection()) {
      tx.setAutoCommit(false);
      for (int first = 0; first < messages; first += OF_A_TRANSACTION) {
        append(tx, first, Math.min(messages, first + OF_A_TRANSACTION), keys);
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private void append(Connection tx, int first, int end, int keys) throws SQLException {
    int firstKey = IdleWriter.key(setup) + 1;
    var payloads = new ArrayList<Payload>();
    var records = new ArrayList<OutboxRecord>();
    for (int i = first; i < end; i++) {
      var id = new UUID(random.nextLong(), random.nextLong());
      Payload payload = Payload.of(id, firstKey + i % keys, ++number, FILLING);
      history.write(Kind.INVOKE, payload, 0);
      payloads.add(payload);
      records.add(ApplicationChild.record(setup.topic(0), payload, ApplicationChild.PLAIN));
    }
    Ledger.saveAll(tx, payloads);
    outbox.append(tx, records);
    tx.commit();
    payloads.forEach(payload -> history.write(Kind.OK, payload, 0));
  }
}
