package io.rowpost.testservers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.opentest4j.TestAbortedException;

@Tag("once")
class RequirementTest {

  private static final String REFUSED = "127.0.0.1:1";

  @Test
  void withoutCiAnAbsentServerSkips() throws IOException {
    assertThat(outcomes(Map.of(), List.of()))
        .allSatisfy(line -> assertThat(line).startsWith("TestAbortedException"));
  }

  @Test
  void inCiAnAbsentServerFailsExceptMySql() throws IOException {
    assertThat(outcomes(Map.of("CI", "true"), List.of()))
        .satisfiesExactly(
            postgres -> assertThat(postgres).startsWith("AssertionError: PostgreSQL: "),
            version -> assertThat(version).startsWith("AssertionError: PostgreSQL: "),
            mariaDb -> assertThat(mariaDb).startsWith("AssertionError: MariaDB: "),
            mySql -> assertThat(mySql).startsWith("TestAbortedException: MySQL: "));
  }

  @Test
  void mySqlThatWasAskedForFails() throws IOException {
    assertThat(outcomes(Map.of(), List.of("-Drowpost.test.mysql=true")).get(3))
        .startsWith("AssertionError: MySQL: ROWPOST_TEST_MYSQL_URL leads to no server: ");
  }

  @Test
  void theReasonNamesTheVariableAndNoPassword() throws IOException {
    List<String> outcomes = outcomes(Map.of(), List.of("-Drowpost.test.mysql=true"));
    assertThat(outcomes.get(0)).contains("ROWPOST_TEST_POSTGRES_URL leads to no server");
    assertThat(outcomes.get(2)).contains("ROWPOST_TEST_MARIADB_URL leads to no server");
    assertThat(outcomes).noneMatch(line -> line.contains("secret"));
  }

  @Test
  void aVariableThatCannotBeReadHidesBehindNoOtherServer() {
    assertThatThrownBy(
            () -> RunningServer.named(DatabaseProduct.POSTGRESQL, "X", "jdbc:mysql://secret@h/"))
        .isInstanceOf(ServerAbsentException.class)
        .hasMessage("PostgreSQL: X cannot be used: it does not start with jdbc:postgresql://");
  }

  @Test
  void aVariableThatIsNotSetNamesNoServer() {
    assertThat(RunningServer.named(DatabaseProduct.POSTGRESQL, "X", null)).isEmpty();
    assertThat(RunningServer.named(DatabaseProduct.POSTGRESQL, "X", " ")).isEmpty();
  }

  @Test
  void aLocalServerThatRefusesTheLoginIsNotFound() {
    DatabaseProduct product = DatabaseProduct.POSTGRESQL;
    assertThat(RunningServer.local(product, product.local(1, "postgres"))).isEmpty();
    try (OwnDatabaseServer server = PostgresServer.startOwn(PostgresBinaries.defaultMajor())) {
      int port = server.address().getPort();
      assertThat(RunningServer.local(product, product.local(port, "a_stranger"))).isEmpty();
      assertThat(RunningServer.local(product, product.local(port, "postgres")))
          .map(DatabaseServer::description)
          .isEqualTo(Optional.of(server.description()));
    }
  }

  @Test
  void binariesThatAreNotThereAreAReason() {
    assertThatThrownBy(() -> PostgresServer.startOwn(9))
        .isInstanceOf(ServerAbsentException.class)
        .hasMessageStartingWith("PostgreSQL 9: neither installed here nor among");
    assertThatThrownBy(() -> MariaDbEngine.installedIn(List.of("/nowhere"), Map.of()))
        .isInstanceOf(ServerAbsentException.class)
        .hasMessage("MariaDB: no mariadb-install-db is installed");
  }

  @Test
  void aServerThatCannotBeStartedHereIsAReason() {
    Path binaries = PostgresBinaries.find(PostgresBinaries.defaultMajor());
    DatabaseEngine engine =
        new PostgresEngine(binaries, Unprivileged.here(), Map.of("max_connections", "none"));
    assertThatThrownBy(() -> OwnDatabaseServer.startOrAbsent(engine))
        .isInstanceOf(ServerAbsentException.class)
        .hasMessageStartingWith("PostgreSQL did not start: ended with 1")
        .hasMessageContaining("max_connections");
  }

  /** What becomes of tests of PostgreSQL, PostgreSQL 18, MariaDB, MySQL where none answers. */
  private static List<String> outcomes(Map<String, String> environment, List<String> options)
      throws IOException {
    Map<String, String> all = new LinkedHashMap<>(environment);
    String login = "?user=me&password=secret";
    all.put("ROWPOST_TEST_POSTGRES_URL", "jdbc:postgresql://" + REFUSED + "/p" + login);
    all.put("ROWPOST_TEST_MARIADB_URL", "jdbc:mariadb://" + REFUSED + "/" + login);
    all.put("ROWPOST_TEST_MYSQL_URL", "jdbc:mysql://" + REFUSED + "/" + login);
    return ChildJvm.output(ChildJvm.start(Main.class, all, options, List.of()));
  }

  /** Prints one line for each server. */
  static final class Main {

    private Main() {}

    public static void main(String[] arguments) {
      print(PostgresServer::require);
      print(() -> PostgresServer.require(18));
      print(MariaDbServer::require);
      print(MySqlServer::require);
    }

    private static void print(Supplier<DatabaseServer> require) {
      try {
        System.out.println("found " + require.get());
      } catch (TestAbortedException | AssertionError e) {
        String message = e.getMessage().replace('\n', ' ');
        System.out.println(e.getClass().getSimpleName() + ": " + message);
      }
    }
  }
}
