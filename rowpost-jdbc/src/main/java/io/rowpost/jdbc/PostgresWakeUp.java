package io.rowpost.jdbc;

import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;

/**
 * Wakes the relays of other processes by PostgreSQL's NOTIFY. Thread-safe.
 *
 * <pre>{@code
 * // where records are appended            // where the relay runs
 * TransactionalOutbox.builder(store)       var wakeUp = PostgresWakeUp.builder(dataSource).build();
 *     .wakeUp(wakeUp)...                   wakeUp.listen(relay::wakeUp);
 * }</pre>
 *
 * Never needed for correctness: what gets lost costs latency, since relays poll. The notification
 * is sent beside the transactions that append, not in them, where it would make their commits wait
 * for each other. Many wake-ups become one. It may arrive before the commit of a bare {@code
 * append}; a relay that was woken therefore looks often for a moment.
 *
 * <p>{@link #run} uses one connection from its first call on, {@link #listen} another one, each
 * with a daemon thread. Lost ones are opened anew after growing pauses. Both need the PostgreSQL
 * JDBC driver; listening needs a connection without a pooler between, and says so in the log.
 */
public final class PostgresWakeUp implements Runnable, AutoCloseable {
  /** Wake-ups within this time share a notification; the first of them does not wait. */
  private static final Duration FIRST_GAP = Duration.ofMillis(2);

  /**
   * The gap doubles up to this while wake-ups fill it. A relay that was woken looks again after 1,
   * 2, 4 and 8 ms, so it is not slower for it.
   */
  private static final Duration LONGEST_GAP = Duration.ofMillis(16);

  /** How long a listener waits at once, and so {@link #close()} for it. */
  private static final Duration WAIT = Duration.ofMillis(250);

  /** A listener that heard nothing for so many waits asks whether its connection still lives. */
  private static final int SILENT_WAITS = 120;

  /** PostgreSQL's limit for names, in bytes. */
  private static final int MAX_CHANNEL = 63;

  private final Tables tables;
  private final SideConnection notifier;
  private final SideConnection listener;
  private final Semaphore pending = new Semaphore(0);
  private final List<Runnable> relays = new CopyOnWriteArrayList<>();

  private PostgresWakeUp(Builder builder) {
    this.tables = new Tables(Dialect.POSTGRESQL, builder.schema, builder.prefix);
    this.notifier = new SideConnection(builder.dataSource, "notify", this::notifyRelays);
    this.listener = new SideConnection(builder.dataSource, "listen", this::listen);
  }

  /**
   * Starts the settings.
   *
   * @param dataSource of the outbox's database; each connection is kept, so give a pool one or two
   *     more
   */
  public static Builder builder(DataSource dataSource) {
    return new Builder(dataSource);
  }

  /**
   * Notifies the relays that listen, soon and in the background; for {@code
   * TransactionalOutbox.builder(store).wakeUp(...)}.
   *
   * <p>Cheap, never waits and never fails. Does nothing after {@link #close()}.
   */
  @Override
  public void run() {
    if (pending.availablePermits() == 0) {
      pending.release();
    }
    notifier.start();
  }

  /**
   * Listens from now on, in the background.
   *
   * <p>May be called for several relays, which share the connection.
   *
   * @param relay woken by each notification, {@code relay::wakeUp}; quick
   * @return this
   */
  public PostgresWakeUp listen(Runnable relay) {
    relays.add(Objects.requireNonNull(relay, "relay"));
    listener.start();
    return this;
  }

  /**
   * Gives both connections back; appends and relays go on without it.
   *
   * <p>Takes a quarter of a second, or 10 s if the server does not answer.
   */
  @Override
  public void close() {
    notifier.close();
    listener.close();
  }

