package io.rowpost.jdbc;

import io.rowpost.testkit.InboxFixture;
import io.rowpost.testkit.InboxStoreContract;
import java.sql.Connection;

class Postgres18InboxStoreTest extends InboxStoreContract<Connection> {
  @Override
  protected InboxFixture<Connection> open() {
    return new JdbcInboxFixture(Databases.keptPostgres(18));
  }
}
