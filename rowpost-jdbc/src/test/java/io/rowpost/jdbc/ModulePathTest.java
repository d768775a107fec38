package io.rowpost.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.spi.ToolProvider;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An application of named modules installs by Flyway and by Liquibase, and appends. */
class ModulePathTest {
  private static final String MODULE =
      """
      module app {
        requires io.rowpost.jdbc;
        requires com.h2database;
        requires java.naming;
        requires flyway.core;
        requires liquibase.core;
      }
      """;

  /** Both tools are automatic modules, which cannot say that they need these. */
  private static final String NAMED_LIBRARIES =
      "tools.jackson.databind,org.apache.commons.io,org.apache.commons.lang3,"
          + "org.apache.commons.text,org.apache.commons.collections4,org.yaml.snakeyaml";

  private static final String MAIN =
      """
      package app;

      import io.rowpost.core.OutboxRecord;
      import io.rowpost.jdbc.JdbcOutboxStore;
      import io.rowpost.jdbc.Schema;
      import java.util.List;
      import liquibase.Contexts;
      import liquibase.Liquibase;
      import liquibase.database.DatabaseFactory;
      import liquibase.database.jvm.JdbcConnection;
      import liquibase.resource.ClassLoaderResourceAccessor;
      import org.flywaydb.core.Flyway;
      import org.h2.jdbcx.JdbcDataSource;

      public class Main {
        public static void main(String[] args) throws Exception {
          JdbcDataSource flyway = dataSource("flyway");
          Flyway.configure().dataSource(flyway).locations("classpath:rowpost/db/h2").load().migrate();
          append("Flyway", flyway);

          JdbcDataSource liquibase = dataSource("liquibase");
          try (var connection = liquibase.getConnection()) {
            var database =
                DatabaseFactory.getInstance()
                    .findCorrectDatabaseImplementation(new JdbcConnection(connection));
            new Liquibase("rowpost/db/changelog.xml", new ClassLoaderResourceAccessor(), database)
                .update(new Contexts());
          }
          append("Liquibase", liquibase);
        }

        private static JdbcDataSource dataSource(String name) {
          var dataSource = new JdbcDataSource();
          dataSource.setURL("jdbc:h2:mem:" + name + ";DB_CLOSE_DELAY=-1");
          return dataSource;
        }

        private static void append(String tool, JdbcDataSource dataSource) throws Exception {
          try (var connection = dataSource.getConnection()) {
            connection.setAutoCommit(false);
            JdbcOutboxStore.appendOnly().build()
                .append(connection, List.of(
                    OutboxRecord.to("t").type("T").payload("{}").build()));
            connection.commit();
          }
          System.out.println(
              tool + " in " + Schema.class.getModule() + ": " + Schema.verify(dataSource));
        }
      }
      """;

  @Test
  void modulesInstallAndAppend(@TempDir Path folder) throws Exception {
    Path classes =
        Path.of(Schema.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    Path jar = classes;
    if (Files.isDirectory(classes)) {
      jar = folder.resolve("rowpost-jdbc.jar");
      run("jar", "--create", "--file", jar.toString(), "-C", classes.toString(), ".");
    }
    String modulePath =
        Stream.concat(Stream.of(jar.toString()), libraries())
            .collect(Collectors.joining(File.pathSeparator));
    Path sources = Files.createDirectories(folder.resolve("src/app"));
    Path module = Files.writeString(sources.resolveSibling("module-info.java"), MODULE);
    Path main = Files.writeString(sources.resolve("Main.java"), MAIN);
    Path app = folder.resolve("app");
    run(
        "javac",
        "--module-path",
        modulePath,
        "-d",
        app.toString(),
        module.toString(),
        main.toString());

    Path output = folder.resolve("output.txt");
    var java = new ArrayList<String>();
    java.add(ProcessHandle.current().info().command().orElseThrow());
    java.addAll(List.of("--module-path", modulePath + File.pathSeparator + app));
    java.addAll(List.of("--add-modules", NAMED_LIBRARIES, "--module", "app/app.Main"));
    int exit =
        new ProcessBuilder(java)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start()
            .waitFor();
    String said = Files.readString(output, StandardCharsets.UTF_8);
    assertThat(exit).as(said).isZero();
    assertThat(said.lines())
        .contains(
            "Flyway in module io.rowpost.jdbc: []", "Liquibase in module io.rowpost.jdbc: []");
  }

  /** The class path of this test, without what is for tests only and this module itself. */
  private static Stream<String> libraries() {
    List<String> wanted =
        List.of("rowpost-core", "slf4j-api", "jspecify", "h2-", "flyway-core", "jackson");
    List<String> ofLiquibase =
        List.of("liquibase-core", "opencsv", "snakeyaml", "jaxb-api", "commons-");
    return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
        .filter(
            entry ->
                Stream.concat(wanted.stream(), ofLiquibase.stream())
                    .anyMatch(name -> entry.contains("/" + name)));
  }

  private static void run(String tool, String... arguments) {
    var said = new StringWriter();
    var out = new PrintWriter(said);
    int exit = ToolProvider.findFirst(tool).orElseThrow().run(out, out, arguments);
    assertThat(exit).as("%s said %s", tool, said).isZero();
  }
}
