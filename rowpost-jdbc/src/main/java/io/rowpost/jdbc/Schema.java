package io.rowpost.jdbc;

import io.rowpost.core.RowpostException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The tables: their SQL, and installing them where no migration tool does.
 *
 * <p>The files {@code rowpost/db/<dialect>/V1__outbox_inbox.sql} of this jar are read unchanged by
 * Flyway, Liquibase and a plain script; {@link #install} runs the same files.
 */
public final class Schema {
  /** The version these programs work with. */
  static final int VERSION = 1;

  static final String FILE = "V1__outbox_inbox.sql";

  private static final Logger LOG = LoggerFactory.getLogger(Schema.class);

  /** A role's name stands without quotes in its file, a table's with. */
  private static final Pattern ROLE =
      Pattern.compile("(?<![\"`])\\browpost_(app|relay|inbox|read|operator|migrator)\\b");

  private static final long POSTGRES_LOCK = 0x726f77706f7374L; // "rowpost"
  private static final String MYSQL_LOCK = "rowpost.schema";
  private static final int LOCK_SECONDS = 60;
  private static final int H2_ATTEMPTS = 100;

  private Schema() {}

  /**
   * The script that creates the tables.
   *
   * @param prefix in front of every table name: 1 to 30 letters, digits and _
   */
  public static String sql(Dialect dialect, String prefix) {
    Tables.requireIdentifier("tablePrefix", prefix);
    // A name is always written in quotes, and the files hold no other text of this form.
    char quote = dialect.quote("").charAt(0);
    return resource(dialect, FILE).replace(quote + Tables.DEFAULT_PREFIX, quote + prefix);
  }

  /**
   * The script that turns tables of the other layout into this one; see {@link #convert}.
   *
   * @param layout either: each has its script
   * @param prefix of the tables
   */
  static String conversionSql(Layout layout, String prefix) {
    String script = resource(Dialect.POSTGRESQL, "layout_" + layout.recorded() + ".sql");
    return script.replace('"' + Tables.DEFAULT_PREFIX, '"' + prefix);
  }

  /**
   * The script that creates roles and grants each what it needs; its head says how to use it.
   *
   * @param dialect not H2, for which there is none
   * @param tablePrefix of the tables
   * @param rolePrefix in front of every role's name: 1 to 30 letters, digits and _
   */
  public static String rolesSql(Dialect dialect, String tablePrefix, String rolePrefix) {
    if (dialect == Dialect.H2) {
      throw new IllegalArgumentException("there are no roles for H2");
    }
    Tables.requireIdentifier("tablePrefix", tablePrefix);
    Tables.requireIdentifier("rolePrefix", rolePrefix);
    String script = ROLE.matcher(resource(dialect, "roles.sql")).replaceAll(rolePrefix + "$1");
    char quote = dialect.quote("").charAt(0);
    return script.replace(quote + Tables.DEFAULT_PREFIX, quote + tablePrefix);
  }

  /** Installs the tables with the default prefix into the connection's own schema. */
  public static boolean install(DataSource dataSource) {
    return install(dataSource, null, Tables.DEFAULT_PREFIX);
  }

  /**
   * Creates the tables unless they are there; any number of processes may call it at once.
   *
   * @param schema where, or null for the connection's own; it must exist
   * @param prefix in front of every table name
   * @return whether this call has created them
   * @throws RowpostException ROWPOST-203 for an unknown database, ROWPOST-2xx if it refused
   */
  public static boolean install(DataSource dataSource, @Nullable String schema, String prefix) {
    return install(dataSource, schema, prefix, null);
  }

  /**
   * The same with a layout, which matters only if this call creates the tables.
   *
   * @param layout LOG on PostgreSQL only; null for LOG there and ROW elsewhere
   * @throws RowpostException ROWPOST-218 if the database cannot have the layout
   */
  public static boolean install(
      DataSource dataSource, @Nullable String schema, String prefix, @Nullable Layout layout) {
    try (Connection connection = dataSource.getConnection()) {
      Dialect dialect = Dialect.of(connection);
      if (layout != null) {
        requireLayout(dialect, layout);
      }
      var tables = new Tables(dialect, schema, prefix);
      boolean autoCommit = connection.getAutoCommit();
      connection.setAutoCommit(false);
      try {
        boolean installed =
            switch (dialect) {
              case POSTGRESQL -> installPostgres(connection, tables, layout);
              case MYSQL, MARIADB -> installMySql(connection, tables);
              case H2 -> installH2(connection, tables);
            };
        if (installed) {
          LOG.info("Rowpost's tables {}* were created ({}).", tables.name(""), dialect);
        }
        return installed;
      } finally {
        connection.rollback();
        connection.setAutoCommit(autoCommit);
      }
    } catch (SQLException e) {
      throw SqlErrors.of("The tables were not installed", e);
    }
  }

  /** Converts the tables with the default prefix in the connection's own schema. */
  public static boolean convert(DataSource dataSource, Layout layout) {
    return convert(dataSource, null, Tables.DEFAULT_PREFIX, layout);
  }

  /**
   * Turns the tables into the other layout. Every message keeps its state and its place.
   *
   * <p>One transaction. Writers and relays wait meanwhile, and a table that holds rows is written
   * anew: choose a quiet moment. Relays acquire their lease anew and go on by themselves; run the
   * script of the roles again if you use it. The user must own the tables.
   *
   * @param schema where, or null for the connection's own
   * @param prefix in front of every table name
   * @return false if the tables have this layout already
   * @throws RowpostException ROWPOST-218 if the database cannot have the layout, or several relays
   *     read the outbox, which the row layout cannot serve; ROWPOST-217 if the row layout is asked
   *     for in another cluster than relays have read in; ROWPOST-201 if there are no tables
   */
  public static boolean convert(
      DataSource dataSource, @Nullable String schema, String prefix, Layout layout) {
    try {
      Tables tables = tables(dataSource, schema, prefix);
      requireLayout(tables.dialect(), layout);
      if (tables.dialect() != Dialect.POSTGRESQL) {
        return false;
      }
      try (Session session = Session.open(dataSource, new Statements(tables))) {
        return convert(session, layout);
      }
    } catch (SQLException e) {
      throw SqlErrors.of("The layout was not changed", e);
    }
  }

  private static boolean convert(Session session, Layout layout) throws SQLException {
    Tables tables = session.statements().tables();
    enterPostgres(session.connection(), tables);
    String inLayout = "SELECT count(*) FROM {schema_version} WHERE layout = ?";
    if (query(session.connection(), tables.fill(inLayout), layout.recorded()) > 0) {
      return false;
    }
    if (layout == Layout.ROW) {
      requireOneRelay(session);
    }
    run(session.connection(), conversionSql(layout, tables.prefix()));
    session.commit();
    LOG.info("Rowpost's tables {}* have the {} layout now.", tables.name(""), layout.recorded());
    return true;
  }

  /** The script looks, too, but can only fail. */
  private static void requireOneRelay(Session session) throws SQLException {
    var relays = new ArrayList<String>();
    try (ResultSet row = session.prepare(Query.RELAYS).executeQuery()) {
      while (row.next()) {
        relays.add(row.getString(1));
      }
    }
    if (relays.size() > 1) {
      Tables tables = session.statements().tables();
      throw new RowpostException(
          "ROWPOST-218",
          "The layout was not changed: several relays read this outbox, and in the row layout a"
              + " message has one state only.",
          "delete the rows of relays that are not needed from %s, %s and %s."
              .formatted(
                  tables.name("relay"), tables.name("relay_cursor"), tables.name("outbox_parked")),
          null);
    }
    Rebase.refuseIfNeeded(session, "The layout was not changed");
  }

  /** Begins anew with the default prefix in the connection's own schema. */
  public static long rebase(DataSource dataSource) {
    return rebase(dataSource, null, Tables.DEFAULT_PREFIX);
  }

  /**
   * Lets relays go on in another PostgreSQL cluster: after a dump was restored, or where a copy by
   * logical replication is to be the primary. Until then they refuse to begin, with ROWPOST-217.
   *
   * <p>What cannot be told to be sent by every relay is sent again, under the same ids, so inboxes
   * absorb it; nothing is left out, also not what applications have appended since, or append
   * meanwhile. What is parked stays parked. Does nothing where it is not needed, as after a
   * failover or a restore of the files. The restore must have ended. One transaction, which writes
   * every row of the outbox anew; applications go on meanwhile. The user must own the tables; the
   * act is audited under its name.
   *
   * <p>In both layouts it first lets the sequences go on behind the rows that are there. Logical
   * replication copies none, so call it there before applications append.
   *
   * @param schema where, or null for the connection's own
   * @param prefix in front of every table name
   * @return how many messages are sent again, or for the first time; 0 in the row layout, which
   *     needs no more than the sequences
   * @throws RowpostException ROWPOST-2xx if the database refused
   */
  public static long rebase(DataSource dataSource, @Nullable String schema, String prefix) {
    try {
      var statements = new Statements(tables(dataSource, schema, prefix));
      try (Session session = Session.open(dataSource, statements)) {
        Layout layout = Layout.of(session);
        if (statements.has(Query.RAISE_SEQUENCES)) {
          session.prepare(Query.RAISE_SEQUENCES).execute();
        }
        session.commit();
        if (layout == Layout.ROW) {
          return 0;
        }
        long again = Rebase.run(session);
        LOG.info("Relays of {}* go on in this cluster; {} are to be sent.", prefix, again);
        return again;
      }
    } catch (SQLException e) {
      throw SqlErrors.of("Nothing was changed", e);
    }
  }

  private static void requireLayout(Dialect dialect, Layout layout) {
    if (!layout.worksOn(dialect)) {
      throw new RowpostException(
          "ROWPOST-218",
          "Nothing was changed: %s has no %s layout.".formatted(dialect, layout.recorded()),
          "use the row layout, which is the standard there.",
          null);
    }
  }

  /** Looks for what is missing or wrong with the default prefix in the connection's own schema. */
  public static List<Finding> verify(DataSource dataSource) {
    return verify(dataSource, null, Tables.DEFAULT_PREFIX);
  }

  /**
   * Compares tables, columns, primary keys, CHECKs, indexes, the view and the version with what the
   * script creates, and looks at settings that the promises rest on. Changes nothing.
   *
   * <p>A relay looks at its own part of this when it asks for its lease: it does not begin with an
   * {@link Severity#ERROR}, and logs the others. On MySQL and MariaDB a user sees only tables that
   * it may use.
   *
   * @param schema where, or null for the connection's own
   * @param prefix in front of every table name
   * @return what was found, nothing if all is well
   * @throws RowpostException ROWPOST-203 for an unknown database, ROWPOST-2xx if it refused
   */
  public static List<Finding> verify(
      DataSource dataSource, @Nullable String schema, String prefix) {
    try {
      Tables tables = tables(dataSource, schema, prefix);
      try (Session session = Session.open(dataSource, new Statements(tables))) {
        return Inspection.ofAll(session);
      }
    } catch (SQLException e) {
      throw SqlErrors.of("The schema was not verified", e);
    }
  }

  private static Tables tables(DataSource dataSource, @Nullable String schema, String prefix)
      throws SQLException {
    try (Connection connection = dataSource.getConnection()) {
      return new Tables(Dialect.of(connection), schema, prefix);
    }
  }

  /**
   * Something that {@link #verify} found.
   *
   * @param code as in docs/errors.md
   * @param text what it is, and what is lost by it
   * @param fix what to do
   */
  public record Finding(String code, Severity severity, String text, String fix) {}

  /** What a finding means for a relay. */
  public enum Severity {
    /** It does not begin. */
    ERROR,
    /** It works, but a promise does not hold, or it is slow. */
    WARNING,
    /** Worth knowing. */
    HINT
  }

  /** DDL is transactional here: all of it becomes visible at once, or nothing. */
  private static boolean installPostgres(
      Connection connection, Tables tables, @Nullable Layout layout) throws SQLException {
    if (connection.getTransactionIsolation() != Connection.TRANSACTION_READ_COMMITTED) {
      // Else what is looked at could be older than the wait for the lock.
      run(connection, "SET TRANSACTION ISOLATION LEVEL READ COMMITTED;");
    }
    enterPostgres(connection, tables);
    if (isInstalled(connection, tables)) {
      return false;
    }
    create(connection, tables);
    if (layout == Layout.ROW) {
      run(connection, conversionSql(layout, tables.prefix()));
    }
    connection.commit();
    return true;
  }

  /** One at a time, in the schema of the tables. */
  private static void enterPostgres(Connection connection, Tables tables) throws SQLException {
    query(connection, "SELECT pg_advisory_xact_lock(?)", POSTGRES_LOCK);
    if (tables.schema() != null) {
      String path = tables.dialect().quote(tables.schema());
      query(connection, "SELECT set_config('search_path', ?, true)", path);
    }
  }

  /** Each CREATE commits by itself, so a lock of the session keeps others out. */
  private static boolean installMySql(Connection connection, Tables tables) throws SQLException {
    String before = connection.getCatalog();
    if (query(connection, "SELECT GET_LOCK(?, 60)", MYSQL_LOCK) != 1) {
      throw new SQLException(
          "another installer holds the lock since " + LOCK_SECONDS + " s", "HYT00");
    }
    try {
      if (tables.schema() != null) {
        connection.setCatalog(tables.schema());
      }
      if (isInstalled(connection, tables)) {
        return false;
      }
      create(connection, tables);
      connection.commit();
      return true;
    } finally {
      query(connection, "SELECT RELEASE_LOCK(?)", MYSQL_LOCK);
      connection.setCatalog(before);
    }
  }

  /**
   * H2 has no lock for this and its CREATE IF NOT EXISTS may fail when two run at once. But each
   * can be repeated, so everybody goes on until somebody has written the version, which comes last.
   */
  private static boolean installH2(Connection connection, Tables tables) throws SQLException {
    String before = connection.getSchema();
    try {
      if (tables.schema() != null) {
        connection.setSchema(tables.schema());
      }
      for (int attempt = 1; !isInstalled(connection, tables); attempt++) {
        try {
          create(connection, tables);
          connection.commit();
          return true;
        } catch (SQLException e) {
          connection.rollback();
          if (attempt == H2_ATTEMPTS) {
            throw e;
          }
        }
      }
      return false;
    } finally {
      connection.setSchema(before);
    }
  }

  private static boolean isInstalled(Connection connection, Tables tables) throws SQLException {
    String exists =
        switch (tables.dialect()) {
          case POSTGRESQL -> "SELECT count(*) FROM pg_class WHERE oid = to_regclass(?)";
          case H2 ->
              """
              SELECT count(*) FROM information_schema.tables
               WHERE table_schema = CURRENT_SCHEMA AND table_name = ?""";
          case MYSQL, MARIADB ->
              """
              SELECT count(*) FROM information_schema.tables
               WHERE table_schema = DATABASE() AND table_name = ?""";
        };
    String name = tables.prefix() + "schema_version";
    boolean quoted = tables.dialect() == Dialect.POSTGRESQL;
    if (query(connection, exists, quoted ? tables.dialect().quote(name) : name) == 0) {
      return false;
    }
    return query(connection, tables.fill("SELECT count(*) FROM {schema_version}")) > 0;
  }

  private static void create(Connection connection, Tables tables) throws SQLException {
    run(connection, sql(tables.dialect(), tables.prefix()));
  }

  /** Leaves out where a script begins and commits: its statements are run in our transaction. */
  private static void run(Connection connection, String script) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      for (String sql : statements(script)) {
        if (!sql.startsWith("BEGIN") && !sql.equals("COMMIT")) {
          statement.execute(sql);
        }
      }
    }
  }

  /** The statements of one of our own scripts: no semicolon in them but at the ends of lines. */
  static List<String> statements(String script) {
    var statements = new ArrayList<String>();
    var statement = new StringBuilder();
    for (String line : script.lines().toList()) {
      if (line.isBlank() || line.startsWith("--")) {
        continue;
      }
      statement.append(line).append('\n');
      if (line.endsWith(";")) {
        statement.setLength(statement.length() - 2);
        statements.add(statement.toString());
        statement.setLength(0);
      }
    }
    return statements;
  }

  private static long query(Connection connection, String sql, Object... parameters)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int i = 0; i < parameters.length; i++) {
        statement.setObject(i + 1, parameters[i]);
      }
      try (ResultSet result = statement.executeQuery()) {
        result.next();
        return result.getObject(1) instanceof Number number ? number.longValue() : 0;
      }
    }
  }

  /** Where a file lies in this jar. */
  static String path(Dialect dialect, String file) {
    return "rowpost/db/" + dialect.folder() + "/" + file;
  }

  static String resource(Dialect dialect, String file) {
    String path = "/" + path(dialect, file);
    try (InputStream in = Schema.class.getResourceAsStream(path)) {
      if (in == null) {
        throw new IllegalStateException(path + " is missing from this jar");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
