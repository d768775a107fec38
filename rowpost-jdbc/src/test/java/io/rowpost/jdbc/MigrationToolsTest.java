package io.rowpost.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.rowpost.testservers.TestDatabase;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.logging.Level;
import java.util.logging.Logger;
import liquibase.Contexts;
import liquibase.Liquibase;
import liquibase.Scope;
import liquibase.UpdateSummaryOutputEnum;
import liquibase.database.DatabaseFactory;
import liquibase.database.jvm.JdbcConnection;
import liquibase.resource.ClassLoaderResourceAccessor;
import liquibase.ui.LoggerUIService;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The files of the jar install everything, as they are, by the tools that people have. */
@Tag("once")
class MigrationToolsTest {
  /** Held here: a logger that nobody holds forgets its level. */
  private static final Logger LIQUIBASE = Logger.getLogger("liquibase");

  static {
    LIQUIBASE.setLevel(Level.WARNING);
  }

  @ParameterizedTest
  @EnumSource(Dialect.class)
  void flywayReadsThem(Dialect dialect) {
    try (var database = Databases.create(dialect)) {
      Flyway flyway =
          Flyway.configure()
              .dataSource(database.dataSource())
              .locations("classpath:rowpost/db/" + dialect.folder())
              .table("rowpost_history")
              .load();
      assertThat(flyway.migrate().migrationsExecuted).isEqualTo(1);
      assertThat(flyway.migrate().migrationsExecuted).isZero();
      assertThat(flyway.validateWithResult().validationSuccessful).isTrue();
      assertThat(Schema.verify(database.dataSource())).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource(Dialect.class)
  void liquibaseReadsThem(Dialect dialect) throws Exception {
    for (String changelog :
        List.of("changelog.xml", dialect.folder() + "/changelog.xml", Schema.FILE)) {
      String path =
          changelog.equals(Schema.FILE)
              ? Schema.path(dialect, changelog)
              : "rowpost/db/" + changelog;
      try (var database = Databases.create(dialect)) {
        update(database, path);
        assertThat(Schema.verify(database.dataSource())).as(path).isEmpty();

        // All three are the same change: whoever includes another one does not run it twice.
        update(database, "rowpost/db/changelog.xml");
        assertThat(ran(database)).isEqualTo(1);
      }
    }
  }

  private static void update(Databases database, String changelog) throws Exception {
    try (var connection = database.dataSource().getConnection();
        var liquibase =
            new Liquibase(
                changelog,
                new ClassLoaderResourceAccessor(),
                DatabaseFactory.getInstance()
                    .findCorrectDatabaseImplementation(new JdbcConnection(connection)))) {
      liquibase.setShowSummaryOutput(UpdateSummaryOutputEnum.LOG);
      Scope.child(Map.of("ui", new LoggerUIService()), () -> liquibase.update(new Contexts()));
    }
  }

  private static long ran(Databases database) {
    return database.count("SELECT count(*) FROM DATABASECHANGELOG");
  }

  /** H2 reads the file from the class path; the other two have programs, as far as installed. */
  @ParameterizedTest
  @EnumSource(Dialect.class)
  void theDatabasesOwnClientReadsThem(Dialect dialect, @TempDir Path folder) throws Exception {
    try (var database = Databases.create(dialect)) {
      if (dialect == Dialect.H2) {
        database.execute(
            "RUNSCRIPT FROM 'classpath:%s'".formatted(Schema.path(dialect, Schema.FILE)));
      } else {
        var client = (TestDatabase) database.resource();
        Path script = folder.resolve(Schema.FILE);
        Files.writeString(script, Schema.resource(dialect, Schema.FILE));
        run(
            dialect == Dialect.POSTGRESQL ? psql(client) : mysql(dialect, client),
            script,
            folder.resolve("output.txt"));
      }
      assertThat(Schema.verify(database.dataSource())).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"layout_row.sql", "layout_log.sql"})
  void psqlChangesTheLayout(String file, @TempDir Path folder) throws Exception {
    Layout before = file.equals("layout_row.sql") ? Layout.LOG : Layout.ROW;
    try (var database = Databases.create(Dialect.POSTGRESQL).with(before)) {
      database.install();
      Path script = folder.resolve(file);
      Files.writeString(script, Schema.resource(Dialect.POSTGRESQL, file));
      run(psql((TestDatabase) database.resource()), script, folder.resolve("output.txt"));
      assertThat(database.query("SELECT layout FROM {schema_version}"))
          .isNotEqualTo(before.recorded());
      assertThat(Schema.verify(database.dataSource())).isEmpty();
    }
  }

  private static ProcessBuilder psql(TestDatabase database) {
    var psql = new ProcessBuilder("psql", "--no-psqlrc", "--quiet", "-v", "ON_ERROR_STOP=1");
    psql.environment()
        .putAll(
            Map.of(
                "PGHOST", database.address().getHostString(),
                "PGPORT", String.valueOf(database.address().getPort()),
                "PGUSER", database.user(),
                "PGPASSWORD", database.password(),
                "PGDATABASE", database.name()));
    return psql;
  }

  private static ProcessBuilder mysql(Dialect dialect, TestDatabase database) {
    var mysql =
        new ProcessBuilder(
            dialect.folder(),
            "--host=" + database.address().getHostString(),
            "--port=" + database.address().getPort(),
            "--user=" + database.user(),
            database.name());
    mysql.environment().put("MYSQL_PWD", database.password());
    return mysql;
  }

  private static void run(ProcessBuilder client, Path script, Path output)
      throws IOException, InterruptedException {
    String program = client.command().get(0);
    boolean installed =
        Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
            .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
    assumeTrue(installed, program + " is not installed");
    client.redirectInput(script.toFile());
    client.redirectErrorStream(true);
    client.redirectOutput(output.toFile());
    int exit = client.start().waitFor();
    assertThat(exit).as(Files.readString(output, StandardCharsets.UTF_8)).isZero();
  }
}
