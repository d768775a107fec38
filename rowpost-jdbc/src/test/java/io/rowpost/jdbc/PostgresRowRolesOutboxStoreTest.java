package io.rowpost.jdbc;

import io.rowpost.testkit.OutboxFixture;
import io.rowpost.testkit.OutboxStoreContract;
import java.sql.Connection;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** The whole contract by users who may do no more than their roles let them. */
class PostgresRowRolesOutboxStoreTest extends OutboxStoreContract<Connection> {
  private static DatabaseRoles roles;

  @BeforeAll
  static void install() {
    roles = new DatabaseRoles(Dialect.POSTGRESQL, Layout.ROW);
  }

  @AfterAll
  static void drop() {
    if (roles != null) {
      roles.close();
    }
  }

  @Override
  protected OutboxFixture<Connection> open(boolean keepSent) {
    return new RolesOutboxFixture(roles, keepSent);
  }
}
