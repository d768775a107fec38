package io.rowpost.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.rowpost.core.InMemoryMessageBroker;
import io.rowpost.core.Lease;
import io.rowpost.core.OutboxRelay;
import io.rowpost.core.RowpostException;
import io.rowpost.jdbc.Schema.Finding;
import io.rowpost.jdbc.Schema.Severity;
import io.rowpost.testservers.MariaDbServer;
import io.rowpost.testservers.PostgresServer;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import javax.sql.DataSource;
import org.h2.api.Trigger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Tag("once")
class SchemaVerifyTest {
  private static final String VERSION_ROW = "INSERT INTO {schema_version} (version, layout) VALUES";

  @ParameterizedTest
  @EnumSource(Dialect.class)
  void aFreshInstallHasNoFinding(Dialect dialect) {
    try (var database = Databases.create(dialect)) {
      Schema.install(database.dataSource());
      assertThat(Schema.verify(database.dataSource())).isEmpty();

      Schema.install(database.dataSource(), null, "Shop_2_");
      assertThat(Schema.verify(database.dataSource(), null, "Shop_2_")).isEmpty();
    }
  }

  /** Damage upon damage: each adds the one finding that names it. */
  @ParameterizedTest
  @EnumSource(Dialect.class)
  void eachDamageIsTheOneFindingThatNamesIt(Dialect dialect) throws SQLException {
    try (var database = Databases.create(dialect)) {
      Schema.install(database.dataSource());
      boolean mySql = dialect.isMySqlFamily();
      var found = new ArrayList<String>();

      database.execute("DROP VIEW {outbox_status}");
      found.add("ROWPOST-209 WARNING View rowpost_outbox_status");
      assertThat(brief(database)).containsExactlyInAnyOrderElementsOf(found);

      database.execute("ALTER TABLE {outbox_parked} DROP COLUMN traceparent");
      found.add("ROWPOST-209 ERROR Column traceparent of table rowpost_outbox_parked");
      assertThat(brief(database)).containsExactlyInAnyOrderElementsOf(found);

      database.execute("ALTER TABLE {inbox} DROP CONSTRAINT {inbox_done}");
      found.add("ROWPOST-209 WARNING CHECK rowpost_inbox_done of table rowpost_inbox");
      assertThat(brief(database)).containsExactlyInAnyOrderElementsOf(found);

      database.execute(
          mySql ? "ALTER TABLE {inbox} DROP INDEX {inbox_age_ix}" : "DROP INDEX {inbox_age_ix}");
      found.add("ROWPOST-209 WARNING Index rowpost_inbox_age_ix of table rowpost_inbox");
      assertThat(brief(database)).containsExactlyInAnyOrderElementsOf(found);

      database.execute(
          "ALTER TABLE {inbox_parked} DROP "
              + (mySql ? "PRIMARY KEY" : "CONSTRAINT {inbox_parked_pk}"));
      found.add(
          "ROWPOST-209 ERROR Primary key %s of table rowpost_inbox_parked"
              .formatted(mySql ? "PRIMARY" : "rowpost_inbox_parked_pk"));
      assertThat(brief(database)).containsExactlyInAnyOrderElementsOf(found);

      database.execute("DROP TABLE {audit}");
      found.add("ROWPOST-201 ERROR table rowpost_audit");
      assertThat(brief(database)).containsExactlyInAnyOrderElementsOf(found);

      createTrigger(database);
      found.add("ROWPOST-206 WARNING trigger of_mine is on table rowpost_outbox");
      assertThat(brief(database)).containsExactlyInAnyOrderElementsOf(found);
    }
  }

  /** Every part of the script, each renamed in a transaction that is rolled back. */
  @Test
  void everyPartOfTheScriptIsMissed() throws SQLException {
    try (var database = Databases.create(Dialect.POSTGRESQL)) {
      Schema.install(database.dataSource());
      var one = new OneConnection(database.dataSource());
      for (Blueprint.Part part : Blueprint.of(Tables.of(Dialect.POSTGRESQL), Layout.LOG).parts()) {
        one.connection().setAutoCommit(false);
        execute(one.connection(), renaming(part));
        assertThat(Schema.verify(one))
            .as(part.toString())
            .singleElement()
            .satisfies(
                finding ->
                    assertThat(finding.text())
                        .startsWithIgnoringCase(part.kind().title + " " + part.name() + " ")
                        .contains(part.table()));
        one.connection().setAutoCommit(true);
      }
      one.connection().close();
      assertThat(Schema.verify(database.dataSource())).isEmpty();
    }
  }

