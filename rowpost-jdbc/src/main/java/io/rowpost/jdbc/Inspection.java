package io.rowpost.jdbc;

import io.rowpost.core.RowpostException;
import io.rowpost.jdbc.Blueprint.Kind;
import io.rowpost.jdbc.Blueprint.Part;
import io.rowpost.jdbc.Schema.Finding;
import io.rowpost.jdbc.Schema.Severity;
import java.sql.DatabaseMetaData;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Compares a database with what the script creates and with what the promises rest on.
 *
 * <p>Seven statements on the catalog, none on the data. Not thread-safe.
 */
final class Inspection {
  /** What a relay reads and writes; its user may be unable to see the others. */
  private static final Set<String> OF_RELAY =
      Set.of("outbox", "outbox_parked", "relay", "relay_cursor", "schema_version");

  private final Session session;
  private final Tables tables;
  private final Blueprint blueprint;
  private final List<Finding> findings = new ArrayList<>();

  /** Tables that are missing, or a column of theirs. */
  private final Set<String> unreadable = new HashSet<>();

  private Inspection(Session session, Blueprint blueprint) {
    this.session = session;
    this.tables = session.statements().tables();
    this.blueprint = blueprint;
  }

  /** Everything. */
  static List<Finding> ofAll(Session session) throws SQLException {
    return new Inspection(session, blueprint(session)).run();
  }

  /** What a relay needs. */
  static List<Finding> ofRelay(Session session) throws SQLException {
    Tables tables = session.statements().tables();
    Set<String> names = OF_RELAY.stream().map(tables.prefix()::concat).collect(Collectors.toSet());
    return new Inspection(session, blueprint(session).of(names)).run();
  }

  private static Blueprint blueprint(Session session) throws SQLException {
    return Blueprint.of(session.statements().tables(), Layout.of(session));
  }

  /**
   * The exception for what must not go on, or null.
   *
   * @param what what did not happen, a sentence without its full stop
   */
  static @Nullable RowpostException refusal(String what, List<Finding> findings) {
    List<Finding> errors =
        findings.stream().filter(finding -> finding.severity() == Severity.ERROR).toList();
    if (errors.isEmpty()) {
      return null;
    }
    Finding first = errors.get(0);
    String more =
        errors.size() == 1
            ? ""
            : "\n  And %d more: Schema.verify(dataSource) names them.".formatted(errors.size() - 1);
    return new RowpostException(first.code(), what + ": " + first.text() + more, first.fix(), null);
  }

  private List<Finding> run() throws SQLException {
    Map<String, String> there = new HashMap<>();
    for (String[] row : rows(Query.CATALOG_TABLES)) {
      there.put(row[0], row[1]);
    }
    missing(there.keySet());
    there.forEach(this::unlogged);
    if (!unreadable.contains(tables.prefix() + "schema_version")) {
      version();
    }
    if (there.containsKey(folded(tables.prefix() + "outbox"))) {
      triggers();
    }
    if (session.can(Query.CATALOG_SETTINGS)) {
      settings();
    }
    return List.copyOf(findings);
  }

  // ---- what is missing ------------------------------------------------------------------------

  private void missing(Set<String> there) throws SQLException {
    Set<List<String>> columns = pairs(Query.CATALOG_COLUMNS);
    Set<List<String>> indexes = pairs(Query.CATALOG_INDEXES);
    Set<List<String>> constraints = pairs(Query.CATALOG_CONSTRAINTS);
    boolean mySql = tables.dialect().isMySqlFamily();
    for (Part part : blueprint.parts()) {
      String table = folded(part.table());
      var name = List.of(table, folded(part.name()));
      boolean found =
          switch (part.kind()) {
            case TABLE, VIEW -> there.contains(table);
            case COLUMN -> columns.contains(name);
            case INDEX -> indexes.contains(name);
            case PRIMARY_KEY -> (mySql ? indexes : constraints).contains(name);
            case CHECK -> constraints.contains(name) || (mySql && hidden(table, constraints));
          };
      boolean itself = part.kind() == Kind.TABLE || part.kind() == Kind.VIEW;
      if (!found && part.kind() == Kind.TABLE) {
        missingTable(part.table());
      } else if (!found && (itself || there.contains(table))) {
        missingPart(part);
      }
    }
  }

  /** MySQL and MariaDB show a table's constraints to nobody who may only read it. */
  private static boolean hidden(String table, Set<List<String>> constraints) {
    return constraints.stream().noneMatch(constraint -> constraint.get(0).equals(table));
  }

