package io.rowpost.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rowpost.core.RowpostException;
import java.util.ArrayList;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SchemaInstallTest {
  private static final int INSTALLERS = 16;

  @ParameterizedTest
  @EnumSource(Dialect.class)
  void sixteenInstallersHaveOneWinnerAndNoError(Dialect dialect) throws Exception {
    try (var database = Databases.create(dialect)) {
      assertOneWinner(database);
    }
  }

  /** Who has waited must see what another one has made meanwhile. */
  @Test
  void soIsItWhereTransactionsSeeOneSnapshot() throws Exception {
    try (var database = Databases.create(Dialect.POSTGRESQL)) {
      String name = (String) database.query("SELECT current_database()");
      database.execute(
          "ALTER DATABASE " + name + " SET default_transaction_isolation = 'repeatable read'");
      database.forgetConnections();
      assertOneWinner(database);
    }
  }

  private static void assertOneWinner(Databases database) throws Exception {
    var start = new CyclicBarrier(INSTALLERS);
    var installers = new ArrayList<Callable<Boolean>>();
    for (int i = 0; i < INSTALLERS; i++) {
      installers.add(
          () -> {
            start.await();
            return Schema.install(database.dataSource());
          });
    }
    var threads = Executors.newFixedThreadPool(INSTALLERS);
    int winners = 0;
    for (var installer : threads.invokeAll(installers)) {
      winners += installer.get() ? 1 : 0;
    }
    threads.shutdown();

    assertThat(winners).isEqualTo(1);
    assertThat(database.count("SELECT count(*) FROM {schema_version}")).isEqualTo(1);
    assertThat(database.count("SELECT count(*) FROM {inbox_parked}")).isZero();
    assertThat(Schema.install(database.dataSource())).isFalse();
  }

  @ParameterizedTest
  @EnumSource(Dialect.class)
  void anotherPrefixLivesBesideTheDefaultOne(Dialect dialect) {
    try (var database = Databases.create(dialect)) {
      assertThat(Schema.install(database.dataSource())).isTrue();
      assertThat(Schema.install(database.dataSource(), null, "Shop_2_")).isTrue();

      var other = new Tables(dialect, null, "Shop_2_");
      database.execute(
          "INSERT INTO " + other.name("schema_version") + " (version, layout) VALUES (7, 'log')");
      assertThat(database.count("SELECT count(*) FROM {schema_version}")).isEqualTo(1);
      assertThat(Schema.sql(dialect, "Shop_2_"))
          .doesNotContain(dialect.quote("").charAt(0) + "rowpost_");
    }
  }

  @ParameterizedTest
  @EnumSource(Dialect.class)
  void aNamedSchemaIsUsedAndTheConnectionLeftAsItWas(Dialect dialect) throws Exception {
    String schema = "Shop_" + Integer.toHexString(System.identityHashCode(this));
    try (var database = Databases.create(dialect)) {
      if (dialect.isMySqlFamily()) {
        // There a schema is another database, which this test must not leave behind.
        schema = (String) database.query("SELECT DATABASE()");
      } else {
        database.execute("CREATE SCHEMA " + dialect.quote(schema));
      }
      assertThat(Schema.install(database.dataSource(), schema, "x_")).isTrue();
      assertThat(Schema.install(database.dataSource(), schema, "x_")).isFalse();

      var tables = new Tables(dialect, schema, "x_");
      assertThat(database.count("SELECT count(*) FROM " + tables.name("schema_version")))
          .isEqualTo(1);
      try (var connection = database.dataSource().getConnection()) {
        String current = dialect.isMySqlFamily() ? connection.getCatalog() : connection.getSchema();
        assertThat(current)
            .isEqualTo(
                dialect.isMySqlFamily() ? schema : dialect == Dialect.H2 ? "PUBLIC" : "public");
        assertThat(connection.getAutoCommit()).isTrue();
      }
    }
  }

  /** Every name is quoted, and no derived one is cut to that of another. */
  @ParameterizedTest
  @EnumSource(Dialect.class)
  void reservedWordsAndLongestPrefixesAreAsGoodAsAnyName(Dialect dialect) {
    try (var database = Databases.create(dialect)) {
      String longest = "Select_From_Where_Order_By_9999";
      for (String prefix : new String[] {"select", longest.substring(0, 30), "_", "NULL"}) {
        assertThat(Schema.install(database.dataSource(), null, prefix)).isTrue();
        assertThat(Schema.verify(database.dataSource(), null, prefix))
            .noneMatch(finding -> finding.severity() == Schema.Severity.ERROR);
        String table = new Tables(dialect, null, prefix).name("schema_version");
        assertThat(database.count("SELECT count(*) FROM " + table)).isEqualTo(1);
      }
    }
  }

  @Test
  void aPrefixThatIsNoIdentifierIsRefused() {
    for (String prefix :
        new String[] {"", "1a", "a b", "a\"b", "a;b", "a`b", "ä", "a".repeat(31)}) {
      assertThatThrownBy(() -> Schema.sql(Dialect.H2, prefix))
          .isInstanceOfSatisfying(
              RowpostException.class, e -> assertThat(e.code()).isEqualTo("ROWPOST-602"));
    }
  }
}
