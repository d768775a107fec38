package io.rowpost.benchmarks;

import com.zaxxer.hikari.HikariDataSource;
import io.rowpost.jdbc.JdbcTransactor;
import io.rowpost.jdbc.Layout;
import java.sql.SQLException;

/** The business transaction alone: what an append is compared with. */
final class NoOutbox implements Way {
  private final HikariDataSource pool;
  private final JdbcTransactor transactor;

  NoOutbox(Place place) throws SQLException {
    pool = place.pool();
    transactor = new JdbcTransactor(pool);
    Tables.install(pool, Layout.ROW);
  }

  @Override
  public String settings() {
    return "";
  }

  @Override
  public void clear() throws SQLException {
    Sql.execute(pool, Tables.CLEAR);
  }

  @Override
  public void fill(int from, int to) {
    throw new UnsupportedOperationException("there is no outbox");
  }

  @Override
  public void transact(int number) throws SQLException {
    transactor.<Integer, SQLException>inTransaction(tx -> Orders.insert(tx, number));
  }

  @Override
  public AutoCloseable relay(Sink sink) {
    throw new UnsupportedOperationException("there is no outbox");
  }

  @Override
  public long purge() {
    throw new UnsupportedOperationException("there is no outbox");
  }

  @Override
  public void close() {
    pool.close();
  }
}