  private void missingTable(String table) throws SQLException {
    unreadable.add(table);
    PreparedStatement statement = session.prepare(Query.CATALOG_ELSEWHERE);
    statement.setString(1, table);
    var elsewhere = new ArrayList<String>();
    try (ResultSet row = statement.executeQuery()) {
      while (row.next()) {
        elsewhere.add(row.getString(1));
      }
    }
    DatabaseMetaData database = statement.getConnection().getMetaData();
    String hint =
        elsewhere.isEmpty()
            ? ""
            : "\n  A table of that name is in %s: if that is the one, pass its name as the schema."
                .formatted(elsewhere.stream().collect(Collectors.joining("\", \"", "\"", "\"")));
    add(
        "ROWPOST-201",
        Severity.ERROR,
        "table %s was not found in schema \"%s\" (%s %s, user %s).%s"
            .formatted(
                table,
                schema(),
                database.getDatabaseProductName(),
                database.getDatabaseProductVersion(),
                database.getUserName(),
                hint),
        "apply %s, or call Schema.install(dataSource).".formatted(script()));
  }

  private void missingPart(Part part) {
    String loss =
        switch (part.kind()) {
          case COLUMN -> "statements that name it fail";
          case PRIMARY_KEY -> "rows could be there twice, and be found by a scan only";
          case CHECK -> "states that do not exist could be stored";
          case INDEX -> "each look reads the whole table";
          case VIEW, TABLE -> "the states of messages cannot be asked for";
        };
    if (part.kind() == Kind.COLUMN) {
      unreadable.add(part.table());
    }
    boolean fatal = part.kind() == Kind.COLUMN || part.kind() == Kind.PRIMARY_KEY;
    String where = part.kind() == Kind.VIEW ? "" : " of table " + part.table();
    add(
        "ROWPOST-209",
        fatal ? Severity.ERROR : Severity.WARNING,
        "%s %s%s is missing: %s.".formatted(part.kind().title, part.name(), where, loss),
        "create it as %s does.".formatted(script()));
  }

  private void unlogged(String table, String persistence) {
    if (!persistence.isEmpty()) {
      add(
          "ROWPOST-207",
          Severity.WARNING,
          "table %s is UNLOGGED: a crash of the server empties it.".formatted(table),
          "ALTER TABLE %s SET LOGGED;".formatted(tables.dialect().quote(table)));
    }
  }

  // ---- what contradicts the promises ----------------------------------------------------------

  private void version() throws SQLException {
    try (ResultSet row = session.prepare(Query.CATALOG_VERSION).executeQuery()) {
      if (!row.next()) {
        add(
            "ROWPOST-202",
            Severity.ERROR,
            "table %sschema_version is empty: the installation was cut short."
                .formatted(tables.prefix()),
            "run the statements of %s that are missing; its last one writes the version."
                .formatted(script()));
        return;
      }
      int version = row.getInt(1);
      String layout = row.getString(2);
      if (version < Schema.VERSION) {
        add(
            "ROWPOST-202",
            Severity.ERROR,
            "the schema has version %d, and this program needs %d."
                .formatted(version, Schema.VERSION),
            "apply the newer files beside %s.".formatted(script()));
      } else if (version > Schema.VERSION) {
        boolean next = version == Schema.VERSION + 1;
        add(
            "ROWPOST-202",
            next ? Severity.HINT : Severity.ERROR,
            "the schema has version %d, and this program is of version %d, %s."
                .formatted(
                    version,
                    Schema.VERSION,
                    next ? "which works with it" : "which works with one more at the most"),
            "use a newer rowpost-jdbc.");
      }
      boolean known =
          Arrays.stream(Layout.values())
              .anyMatch(l -> l.worksOn(tables.dialect()) && l.recorded().equals(layout));
      if (!known) {
        add(
            "ROWPOST-202",
            Severity.ERROR,
            "the schema has the layout \"%s\", which this program does not know.".formatted(layout),
            "use a rowpost-jdbc that knows the layout, or install into another schema.");
      }
    }
  }

  private void triggers() throws SQLException {
    for (List<String> trigger : pairs(Query.CATALOG_TRIGGERS)) {
      if (trigger.get(0).equals(folded(tables.prefix() + "outbox"))) {
        add(
            "ROWPOST-206",
            Severity.WARNING,
            "trigger %s is on table %s: if it changes seq or takes rows away, their order or they"
                    .formatted(trigger.get(1), trigger.get(0))
                + " themselves are lost.",
            "drop it, or make sure that it only reads.");
      }
    }
  }

  /**
   * A setting that a promise rests on.
   *
   * @param name its column in the answer
   * @param good values that keep the promise
   * @param loss what is lost otherwise
   */
  private record Setting(
      String name, Set<String> good, String code, Severity severity, String loss, String fix) {}

  private static final String TO_PRIMARY = "point the DataSource to the primary server.";
  private static final Set<String> OFF = Set.of("0", "OFF", "off", "false");

