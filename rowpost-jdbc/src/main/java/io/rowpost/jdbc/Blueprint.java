package io.rowpost.jdbc;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a schema script creates, read from the script itself, so that no second list can differ.
 *
 * <p>Reads only what our own scripts hold, in their form: one part of a table per line.
 */
record Blueprint(List<Part> parts) {
  private static final String NAME = "[\"`](\\w+)[\"`]";

  private static final Pattern TABLE = Pattern.compile("CREATE TABLE (?:IF NOT EXISTS )?" + NAME);
  private static final Pattern VIEW = Pattern.compile("CREATE [A-Z ]*VIEW " + NAME);
  private static final Pattern INDEX =
      Pattern.compile("CREATE INDEX (?:IF NOT EXISTS )?" + NAME + "\\s+ON " + NAME);
  private static final Pattern DROP = Pattern.compile("DROP (?:TABLE|VIEW) " + NAME);
  private static final Pattern ALTER = Pattern.compile("ALTER TABLE " + NAME);
  private static final Pattern IN_TABLE =
      Pattern.compile(
          """
          (?mx) ^\\x20\\x20(?:ADD\\x20COLUMN\\x20|ADD\\x20)?(?:
            DROP\\x20COLUMN\\x20(?<dropped>\\w+).*
            | (?<column>[a-z_]+)\\x20+\\w.*
            | CONSTRAINT\\x20["`](?<key>\\w+)["`]\\s+PRIMARY\\x20KEY.*
            | CONSTRAINT\\x20["`](?<check>\\w+)["`]\\s+CHECK.*
            | PRIMARY\\x20KEY.*
            | INDEX\\x20["`](?<index>\\w+)["`].*
          )$""");

  /** Kinds of parts, as a reader calls them. */
  enum Kind {
    TABLE("Table"),
    COLUMN("Column"),
    PRIMARY_KEY("Primary key"),
    CHECK("CHECK"),
    INDEX("Index"),
    VIEW("View");

    final String title;

    Kind(String title) {
      this.title = title;
    }
  }

  /**
   * One part.
   *
   * @param table where it belongs, with its prefix
   * @param name its own name; that of a table is the table's
   */
  record Part(Kind kind, String table, String name) {}

  static Blueprint of(Tables tables, Layout layout) {
    var parts = new ArrayList<Part>();
    for (String sql : Schema.statements(Schema.sql(tables.dialect(), tables.prefix()))) {
      read(sql, parts);
    }
    if (layout != Layout.standard(tables.dialect())) {
      for (String sql : Schema.statements(Schema.conversionSql(layout, tables.prefix()))) {
        read(sql, parts);
      }
    }
    return new Blueprint(List.copyOf(parts));
  }

  /** Only what belongs to some tables. */
  Blueprint of(Set<String> tables) {
    return new Blueprint(parts.stream().filter(part -> tables.contains(part.table)).toList());
  }

  private static void read(String sql, List<Part> parts) {
    Matcher table = TABLE.matcher(sql);
    Matcher index = INDEX.matcher(sql);
    Matcher view = VIEW.matcher(sql);
    Matcher alter = ALTER.matcher(sql);
    Matcher drop = DROP.matcher(sql);
    if (drop.lookingAt()) {
      parts.removeIf(part -> part.table().equals(drop.group(1)));
    } else if (alter.lookingAt()) {
      readTable(sql, alter.group(1), parts);
    } else if (table.lookingAt()) {
      parts.add(new Part(Kind.TABLE, table.group(1), table.group(1)));
      readTable(sql, table.group(1), parts);
    } else if (index.lookingAt()) {
      parts.add(new Part(Kind.INDEX, index.group(2), index.group(1)));
    } else if (view.lookingAt()) {
      parts.add(new Part(Kind.VIEW, view.group(1), view.group(1)));
    }
  }

  private static void readTable(String sql, String table, List<Part> parts) {
    Matcher line = IN_TABLE.matcher(sql);
    while (line.find()) {
      if (line.group("dropped") != null) {
        drop(parts, table, line.group("dropped"));
      } else if (line.group("column") != null) {
        parts.add(new Part(Kind.COLUMN, table, line.group("column")));
      } else if (line.group("check") != null) {
        parts.add(new Part(Kind.CHECK, table, line.group("check")));
      } else if (line.group("index") != null) {
        parts.add(new Part(Kind.INDEX, table, line.group("index")));
      } else {
        String key = line.group("key");
        parts.add(new Part(Kind.PRIMARY_KEY, table, key == null ? "PRIMARY" : key));
      }
    }
  }

  /** A column, and the index that bears its name. */
  private static void drop(List<Part> parts, String table, String column) {
    parts.removeIf(
        part ->
            part.table.equals(table)
                && (part.name.equals(column) || part.name.equals(table + "_" + column + "_ix")));
  }
}
