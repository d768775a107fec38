package io.rowpost.testservers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

@Tag("once")
@ParameterizedClass
@MethodSource("products")
class TestDatabaseTest {

  /** A server and how its product tells what it holds. */
  record Product(
      String name,
      Supplier<DatabaseServer> server,
      String tables,
      String databases,
      List<String> createRoles,
      String roles) {

    static Product postgres(String name, Supplier<DatabaseServer> server) {
      return new Product(
          name,
          server,
          "SELECT tablename FROM pg_tables WHERE schemaname = 'public'",
          "SELECT datname FROM pg_database",
          List.of("CREATE ROLE "),
          "SELECT rolname FROM pg_roles");
    }

    static Product mariaDb() {
      return new Product(
          "MariaDB",
          MariaDbServer::require,
          "SHOW TABLES",
          "SHOW DATABASES",
          List.of("CREATE USER ", "CREATE ROLE "),
          "SELECT user FROM mysql.user");
    }

    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Product> products() {
    return Stream.of(
        Product.postgres("PostgreSQL", PostgresServer::require),
        Product.postgres("PostgreSQL 18", () -> PostgresServer.require(18)),
        Product.mariaDb());
  }

  @Parameter Product product;

  private DatabaseServer server;

  @BeforeEach
  void findServer() {
    server = product.server.get();
  }

  @Test
  void isEmptyAndNamedAsAgreed() throws SQLException {
    try (TestDatabase database = server.createDatabase()) {
      assertThat(database.name()).matches("rowpost_test_[0-9a-z]{1,8}");
      assertThat(Sql.column(database, product.tables)).isEmpty();
    }
  }

  @Test
  void twoAreSeparate() throws SQLException {
    try (TestDatabase one = server.createDatabase();
        TestDatabase other = server.createDatabase()) {
      Sql.execute(one, "CREATE TABLE only_here (id INT PRIMARY KEY)");
      assertThat(Sql.column(one, product.tables)).containsExactly("only_here");
      assertThat(Sql.column(other, product.tables)).isEmpty();
    }
  }

  @Test
  void isDroppedWithItsRolesAndThoseWhoStillUseIt() throws SQLException {
    TestDatabase database = server.createDatabase();
    Sql.execute(database, "CREATE TABLE t (id INT PRIMARY KEY)");
    List<String> roles = new ArrayList<>();
    for (String create : product.createRoles) {
      roles.add(database.name() + "_" + roles.size());
      Sql.execute(database, create + roles.get(roles.size() - 1));
    }
    Connection user = database.connect();
    user.setAutoCommit(false);
    Sql.execute(user, "INSERT INTO t VALUES (1)");
    DataSource pool = database.pooledDataSource(2);
    Connection borrowed = pool.getConnection();
    assertThat(Sql.column(borrowed, product.databases)).contains(database.name());
    assertThat(Sql.column(borrowed, product.roles)).containsAll(roles);

    database.close();

    assertThatThrownBy(() -> Sql.column(user, "SELECT 1")).isInstanceOf(SQLException.class);
    assertThatThrownBy(pool::getConnection).isInstanceOf(SQLException.class);
    try (TestDatabase witness = server.createDatabase()) {
      assertThat(Sql.column(witness, product.databases))
          .contains(witness.name())
          .doesNotContain(database.name());
      assertThat(Sql.column(witness, product.roles)).doesNotContainAnyElementsOf(roles);
    }
    database.close();
  }

  @Test
  void isReachedThroughAProxy() throws SQLException {
    try (TestDatabase database = server.createDatabase();
        TcpProxy proxy = TcpProxy.to(database.address())) {
      DataSource through = database.dataSource(proxy);
      Connection connection = through.getConnection();
      assertThat(Sql.column(connection, "SELECT 1")).containsExactly("1");

      proxy.down();

      assertThatThrownBy(() -> Sql.column(connection, "SELECT 1")).isInstanceOf(SQLException.class);
      assertThatThrownBy(through::getConnection).isInstanceOf(SQLException.class);
      assertThat(Sql.column(database, "SELECT 1")).containsExactly("1");

      proxy.pass();

      try (Connection again = database.pooledDataSource(proxy, 1).getConnection()) {
        assertThat(Sql.column(again, "SELECT 1")).containsExactly("1");
      }
    }
  }

  @Test
  void describesItsServerWithoutALogin() {
    assertThat(server.description())
        .matches("(MariaDB|PostgreSQL) \\d+\\..* at [^ ]+:\\d+")
        .doesNotContain("user=");
    assertThat(server.description())
        .contains(" " + server.majorVersion() + ".")
        .startsWith(List.of(product.name.split(" ", -1)).get(0));
  }
}