  private static final List<Setting> POSTGRES =
      List.of(
          new Setting(
              "pg_is_in_recovery",
              OFF,
              "ROWPOST-205",
              Severity.ERROR,
              "the server is a standby, which cannot be written to",
              TO_PRIMARY),
          new Setting(
              "default_transaction_read_only",
              OFF,
              "ROWPOST-205",
              Severity.ERROR,
              "nothing can be written",
              TO_PRIMARY),
          new Setting(
              "fsync",
              Set.of("on"),
              "ROWPOST-207",
              Severity.WARNING,
              "a crash of the machine may lose committed messages and damage every table",
              "ALTER SYSTEM SET fsync = on; and restart."),
          new Setting(
              "full_page_writes",
              Set.of("on"),
              "ROWPOST-207",
              Severity.WARNING,
              "a crash of the machine may damage tables, unless the file system writes whole pages",
              "ALTER SYSTEM SET full_page_writes = on; and reload."),
          new Setting(
              "synchronous_commit",
              Set.of("on", "local", "remote_write", "remote_apply"),
              "ROWPOST-207",
              Severity.WARNING,
              "a crash of the server may lose messages that were committed, even published ones",
              "set synchronous_commit = on for the users of Rowpost's tables."),
          new Setting(
              "server_encoding",
              Set.of("UTF8"),
              "ROWPOST-220",
              Severity.ERROR,
              "a message, or the reason of a failure, may have letters that it cannot hold",
              "use a database with ENCODING 'UTF8'."),
          new Setting(
              "seq_cache",
              Set.of("1"),
              "ROWPOST-206",
              Severity.ERROR,
              "each session draws numbers in advance, so a later append gets a lower one",
              "ALTER TABLE {outbox} ALTER COLUMN seq SET CACHE 1;"),
          new Setting(
              "seq_increment",
              Set.of("1"),
              "ROWPOST-206",
              Severity.ERROR,
              "several primaries write to one outbox, or numbers go down, so they tell no order",
              "ALTER TABLE {outbox} ALTER COLUMN seq SET INCREMENT BY 1;"));

  private static final List<Setting> MYSQL =
      List.of(
          new Setting(
              "read_only",
              OFF,
              "ROWPOST-205",
              Severity.ERROR,
              "the server is a replica, or is not to be written to",
              TO_PRIMARY),
          new Setting(
              "innodb_flush_log_at_trx_commit",
              Set.of("1"),
              "ROWPOST-207",
              Severity.WARNING,
              "a crash of the machine may lose messages that were committed, even published ones",
              "SET GLOBAL innodb_flush_log_at_trx_commit = 1; and in the server's configuration."),
          new Setting(
              "sync_binlog",
              Set.of("1"),
              "ROWPOST-207",
              Severity.HINT,
              "after a crash of the machine replicas may lack messages, or have what was lost here",
              "SET GLOBAL sync_binlog = 1; and in the server's configuration."),
          new Setting(
              "auto_increment_increment",
              Set.of("1"),
              "ROWPOST-206",
              Severity.ERROR,
              "several primaries write to one outbox, so its numbers tell no order",
              "write to one primary, with auto_increment_increment = 1."));

  private void settings() throws SQLException {
    try (ResultSet row = session.prepare(Query.CATALOG_SETTINGS).executeQuery()) {
      row.next();
      for (Setting setting : tables.dialect() == Dialect.POSTGRESQL ? POSTGRES : MYSQL) {
        String value = row.getString(setting.name);
        if (value != null && !setting.good.contains(value)) {
          add(
              setting.code,
              setting.severity,
              "%s is %s: %s.".formatted(setting.name, value, setting.loss),
              tables.fill(setting.fix));
        }
      }
    }
  }

  // ---- how to ask -----------------------------------------------------------------------------

  private Set<List<String>> pairs(Query query) throws SQLException {
    var pairs = new HashSet<List<String>>();
    for (String[] row : rows(query)) {
      pairs.add(List.of(row));
    }
    return pairs;
  }

  /** Two columns of a catalog query, the table first. */
  private List<String[]> rows(Query query) throws SQLException {
    PreparedStatement statement = session.prepare(query);
    if (tables.dialect() == Dialect.POSTGRESQL) {
      String[] names =
          blueprint.parts().stream()
              .map(part -> tables.name(part.table().substring(tables.prefix().length())))
              .distinct()
              .toArray(String[]::new);
      statement.setArray(1, statement.getConnection().createArrayOf("text", names));
    } else {
      statement.setString(1, schema());
    }
    var rows = new ArrayList<String[]>();
    try (ResultSet row = statement.executeQuery()) {
      while (row.next()) {
        rows.add(
            Stream.of(row.getString(1), row.getString(2))
                .map(name -> name == null ? "" : folded(name))
                .toArray(String[]::new));
      }
    }
    return rows;
  }

  private String schema() throws SQLException {
    if (tables.schema() != null) {
      return tables.schema();
    }
    return session.schema();
  }

  /** MySQL and MariaDB keep names in lower case on some systems. */
  private String folded(String name) {
    return tables.dialect().isMySqlFamily() ? name.toLowerCase(Locale.ROOT) : name;
  }

  private String script() {
    return Schema.path(tables.dialect(), Schema.FILE);
  }

  private void add(String code, Severity severity, String text, String fix) {
    findings.add(new Finding(code, severity, text, fix));
  }
}
