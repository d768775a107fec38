package io.rowpost.benchmarks;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.util.ArrayList;
import java.util.List;

/** The database of one way. */
public final class Place {
  private static final int CONNECTIONS = 40;

  private final String jdbcUrl;
  private final String user;
  private final List<HikariDataSource> pools = new ArrayList<>();

  Place(String jdbcUrl, String user) {
    this.jdbcUrl = jdbcUrl;
    this.user = user;
  }

  /** Where it is, for a library with connections of its own. */
  public String jdbcUrl() {
    return jdbcUrl;
  }

  /** A user who may do all, without a password. */
  public String user() {
    return user;
  }

  /** A pool that no way has to wait for. */
  public HikariDataSource pool() {
    var config = new HikariConfig();
    config.setJdbcUrl(jdbcUrl);
    config.setUsername(user);
    config.setMaximumPoolSize(CONNECTIONS);
    config.setMinimumIdle(0);
    var pool = new HikariDataSource(config);
    pools.add(pool);
    return pool;
  }

  /** Closes what nobody uses now: only then has the server counted what was done there. */
  void rest() {
    pools.forEach(pool -> pool.getHikariPoolMXBean().softEvictConnections());
  }
}