  private void notifyRelays(Connection connection) throws SQLException, InterruptedException {
    if (!speaksPostgres(connection)) {
      return;
    }
    try (PreparedStatement notify = connection.prepareStatement("SELECT pg_notify(?, '')")) {
      notify.setString(1, channel(connection));
      Duration gap = FIRST_GAP;
      do {
        if (pending.tryAcquire()) {
          gap = gap.compareTo(LONGEST_GAP) < 0 ? gap.multipliedBy(2) : LONGEST_GAP;
        } else {
          gap = FIRST_GAP;
          pending.acquire();
        }
        pending.drainPermits();
        try {
          notify.execute();
        } catch (SQLException e) {
          pending.release();
          throw e;
        }
        notifier.works();
      } while (!notifier.pause(gap));
    }
  }

  private void listen(Connection connection) throws SQLException {
    if (!speaksPostgres(connection)) {
      return;
    }
    PGConnection postgres = connection.unwrap(PGConnection.class);
    if (isPooled(connection, postgres)) {
      SqlErrors.LOG.warn(
          "Relays are not woken by notifications: a pooler stands before the database, and loses"
              + " them between its transactions. They poll.\n"
              + "  Fix: give PostgresWakeUp a DataSource that leads to the database itself, or do"
              + " without it.");
      return;
    }
    try (Statement statement = connection.createStatement()) {
      statement.execute("LISTEN " + postgres.escapeIdentifier(channel(connection)));
      listener.works();
      // For what was said while nobody listened.
      relays.forEach(Runnable::run);
      hear(connection, postgres);
      // A pool would hand the connection to somebody who does not read what it hears.
      statement.execute("UNLISTEN *");
    }
  }

  private void hear(Connection connection, PGConnection postgres) throws SQLException {
    int silentWaits = 0;
    while (!listener.isClosed()) {
      if (postgres.getNotifications((int) WAIT.toMillis()).length > 0) {
        silentWaits = 0;
        relays.forEach(Runnable::run);
      } else if (++silentWaits == SILENT_WAITS) {
        silentWaits = 0;
        if (!connection.isValid((int) SideConnection.ANSWER_LIMIT.toSeconds())) {
          throw new SQLException("the connection is dead", "08006");
        }
      }
    }
  }

  private static boolean speaksPostgres(Connection connection) throws SQLException {
    Dialect dialect = Dialect.of(connection);
    if (dialect != Dialect.POSTGRESQL) {
      SqlErrors.LOG.warn(
          "PostgresWakeUp does nothing: its DataSource leads to {}.\n  Fix: leave it out there.",
          dialect);
    }
    return dialect == Dialect.POSTGRESQL;
  }

  /** A pooler tells each client a process id of its own making. */
  private static boolean isPooled(Connection connection, PGConnection postgres)
      throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT pg_backend_pid()")) {
      row.next();
      return row.getInt(1) != postgres.getBackendPID();
    }
  }

  /** Named after the table that this connection appends to, or reads. */
  private String channel(Connection connection) throws SQLException {
    String sql =
        """
        SELECT n.nspname || '.' || c.relname
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.oid = to_regclass(?)
        """;
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setString(1, tables.name("outbox"));
      try (ResultSet row = statement.executeQuery()) {
        if (!row.next()) {
          throw new SQLException("there is no table " + tables.name("outbox"), "42P01");
        }
        byte[] name = row.getString(1).getBytes(StandardCharsets.UTF_8);
        return name.length <= MAX_CHANNEL
            ? row.getString(1)
            : "rowpost." + UUID.nameUUIDFromBytes(name);
      }
    }
  }

  /** Settings of wake-ups. Not thread-safe. */
  public static final class Builder {
    private final DataSource dataSource;
    private @Nullable String schema;
    private String prefix = Tables.DEFAULT_PREFIX;

    private Builder(DataSource dataSource) {
      this.dataSource = Objects.requireNonNull(dataSource, "dataSource");
    }

    /** Sets the schema of the outbox; without it, where the connection finds its tables. */
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

    /** Makes it; no connection is opened yet. */
    public PostgresWakeUp build() {
      return new PostgresWakeUp(this);
    }
  }
}
