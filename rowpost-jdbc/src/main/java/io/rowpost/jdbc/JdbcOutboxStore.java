package io.rowpost.jdbc;

import io.rowpost.core.Lease;
import io.rowpost.core.LeaseLostException;
import io.rowpost.core.OutboxAdmin;
import io.rowpost.core.OutboxBatch;
import io.rowpost.core.OutboxRecord;
import io.rowpost.core.OutboxStore;
import io.rowpost.core.RowpostException;
import io.rowpost.core.StoreException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * An outbox in a table, in the {@link Layout} that its schema records.
 *
 * <p>The path of a message: {@link Appending} writes it into the caller's transaction; {@link
 * RelaySession} reads it ({@link Reading}, {@link LogReading}) and writes its outcome down ({@link
 * Parking}); what was parked comes back through {@link Queues}.
 *
 * <p>Thread-safe, but for the relay's methods, which are for one relay, one call at a time. They
 * hold one connection from a granted lease to its release or loss; a standby holds none.
 */
public final class JdbcOutboxStore implements OutboxStore<Connection>, AutoCloseable {
  /** A million ids in each purge, which is more than are appended from one to the next. */
  private static final int ONCE_PAGES = 2_000;

  private final @Nullable DataSource dataSource;
  private final @Nullable String schema;
  private final @Nullable Dialect dialect;
  private final String prefix;
  private final boolean keepSent;
  private final Map<String, RelaySession> sessions = new ConcurrentHashMap<>();
  private final OncePurge oncePurge = new OncePurge(ONCE_PAGES);

  /** Found and logged already. */
  private final Set<Schema.Finding> logged = ConcurrentHashMap.newKeySet();

  private volatile boolean inspected;
  private volatile @Nullable Tables tables;

  /** Those of the layout, once it is known. */
  private volatile @Nullable Statements statements;

  private volatile @Nullable Appending appending;

  private JdbcOutboxStore(Builder builder) {
    this.dataSource = builder.dataSource;
    this.schema = builder.schema;
    this.prefix = builder.prefix;
    this.keepSent = builder.keepSent;
    this.dialect = builder.dialect;
  }

  /**
   * Starts a store that can do everything.
   *
   * @param dataSource for the relay and operators; appending uses the caller's connection only
   */
  public static Builder builder(DataSource dataSource) {
    return new Builder(Objects.requireNonNull(dataSource, "dataSource"));
  }

  /** Starts a store that can append only, for an application whose user may do no more. */
  public static Builder appendOnly() {
    return new Builder(null);
  }

  @Override
  public void append(Connection tx, List<OutboxRecord> records) {
    if (records.isEmpty()) {
      return;
    }
    try {
      appending(tx).append(tx, records);
    } catch (SQLException e) {
      throw SqlErrors.of("The records were not appended", e);
    }
  }

  @Override
  public void appendAndCommit(Connection tx, OutboxRecord record) {
    try {
      appending(tx).appendAndCommit(tx, record);
    } catch (SQLException e) {
      throw SqlErrors.of("The record was not appended", e);
    }
  }

  @Override
  public boolean appendIfAbsent(Connection tx, OutboxRecord record) {
    try {
      return appending(tx).appendIfAbsent(tx, record);
    } catch (SQLException e) {
      throw SqlErrors.of("The record was not appended", e);
    }
  }

  private Appending appending(Connection tx) throws SQLException {
    Appending known = appending;
    if (known == null) {
      known = new Appending(new Statements(tables(tx)));
      appending = known;
    }
    return known;
  }

  private Tables tables(Connection connection) throws SQLException {
    Tables known = tables;
    if (known == null) {
      known = new Tables(Dialect.of(connection, dialect), schema, prefix);
      tables = known;
    }
    return known;
  }

  /**
   * {@inheritDoc}
   *
   * @throws RowpostException ROWPOST-201, -202, -205, -206 or -209 if {@link Schema#verify} finds
   *     what a relay must not begin with
   */
  @Override
  public Lease.Attempt lease(Lease.Request request) {
    String what = "Relay \"" + request.relay() + "\" did not get its lease";
    Session session = open(what);
    try {
      inspect(session, what);
      Lease.Attempt attempt = RelayRow.acquire(session, request);
      if (attempt instanceof Lease.Attempt.Granted granted) {
        RelaySession leased = RelaySession.begin(session, granted.lease(), keepSent);
        RelaySession before = sessions.put(request.relay(), leased);
        if (before != null) {
          before.session().close();
        }
      } else {
        session.close();
      }
      return attempt;
    } catch (SQLException e) {
      throw failed(session, what, e);
    } catch (RuntimeException | Error e) {
      session.close();
      throw e;
    }
  }

  /** Once, and again behind a failure. */
  private void inspect(Session session, String what) throws SQLException {
    if (inspected) {
      return;
    }
    List<Schema.Finding> findings = Inspection.ofRelay(session);
    RowpostException refusal = Inspection.refusal(what, findings);
    if (refusal != null) {
      throw refusal;
    }
    for (Schema.Finding finding : findings) {
      if (logged.add(finding)) {
        SqlErrors.LOG.warn("{} {}\n  Fix: {}", finding.code(), finding.text(), finding.fix());
      }
    }
    inspected = true;
  }

