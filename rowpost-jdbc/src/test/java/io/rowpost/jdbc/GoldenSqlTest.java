package io.rowpost.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every statement as its database gets it, in files that are reviewed like code. */
class GoldenSqlTest {
  private static final String REGENERATE =
      "If the change is meant: mvn -pl rowpost-jdbc -am -Dtest=GoldenSqlTest"
          + " -Dsurefire.failIfNoSpecifiedTests=false -Drowpost.golden=write test, and review the"
          + " difference";

  @ParameterizedTest
  @EnumSource(Dialect.class)
  void theStatementsAreThoseReviewed(Dialect dialect) throws IOException {
    compare(dialect.folder() + ".sql", new Statements(Tables.of(dialect), Layout.ROW));
  }

  @Test
  void theStatementsOfTheLogLayoutAreThoseReviewed() throws IOException {
    compare("postgresql-log.sql", new Statements(Tables.of(Dialect.POSTGRESQL), Layout.LOG));
  }

  /** Digits are written otherwise there, but not in SQL. */
  @ParameterizedTest
  @EnumSource(Dialect.class)
  void theLocaleOfTheProcessChangesNothing(Dialect dialect) {
    String expected = text(new Statements(Tables.of(dialect), Layout.ROW));
    Locale locale = Locale.getDefault();
    Locale.setDefault(Locale.forLanguageTag("ar-EG"));
    try {
      assertThat(text(new Statements(Tables.of(dialect), Layout.ROW))).isEqualTo(expected);
      assertThat(expected).doesNotContainPattern("[^\\p{ASCII}]");
      assertThat(Schema.sql(dialect, "x_")).isASCII();
      assertThat(ForeignText.encode("\uD800")).isEqualTo("\\uD800");
    } finally {
      Locale.setDefault(locale);
    }
  }

  private static void compare(String name, Statements statements) throws IOException {
    Path file = Path.of("src/test/resources/golden", name);
    String text = text(statements);
    if ("write".equals(System.getProperty("rowpost.golden"))) {
      Files.createDirectories(file.getParent());
      Files.writeString(file, text);
    }
    assertThat(text).as(REGENERATE).isEqualTo(Files.readString(file));
  }

  private static String text(Statements statements) {
    String queries =
        Arrays.stream(Query.values())
            .filter(statements::has)
            .map(query -> entry(query.name(), statements.get(query)))
            .collect(Collectors.joining());
    return queries
        + entry("APPEND of two", statements.appendMany(2))
        + entry("SUCCESSORS of two", statements.successors(2))
        + entry("limits", statements.limits(Duration.ofSeconds(30), Duration.ofSeconds(10)))
        + entry("plans of a relay", statements.indexPlans())
        + entry("kept limits", statements.keepLimits())
        + entry("former limits", statements.formerLimits());
  }

  private static String entry(String name, String sql) {
    return sql.isEmpty() ? "" : "-- %s\n%s;\n\n".formatted(name, sql);
  }
}