  private static String renaming(Blueprint.Part part) {
    String of = "ALTER TABLE \"%s\" RENAME ".formatted(part.table());
    return switch (part.kind()) {
      case TABLE -> of + "TO gone";
      case VIEW -> "ALTER VIEW \"%s\" RENAME TO gone".formatted(part.name());
      case COLUMN -> of + "COLUMN \"%s\" TO gone".formatted(part.name());
      case PRIMARY_KEY, CHECK -> of + "CONSTRAINT \"%s\" TO gone".formatted(part.name());
      case INDEX -> "ALTER INDEX \"%s\" RENAME TO gone".formatted(part.name());
    };
  }

  @Test
  void theScriptsOfAllDatabasesCreateTheSameParts() {
    List<String> expected = columns(Dialect.H2);
    assertThat(expected).hasSize(90).contains("rowpost_inbox_parked.payload");
    for (Dialect dialect : Dialect.values()) {
      // On PostgreSQL those of the row layout are added by its own script, behind the others.
      assertThat(columns(dialect)).containsExactlyInAnyOrderElementsOf(expected);
      if (dialect != Dialect.POSTGRESQL) {
        assertThat(columns(dialect)).isEqualTo(expected);
      }
    }
  }

  private static List<String> columns(Dialect dialect) {
    return Blueprint.of(Tables.of(dialect), Layout.ROW).parts().stream()
        .filter(part -> part.kind() == Blueprint.Kind.COLUMN)
        .map(part -> part.table() + "." + part.name())
        .toList();
  }

  @ParameterizedTest
  @EnumSource(Dialect.class)
  void theVersionMustBeOursOrTheNextOne(Dialect dialect) {
    try (var database = Databases.create(dialect)) {
      Schema.install(database.dataSource());
      String layout = database.layout().recorded();
      if (dialect != Dialect.POSTGRESQL) {
        database.execute("UPDATE {schema_version} SET layout = 'log'");
        assertThat(brief(database)).containsExactly("ROWPOST-202 ERROR the schema has the layout");
      }
      database.execute("DELETE FROM {schema_version}");
      assertThat(brief(database))
          .containsExactly("ROWPOST-202 ERROR table rowpost_schema_version is empty");

      database.execute(VERSION_ROW + " (0, '" + layout + "')");
      assertThat(brief(database)).containsExactly("ROWPOST-202 ERROR the schema has version 0");
      assertThat(refusal(database.dataSource()).code()).isEqualTo("ROWPOST-202");

      database.execute(VERSION_ROW + " (2, '" + layout + "')");
      assertThat(brief(database)).containsExactly("ROWPOST-202 HINT the schema has version 2");
      lease(database.dataSource());

      database.execute(VERSION_ROW + " (3, '" + layout + "')");
      assertThat(brief(database)).containsExactly("ROWPOST-202 ERROR the schema has version 3");
    }
  }

