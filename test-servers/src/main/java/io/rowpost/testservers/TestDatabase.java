package io.rowpost.testservers;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.math.BigInteger;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import javax.sql.DataSource;

/**
 * A database of one test, dropped with everyone in it when it is closed.
 *
 * <p>The login may create roles: name them {@code <name()>_*}, and they are dropped too. Safe for
 * use by threads.
 */
public final class TestDatabase implements AutoCloseable {

  private static final SecureRandom RANDOM = new SecureRandom();
  private static final int RANDOM_BITS = 40;

  private final DatabaseAdmin admin;
  private final JdbcUrl url;
  private final BooleanSupplier serverIsThere;
  private final List<HikariDataSource> pools = new CopyOnWriteArrayList<>();
  private final AtomicBoolean closed = new AtomicBoolean();

  private TestDatabase(DatabaseAdmin admin, JdbcUrl url, BooleanSupplier serverIsThere) {
    this.admin = admin;
    this.url = url;
    this.serverIsThere = serverIsThere;
  }

  static TestDatabase create(DatabaseAdmin admin, String options, BooleanSupplier serverIsThere) {
    String name = "rowpost_test_" + new BigInteger(RANDOM_BITS, RANDOM).toString(36);
    try {
      admin.create(name, options);
    } catch (SQLException e) {
      throw new IllegalStateException("cannot create database " + name + ": " + e.getMessage(), e);
    }
    TestDatabase database = new TestDatabase(admin, admin.url().withDatabase(name), serverIsThere);
    AtExit.close(database);
    return database;
  }

  /** The name of the database, at most 21 characters. */
  public String name() {
    return url.database();
  }

  /** The JDBC URL, without user and password. */
  public String jdbcUrl() {
    return url.text();
  }

  /** The JDBC URL that leads through a proxy to this database. */
  public String jdbcUrl(TcpProxy proxy) {
    return through(proxy).text();
  }

  /** A user who may do all. */
  public String user() {
    return url.user();
  }

  /** The user's password, empty if none is needed. */
  public String password() {
    return url.password();
  }

  JdbcUrl url() {
    return url;
  }

  private static DataSource direct(JdbcUrl url) {
    return new DirectDataSource(url.text(), url.user(), url.password());
  }

  /** Where the server listens, as the target of a {@link TcpProxy}. */
  public InetSocketAddress address() {
    return new InetSocketAddress(url.host(), url.port());
  }

  /** Opens a connection, in auto-commit mode. */
  public Connection connect() throws SQLException {
    return dataSource().getConnection();
  }

  /** A data source that opens a new connection each time. */
  public DataSource dataSource() {
    return direct(url);
  }

  /** A data source that opens a new connection through a proxy each time. */
  public DataSource dataSource(TcpProxy proxy) {
    return direct(through(proxy));
  }

  /** The same database at a standby of its server: a new connection each time. */
  public DataSource dataSourceAt(OwnDatabaseServer standby) {
    InetSocketAddress address = standby.address();
    return direct(url.withAddress(address.getHostString(), address.getPort()));
  }

  /**
   * A new pool, closed with this database.
   *
   * @param connections how many it holds at most
   */
  public DataSource pooledDataSource(int connections) {
    return pool(url, connections);
  }

  /** A new pool of connections through a proxy, closed with this database. */
  public DataSource pooledDataSource(TcpProxy proxy, int connections) {
    return pool(through(proxy), connections);
  }

  private DataSource pool(JdbcUrl to, int connections) {
    HikariConfig config = new HikariConfig();
    config.setJdbcUrl(to.text());
    config.setUsername(to.user());
    config.setPassword(to.password());
    config.setMaximumPoolSize(connections);
    config.setMinimumIdle(0);
    config.setInitializationFailTimeout(-1);
    HikariDataSource pool = new HikariDataSource(config);
    pools.add(pool);
    return pool;
  }

  private JdbcUrl through(TcpProxy proxy) {
    return url.withAddress(Loopback.HOST, proxy.port());
  }

  /** Closes the pools and drops the database; nothing if it was closed before. */
  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    AtExit.forget(this);
    pools.forEach(HikariDataSource::close);
    if (!serverIsThere.getAsBoolean()) {
      return;
    }
    try {
      admin.drop(name());
    } catch (SQLException e) {
      throw new IllegalStateException("cannot drop " + this + ": " + e.getMessage(), e);
    }
  }

  @Override
  public String toString() {
    return jdbcUrl();
  }
}