  @Override
  public Set<Long> blockedKeys(Lease lease, int limit) {
    String what = "The blocked keys were not read";
    try (Session session = open(what)) {
      PreparedStatement statement = session.prepare(Query.BLOCKED_KEYS);
      statement.setString(1, lease.relay());
      statement.setInt(2, limit);
      var keys = new HashSet<Long>();
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          keys.add(row.getLong(1));
        }
      }
      return keys;
    } catch (SQLException e) {
      throw SqlErrors.of(what, e);
    }
  }

  @Override
  public boolean probe(Lease lease, long changes) {
    RelaySession leased = sessions.get(lease.relay());
    if (leased == null || !leased.lease().equals(lease)) {
      return true;
    }
    try {
      return leased.probe(changes);
    } catch (SQLException e) {
      throw lost(leased, "Nothing was read", e);
    }
  }

  @Override
  public OutboxBatch settleAndFetch(Lease lease, Turn turn) {
    RelaySession leased = sessions.get(lease.relay());
    if (leased == null) {
      throw gone(lease);
    }
    if (!leased.lease().equals(lease)) {
      throw new LeaseLostException(lease);
    }
    try {
      return leased.turn(turn);
    } catch (SQLException e) {
      throw lost(leased, "Nothing was settled", e);
    } catch (RuntimeException | Error e) {
      sessions.remove(lease.relay(), leased);
      leased.session().close();
      forget();
      throw e;
    }
  }

  /** Without its connection a lease is of no use, even if it is not lost. */
  private RuntimeException gone(Lease lease) {
    String what = "Nothing was settled";
    try (Session session = open(what)) {
      if (!RelaySession.isHeld(session, lease)) {
        return new LeaseLostException(lease);
      }
    } catch (SQLException e) {
      return SqlErrors.of(what, e);
    }
    return new StoreException(
        "ROWPOST-211",
        what + ": the connection of this lease is gone.",
        "acquire the lease anew.",
        StoreException.Outcome.ROLLED_BACK,
        null);
  }

  @Override
  public void release(Lease lease) {
    RelaySession leased = sessions.get(lease.relay());
    if (leased == null || !leased.lease().equals(lease)) {
      return;
    }
    try {
      leased.release();
      sessions.remove(lease.relay(), leased);
    } catch (SQLException e) {
      throw lost(leased, "The lease was not released and has to expire", e);
    }
  }

  @Override
  public OutboxAdmin admin() {
    return new JdbcOutboxAdmin(
        () -> open("The operator's act was not done"), this::forget, oncePurge);
  }

  /**
   * Gives back the connections of leases that were not released; those have to expire.
   *
   * <p>Close the relay first. Appending and the operator's door go on working.
   */
  @Override
  public void close() {
    for (RelaySession leased : List.copyOf(sessions.values())) {
      sessions.remove(leased.lease().relay(), leased);
      leased.session().close();
    }
  }

  private StoreException lost(RelaySession leased, String what, SQLException e) {
    sessions.remove(leased.lease().relay(), leased);
    return failed(leased.session(), what, e);
  }

  /** Whatever failed, the session ends: what it had read may not be what is there. */
  private StoreException failed(Session session, String what, SQLException e) {
    forget();
    if (SqlErrors.isConnectionLoss(e)) {
      session.abort(e);
    } else {
      session.close();
    }
    return SqlErrors.of(what, e);
  }

  /** Behind a failure the server may be another one, and the layout have been converted. */
  private void forget() {
    inspected = false;
    statements = null;
  }

  private Session open(String what) {
    if (dataSource == null) {
      throw new RowpostException(
          "ROWPOST-204",
          what + ": this store was built without a DataSource, so it can append only.",
          "build it with JdbcOutboxStore.builder(dataSource).",
          null);
    }
    try {
      Statements known = statements;
      if (known == null) {
        known = findStatements(dataSource);
        statements = known;
      }
      return Session.openLimited(dataSource, known);
    } catch (SQLException e) {
      throw SqlErrors.of(what, e);
    }
  }

  private Statements findStatements(DataSource source) throws SQLException {
    Tables known = tables;
    if (known == null) {
      try (Connection connection = source.getConnection()) {
        known = tables(connection);
      }
    }
    try (Session session = Session.openLimited(source, new Statements(known))) {
      return new Statements(known, Layout.of(session));
    }
  }

  /** Settings of a store. Not thread-safe. */
  public static final class Builder {
    private final @Nullable DataSource dataSource;
    private @Nullable Dialect dialect;
    private @Nullable String schema;
    private String prefix = Tables.DEFAULT_PREFIX;
    private boolean keepSent;

    private Builder(@Nullable DataSource dataSource) {
      this.dataSource = dataSource;
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
     * Sets whether sent records are kept as SENT until {@link OutboxAdmin#purge} deletes them, so
     * that they can be replayed; false by default. The log layout always keeps them.
     */
    public Builder keepSent(boolean keepSent) {
      this.keepSent = keepSent;
      return this;
    }

    /** Makes the store; no connection is opened yet. */
    public JdbcOutboxStore build() {
      return new JdbcOutboxStore(this);
    }
  }
}
