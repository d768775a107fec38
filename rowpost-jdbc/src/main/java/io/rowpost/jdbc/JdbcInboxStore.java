package io.rowpost.jdbc;

import io.rowpost.core.InboxAdmin;
import io.rowpost.core.InboxStatus;
import io.rowpost.core.InboxStore;
import io.rowpost.core.RowpostException;
import io.rowpost.core.StoreException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * An inbox in a table, beside the data of the handlers that write through the same connections.
 *
 * <p>What claiming a message means on each database is told in {@link InboxClaims}. Thread-safe.
 */
public final class JdbcInboxStore implements InboxStore<Connection> {
  private final InboxTables tables;
  private final JdbcInboxAdmin admin;
  private final Duration idleLimit;

  private JdbcInboxStore(Builder builder) {
    this.tables = new InboxTables(builder.dialect, builder.schema, builder.prefix);
    this.admin = new JdbcInboxAdmin(builder.dataSource, tables);
    this.idleLimit = builder.idleLimit;
  }

  /**
   * Starts a store.
   *
   * @param dataSource for operators, and of the same database as the transactions of handlers
   */
  public static Builder builder(DataSource dataSource) {
    return new Builder(dataSource);
  }

  @Override
  public List<Claim> claim(Connection tx, String consumer, List<Entry> entries, Duration window) {
    return inTransaction(
        tx,
        consumer,
        statements -> new InboxClaims(tx, statements, consumer, window).claim(entries, idleLimit));
  }

  @Override
  public void complete(Connection tx, String consumer, Map<String, Claim> ran) {
    inTransaction(
        tx,
        consumer,
        statements -> {
          var rows = new InboxRows(tx, statements, consumer);
          // PostgreSQL has new ones as COMPLETED, and refuses to commit where one is lost.
          boolean completesNew = statements.dialect() != Dialect.POSTGRESQL;
          var fresh = new ArrayList<String>();
          for (var claimed : ran.entrySet()) {
            if (claimed.getValue() == Claim.RETRY) {
              completeAll(rows, consumer, List.of(claimed.getKey()));
              rows.update(Query.INBOX_UNPARK, claimed.getKey());
            } else if (completesNew) {
              fresh.add(claimed.getKey());
            }
          }
          if (!fresh.isEmpty()) {
            completeAll(rows, consumer, fresh);
          }
          return true;
        });
  }

  /** Only what this transaction has taken is PROCESSING; where one is lost, all are. */
  private static void completeAll(InboxRows rows, String consumer, List<String> ids)
      throws SQLException {
    if (rows.complete(ids) != ids.size()) {
      throw claimLost(consumer, ids.get(0));
    }
  }

  private static StoreException claimLost(String consumer, String id) {
    return new StoreException(
        "ROWPOST-405",
        "Nothing was committed: the claim of message %s by consumer \"%s\" no longer stands."
            .formatted(id, consumer),
        "let errors of the database leave the handler, and never end its transaction there; the"
            + " message is delivered again.",
        StoreException.Outcome.ROLLED_BACK,
        null);
  }

  @Override
  public Optional<Failure> begin(
      Connection tx, String consumer, Entry entry, Duration window, String error, int maxAttempts) {
    return inTransaction(
        tx,
        consumer,
        statements -> {
          InboxRows.Locked row =
              new InboxClaims(tx, statements, consumer, window).receiveIfClaimable(entry);
          if (row == null) {
            return Optional.empty();
          }
          var rows = new InboxRows(tx, statements, consumer);
          boolean counted = row.attempts() < maxAttempts;
          int attempts = row.attempts() + (counted ? 1 : 0);
          rows.fail(entry.id(), attempts, error);
          if (!counted) {
            rows.park(entry, error);
          }
          return Optional.of(new Failure(InboxStatus.FAILED, attempts, !counted));
        });
  }

  @Override
  public void end(Connection tx, String consumer, String id) {
    inTransaction(
        tx,
        consumer,
        statements -> {
          var rows = new InboxRows(tx, statements, consumer);
          if (rows.lock(id) != null && rows.copy(id) != InboxRows.Copy.PARKED) {
            rows.update(Query.INBOX_END, id);
          }
          return true;
        });
  }

  @Override
  public boolean isTransient(Throwable error) {
    return SqlErrors.isTransient(error);
  }

  @Override
  public boolean isLost(Connection tx, Throwable error) {
    return SqlErrors.isLost(tx, error);
  }