  @ParameterizedTest
  @EnumSource(Dialect.class)
  void aRelayDoesNotStartWithoutItsTables(Dialect dialect) {
    try (var database = Databases.create(dialect)) {
      var store = JdbcOutboxStore.builder(database.dataSource()).build();
      try (var relay = OutboxRelay.builder(store, new InMemoryMessageBroker()).build()) {
        assertThatThrownBy(relay::start)
            .isExactlyInstanceOf(RowpostException.class)
            .hasMessageMatching(
                ("(?s)ROWPOST-201 Relay \"default\" did not get its lease: table rowpost_outbox was"
                        + " not found in schema \".+\" \\(.+, user .*\\)\\.\n"
                        + "(  A table of that name is in .+\n)?"
                        + "  And %d more: Schema.verify\\(dataSource\\) names them\\.\n"
                        + "  Fix: apply rowpost/db/"
                        + dialect.folder()
                        + "/V1__outbox_inbox.sql, or call Schema.install\\(dataSource\\)\\.")
                    .formatted(database.layout() == Layout.LOG ? 4 : 3));
      }
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Dialect.class,
      names = {"H2", "POSTGRESQL"})
  void tablesInAnotherSchemaAreNamed(Dialect dialect) {
    try (var database = Databases.create(dialect)) {
      database.execute("CREATE SCHEMA \"Shop\"");
      Schema.install(database.dataSource(), "Shop", "rowpost_");
      assertThat(Schema.verify(database.dataSource(), "Shop", "rowpost_")).isEmpty();
      assertThat(Schema.verify(database.dataSource()).get(0).text())
          .contains("A table of that name is in \"Shop\": if that is the one");
    }
  }

  @Test
  void postgresThatBreaksThePromisesIsFound() throws SQLException {
    try (var database = Databases.create(Dialect.POSTGRESQL)) {
      Schema.install(database.dataSource());
      var one = new OneConnection(database.dataSource());
      for (var damage :
          Map.of(
                  "ALTER TABLE {outbox} ALTER COLUMN seq SET CACHE 20",
                  "ROWPOST-206 ERROR seq_cache is 20",
                  "ALTER TABLE {outbox} ALTER COLUMN seq SET INCREMENT BY 2",
                  "ROWPOST-206 ERROR seq_increment is 2",
                  "ALTER TABLE {outbox} SET UNLOGGED",
                  "ROWPOST-207 WARNING table rowpost_outbox is UNLOGGED",
                  "SET LOCAL synchronous_commit = off",
                  "ROWPOST-207 WARNING synchronous_commit is off",
                  "SET LOCAL default_transaction_read_only = on",
                  "ROWPOST-205 ERROR default_transaction_read_only is on")
              .entrySet()) {
        one.connection().setAutoCommit(false);
        execute(one.connection(), Tables.of(Dialect.POSTGRESQL).fill(damage.getKey()));
        assertThat(brief(one)).containsExactly(damage.getValue());
        one.connection().setAutoCommit(true);
      }
      one.connection().close();
    }
  }

  @Test
  void aPostgresStandbyTakesNoRelay() throws Exception {
    try (var server =
        PostgresServer.startOwn(15, Map.of("fsync", "off", "full_page_writes", "off"))) {
      DataSource dataSource = server.createDatabase().dataSource();
      Schema.install(dataSource);
      assertThat(brief(dataSource))
          .containsExactly(
              "ROWPOST-207 WARNING fsync is off", "ROWPOST-207 WARNING full_page_writes is off");
      assertThat(logOf(() -> lease(dataSource)))
          .containsOnlyOnce("ROWPOST-207 fsync is off")
          .containsOnlyOnce("ROWPOST-207 full_page_writes is off");

      try (Connection connection = dataSource.getConnection();
          var statement = connection.createStatement();
          var row = statement.executeQuery("SHOW data_directory")) {
        row.next();
        Files.createFile(Path.of(row.getString(1), "standby.signal"));
      }
      server.restart();
      assertThat(brief(dataSource)).contains("ROWPOST-205 ERROR pg_is_in_recovery is true");
      assertThat(refusal(dataSource).code()).isEqualTo("ROWPOST-205");
    }
  }

  @Test
  void aMariaDbThatWritesLaterOrNotAtAllIsFound() {
    MariaDbServer.require();
    try (var server =
        MariaDbServer.startOwn(
            Map.of(
                "read-only", "1",
                "innodb-flush-log-at-trx-commit", "2",
                "log-bin", "binlog",
                "sync-binlog", "0"))) {
      DataSource dataSource = server.createDatabase().dataSource();
      Schema.install(dataSource);
      assertThat(brief(dataSource))
          .containsExactly(
              "ROWPOST-205 ERROR read_only is 1",
              "ROWPOST-207 WARNING innodb_flush_log_at_trx_commit is 2",
              "ROWPOST-207 HINT sync_binlog is 0");
      assertThat(refusal(dataSource).code()).isEqualTo("ROWPOST-205");
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Dialect.class,
      names = {"MYSQL", "MARIADB"})
  void severalPrimariesTakeNoRelay(Dialect dialect) throws SQLException {
    try (var database = Databases.create(dialect)) {
      Schema.install(database.dataSource());
      var one = new OneConnection(database.dataSource());
      execute(one.connection(), "SET SESSION auto_increment_increment = 2");
      assertThat(brief(one)).containsExactly("ROWPOST-206 ERROR auto_increment_increment is 2");
      assertThat(refusal(one).code()).isEqualTo("ROWPOST-206");
      one.connection().close();
    }
  }

  /**
   * Behind a failure the server may be another one: what was found in order once proves nothing.
   */
  @ParameterizedTest
  @EnumSource(Dialect.class)
  void aRelayLooksAgainWhenItsStoreHasFailed(Dialect dialect) {
    try (var database = Databases.create(dialect)) {
      Schema.install(database.dataSource());
      try (var store = JdbcOutboxStore.builder(database.dataSource()).build()) {
        var granted = (Lease.Attempt.Granted) store.lease(request());
        database.execute("UPDATE {schema_version} SET version = 0");
        store.release(granted.lease());
        granted = (Lease.Attempt.Granted) store.lease(request());

        database.execute("DROP VIEW {outbox_status}");
        database.execute("DROP TABLE {outbox}");
        Lease lease = granted.lease();
        assertThatThrownBy(() -> store.probe(lease, 0)).hasMessageContaining("ROWPOST-201");
        database.execute(tableOf(dialect));
        assertThatThrownBy(() -> store.lease(request())).hasMessageContaining("ROWPOST-202");
      }
    }
  }

  private static String tableOf(Dialect dialect) {
    return Schema.statements(Schema.sql(dialect, Tables.DEFAULT_PREFIX)).stream()
        .filter(
            sql ->
                sql.contains("CREATE TABLE")
                    && sql.contains("outbox" + dialect.quote("").charAt(0) + " ("))
        .findFirst()
        .orElseThrow();
  }

  private static Lease.Request request() {
    return new Lease.Request("default", UUID.randomUUID(), Duration.ofMinutes(1), null, null);
  }

  /** Code, severity, and the text up to what is lost by it. */
  private static List<String> brief(DataSource dataSource) {
    return Schema.verify(dataSource).stream()
        .map(
            found ->
                "%s %s %s"
                    .formatted(
                        found.code(),
                        found.severity(),
                        found.text().split(" is missing| was not| \"|:|,", 2)[0]))
        .toList();
  }

  private static List<String> brief(Databases database) {
    return brief(database.dataSource());
  }

  private static RowpostException refusal(DataSource dataSource) {
    var thrown = catchThrowableOfType(RowpostException.class, () -> lease(dataSource));
    List<Finding> errors =
        Schema.verify(dataSource).stream().filter(f -> f.severity() == Severity.ERROR).toList();
    assertThat(thrown).hasMessageContaining(errors.get(0).text());
    assertThat(thrown.fix()).isEqualTo(errors.get(0).fix());
    return thrown;
  }

  /** Asks twice, so that what is said once can be told from what is said each time. */
  private static void lease(DataSource dataSource) {
    try (var store = JdbcOutboxStore.builder(dataSource).build()) {
      for (int i = 0; i < 2; i++) {
        var attempt = store.lease(request());
        if (attempt instanceof Lease.Attempt.Granted granted) {
          store.release(granted.lease());
        }
      }
    }
  }

  private static String logOf(Runnable work) {
    PrintStream before = System.err;
    var log = new ByteArrayOutputStream();
    System.setErr(new PrintStream(log, true, StandardCharsets.UTF_8));
    try {
      work.run();
    } finally {
      System.setErr(before);
    }
    return log.toString(StandardCharsets.UTF_8);
  }

  private static void createTrigger(Databases database) {
    switch (database.dialect()) {
      case H2 ->
          database.execute(
              "CREATE TRIGGER \"of_mine\" BEFORE INSERT ON {outbox} FOR EACH ROW CALL '%s'"
                  .formatted(NoTrigger.class.getName()));
      case POSTGRESQL -> {
        database.execute(
            "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'");
        database.execute(
            "CREATE TRIGGER of_mine BEFORE INSERT ON {outbox} FOR EACH ROW EXECUTE FUNCTION f()");
      }
      case MYSQL, MARIADB ->
          database.execute(
              "CREATE TRIGGER of_mine BEFORE INSERT ON {outbox} FOR EACH ROW SET NEW.seq = NULL");
    }
  }

  /** H2 calls a class. */
  public static final class NoTrigger implements Trigger {
    @Override
    public void fire(Connection connection, Object[] before, Object[] after) {}
  }

  private static void execute(Connection connection, String sql) throws SQLException {
    try (var statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}
