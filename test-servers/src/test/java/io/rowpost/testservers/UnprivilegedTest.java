package io.rowpost.testservers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Tag("once")
class UnprivilegedTest {

  @ParameterizedTest
  @EnumSource(names = {"NAMESPACE", "NOBODY"})
  void rootStartsPostgresWithoutBeingRoot(Unprivileged way) throws SQLException {
    assumeTrue("root".equals(System.getProperty("user.name")), "only root needs this");
    assumeTrue(
        way == Unprivileged.NOBODY || way == Unprivileged.here(), "namespaces are forbidden");
    Path binaries = PostgresBinaries.find(PostgresBinaries.defaultMajor());
    PostgresEngine engine = new PostgresEngine(binaries, way, Map.of());
    try (OwnDatabaseServer server = OwnDatabaseServer.start(engine)) {
      TestDatabase database = server.createDatabase();
      server.kill();
      server.restart();
      assertThat(Sql.column(database, "SELECT 1")).containsExactly("1");
    }
  }
}
