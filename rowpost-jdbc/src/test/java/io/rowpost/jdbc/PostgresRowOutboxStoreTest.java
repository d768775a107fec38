package io.rowpost.jdbc;

import io.rowpost.testkit.OutboxFixture;
import io.rowpost.testkit.OutboxStoreContract;
import java.sql.Connection;

class PostgresRowOutboxStoreTest extends OutboxStoreContract<Connection> {
  @Override
  protected OutboxFixture<Connection> open(boolean keepSent) {
    return new JdbcOutboxFixture(Databases.keptPostgresRows(), keepSent);
  }
}
