package io.rowpost.verification;

import io.rowpost.core.TransactionalOutbox;
import io.rowpost.verification.Event.Kind;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A transaction of the application that has appended, and stays open.
 *
 * <p>Under a key of its own, so that it holds up nobody by the lock of a row.
 */
final class IdleWriter {
  private static final int BEFORE = 3;
  private static final int FILLING = 100;

  private final Setup setup;
  private final HistoryWriter history;
  private final TransactionalOutbox<Connection> outbox;
  private final List<Payload> appended = new ArrayList<>();
  private @Nullable Connection connection;

  IdleWriter(Setup setup, HistoryWriter history, TransactionalOutbox<Connection> outbox) {
    this.setup = setup;
    this.history = history;
    this.outbox = outbox;
  }

  /** Behind the keys of the run and of a {@link SideChain}. */
  static int key(Setup setup) {
    return setup.number(Setting.KEYS) + SideChain.KEYS;
  }

  /** Begins, and appends. */
  void open() {
    try {
      Connection opened = setup.dataSource().getConnection();
      connection = opened;
      opened.setAutoCommit(false);
      for (int i = 0; i < BEFORE; i++) {
        append(opened);
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Appends once more, and commits. */
  void commit() {
    try (Connection opened = connection) {
      if (opened == null) {
        throw new IllegalStateException("no transaction is open");
      }
      append(opened);
      opened.commit();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
    appended.forEach(payload -> history.write(Kind.OK, payload, 0));
    appended.clear();
  }

  private void append(Connection tx) throws SQLException {
    int key = key(setup);
    Payload payload = Payload.of(UUID.randomUUID(), key, Ledger.nextNumber(tx, key), FILLING);
    history.write(Kind.INVOKE, payload, 0);
    appended.add(payload);
    Ledger.save(tx, payload);
    outbox.append(tx, ApplicationChild.record(setup.topic(0), payload, ApplicationChild.PLAIN));
  }
}
