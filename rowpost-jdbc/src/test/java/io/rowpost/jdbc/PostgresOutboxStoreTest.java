package io.rowpost.jdbc;

import io.rowpost.testkit.OutboxFixture;
import io.rowpost.testkit.OutboxStoreContract;
import java.sql.Connection;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

class PostgresOutboxStoreTest extends OutboxStoreContract<Connection> {
  private static Databases database;

  @BeforeAll
  static void install() {
    database = Databases.create(Dialect.POSTGRESQL);
    Schema.install(database.dataSource());
  }

  @AfterAll
  static void drop() {
    if (database != null) {
      database.close();
    }
  }

  @Override
  protected OutboxFixture<Connection> open(boolean keepSent) {
    return new JdbcOutboxFixture(database, keepSent);
  }
}
