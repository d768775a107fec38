package io.rowpost.testservers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

@Tag("once")
@ParameterizedClass
@MethodSource("products")
class OwnDatabaseServerTest {

  /** A server and the settings of durability that its product shows. */
  record Product(
      String name, Supplier<OwnDatabaseServer> start, String settings, List<String> durable) {

    static Product postgres(int majorVersion) {
      return new Product(
          "PostgreSQL " + majorVersion,
          () -> PostgresServer.startOwn(majorVersion),
          "SELECT setting FROM pg_settings WHERE name IN ('fsync', 'synchronous_commit')",
          List.of("on", "on"));
    }

    static Product mariaDb() {
      return new Product(
          "MariaDB",
          MariaDbServer::startOwn,
          "SELECT @@innodb_flush_log_at_trx_commit",
          List.of("1"));
    }

    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Product> products() {
    return Stream.of(Product.postgres(15), Product.postgres(18), Product.mariaDb());
  }

  private static OwnDatabaseServer server;
  private static TestDatabase database;

  @Parameter Product product;

  @BeforeParameterizedClassInvocation
  static void start(Product product) {
    server = Requirement.ofEnvironment().of(product.start);
    database = server.createDatabase();
  }

  @AfterParameterizedClassInvocation
  static void close() {
    server.close();
    server.close();
    assertThat(server.isRunning()).isFalse();
    assertThat(server.folder()).doesNotExist();
    assertThatThrownBy(server::restart).isInstanceOf(IllegalStateException.class);
    database.close();
  }

  @BeforeEach
  void createTable() throws SQLException {
    Sql.execute(database, "DROP TABLE IF EXISTS t", "CREATE TABLE t (id INT PRIMARY KEY)");
  }

  @Test
  void keepsCommittedRowsOverEachWayToStop() throws SQLException {
    int port = server.address().getPort();
    List<Consumer<OwnDatabaseServer>> endings =
        List.of(OwnDatabaseServer::kill, OwnDatabaseServer::stopImmediate, OwnDatabaseServer::stop);
    for (int row = 1; row <= endings.size(); row++) {
      Sql.execute(database, "INSERT INTO t VALUES (" + row + ")");
      endings.get(row - 1).accept(server);
      assertThat(server.isRunning()).isFalse();
      assertThatThrownBy(database::connect).isInstanceOf(SQLException.class);
      server.restart();
      assertThat(server.address().getPort()).isEqualTo(port);
      assertThat(Sql.column(database, "SELECT count(*) FROM t")).containsExactly("" + row);
    }
  }

  @Test
  void whoIsPatientIsConnectedWhenTheServerIsBack() {
    DataSource patient =
        new DirectDataSource(database.jdbcUrl(), database.user(), database.password())
            .patient(Duration.ofSeconds(60));
    server.stopImmediate();
    CompletableFuture<Boolean> answer = CompletableFuture.supplyAsync(() -> answers(patient));
    assertThatThrownBy(() -> answer.get(200, TimeUnit.MILLISECONDS))
        .isInstanceOf(TimeoutException.class);
    server.restart();
    assertThat(answer.orTimeout(60, TimeUnit.SECONDS).join()).isTrue();
  }

  private static boolean answers(DataSource source) {
    try (Connection connection = source.getConnection()) {
      return connection.isValid(1);
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void restartsWhileItRunsAndForgetsWhatWasNotCommitted() throws SQLException {
    Connection writer = database.connect();
    writer.setAutoCommit(false);
    Sql.execute(writer, "INSERT INTO t VALUES (1)");

    server.restart();

    assertThatThrownBy(writer::commit).isInstanceOf(SQLException.class);
    assertThat(Sql.column(database, "SELECT count(*) FROM t")).containsExactly("0");
  }

  @Test
  void writesToDiskBeforeItConfirms() throws SQLException {
    assertThat(Sql.column(database, product.settings)).isEqualTo(product.durable);
  }

  @Test
  void answersNothingWhilePaused() throws Exception {
    server.pause();
    CompletableFuture<List<String>> answer =
        CompletableFuture.supplyAsync(OwnDatabaseServerTest::one);
    await().during(Duration.ofMillis(300)).until(() -> !answer.isDone());
    server.resume();
    assertThat(answer.get(1, TimeUnit.MINUTES)).containsExactly("1");
  }

  @Test
  void isStoppedAndKilledWhilePausedToo() {
    server.pause();
    server.stop();
    assertThat(server.isRunning()).isFalse();
    server.restart();
    server.pause();
    server.kill();
    assertThat(server.isRunning()).isFalse();
    server.restart();
  }

  private static List<String> one() {
    try {
      return Sql.column(database, "SELECT 1");
    } catch (SQLException e) {
      return List.of(e.toString());
    }
  }
}