  @Override
  public Failure recordFailure(
      Connection tx, String consumer, Entry entry, String error, int maxAttempts) {
    return inTransaction(
        tx,
        consumer,
        statements -> {
          var rows = new InboxRows(tx, statements, consumer);
          InboxRows.Locked row = rows.receive(entry);
          if (row.status() == InboxStatus.COMPLETED) {
            return new Failure(InboxStatus.COMPLETED, row.attempts(), false);
          }
          if (row.status() == InboxStatus.PROCESSING) {
            throw InboxRows.inDoubt(consumer, entry.id());
          }
          if (rows.copy(entry.id()) == InboxRows.Copy.PARKED) {
            return new Failure(InboxStatus.FAILED, row.attempts(), true);
          }
          int attempts = row.attempts() + 1;
          rows.fail(entry.id(), attempts, error);
          if (attempts >= maxAttempts) {
            rows.park(entry, error);
          }
          return new Failure(InboxStatus.FAILED, attempts, attempts >= maxAttempts);
        });
  }

  @Override
  public void park(Connection tx, String consumer, Entry entry, String reason) {
    inTransaction(
        tx,
        consumer,
        statements -> {
          var rows = new InboxRows(tx, statements, consumer);
          InboxRows.Locked row = rows.receive(entry);
          boolean fresh =
              row.status() == InboxStatus.FAILED
                  && row.attempts() == 0
                  && rows.copy(entry.id()) == InboxRows.Copy.NONE;
          if (fresh) {
            rows.fail(entry.id(), 0, reason);
            rows.park(entry, reason);
          }
          return fresh;
        });
  }

  @Override
  public InboxAdmin admin() {
    return admin;
  }

  private <R> R inTransaction(Connection tx, String consumer, InboxTables.Work<R> work) {
    try {
      if (tx.getAutoCommit()) {
        throw new RowpostException(
            "ROWPOST-407",
            "The message was not processed: the connection is in auto-commit mode, so its effects"
                + " and the inbox would commit separately.",
            "build the InboxProcessor with new JdbcTransactor(dataSource).",
            null);
      }
      return work.run(tables.statements(tx));
    } catch (SQLException e) {
      throw InboxTables.failed(
          "The message was not processed and is to be delivered again, consumer \""
              + consumer
              + "\"",
          tx,
          e);
    }
  }

  /** Settings of a store. Not thread-safe. */
  public static final class Builder {
    private final DataSource dataSource;
    private @Nullable Dialect dialect;
    private @Nullable String schema;
    private String prefix = Tables.DEFAULT_PREFIX;
    private Duration idleLimit = Duration.ofSeconds(30);

    private Builder(DataSource dataSource) {
      this.dataSource = Objects.requireNonNull(dataSource, "dataSource");
    }

    /**
     * Sets the kind of database that is expected. The first connection is asked in any case; if it
     * says another one, nothing is read or written, with ROWPOST-203.
     */
    public Builder dialect(Dialect dialect) {
      this.dialect = Objects.requireNonNull(dialect, "dialect");
      return this;
    }

    /**
     * Sets the schema of the tables, on MySQL and MariaDB the database; without it the connection's
     * own.
     */
    public Builder schema(String schema) {
      Tables.requireIdentifier("schema", schema);
      this.schema = schema;
      return this;
    }

    /** Sets what stands in front of every table name, {@code rowpost_} by default. */
    public Builder tablePrefix(String prefix) {
      Tables.requireIdentifier("tablePrefix", prefix);
      this.prefix = prefix;
      return this;
    }

    /**
     * Sets for how long a transaction that has claimed messages may do nothing before PostgreSQL
     * ends it, 30 s by default: if its host has died without a word, the next owner of its messages
     * waits so long. A handler that lets its transaction wait longer, as for an answer of another
     * service, fails each time.
     *
     * <p>A limit that is set already stays, be it the server's, the role's or {@link
     * JdbcTransactor#timeout}. Costs no round trip. MariaDB has {@code idle_transaction_timeout}
     * for that, and MySQL {@code wait_timeout}: set them for the connections, or a {@link
     * JdbcTransactor#timeout}.
     *
     * @param idleLimit 1 ms to 24 hours, or zero for none
     */
    public Builder idleLimit(Duration idleLimit) {
      if (!idleLimit.isZero()) {
        TimeLimit.requireBounds("idleLimit", idleLimit);
      }
      this.idleLimit = idleLimit;
      return this;
    }

    /** Makes the store; no connection is opened yet. */
    public JdbcInboxStore build() {
      return new JdbcInboxStore(this);
    }
  }
}
