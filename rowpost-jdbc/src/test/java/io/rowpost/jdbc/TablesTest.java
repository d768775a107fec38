package io.rowpost.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowpost.core.RowpostException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.jspecify.annotations.Nullable;

/** Names from configuration are harmless in SQL, or they are refused. */
class TablesTest {
  private static final int LONGEST_IN_POSTGRESQL = 63;

  @Provide
  Arbitrary<String> names() {
    Arbitrary<String> hostile =
        Arbitraries.strings()
            .withChars("aZ_09\"`';-$\\ \n\0.{}?\u00E9\u0130\uFF41\uD83D\uDE80\uD800")
            .ofMaxLength(6);
    Arbitrary<String> plain = Arbitraries.strings().withChars("aZ_09").ofMaxLength(40);
    Arbitrary<String> tricks =
        Arbitraries.of(
            "x\"; DROP TABLE y; --",
            "select",
            "a".repeat(30),
            "a".repeat(31),
            "a".repeat(200),
            "a\n",
            "pg_catalog",
            "{outbox}",
            "$1");
    return Arbitraries.oneOf(hostile, plain, tricks);
  }

  @Property(seed = "1")
  void aNameIsAnIdentifierOrRefused(
      @ForAll Dialect dialect, @ForAll("names") String schema, @ForAll("names") String prefix) {
    boolean fits = isIdentifier(schema) && isIdentifier(prefix);
    try {
      var tables = new Tables(dialect, schema, prefix);
      assertThat(fits).isTrue();
      assertThat(tables.name("outbox"))
          .isEqualTo(dialect.quote(schema) + "." + dialect.quote(prefix + "outbox"));
      assertThat(tables.fill("SELECT '$1\\' FROM {outbox_parked}"))
          .isEqualTo("SELECT '$1\\' FROM " + tables.name("outbox_parked"));
    } catch (RowpostException e) {
      assertThat(fits).isFalse();
      String setting = isIdentifier(prefix) ? "schema" : "tablePrefix";
      String value = isIdentifier(prefix) ? schema : prefix;
      assertThat(e)
          .hasMessage(
              "ROWPOST-602 Nothing was read or written: %s has %s characters or some that are not"
                      .formatted(setting, value.length())
                  + " allowed.\n  Fix: set %s to 1 to 30 letters, digits and _ that do not begin"
                      .formatted(setting)
                  + " with a digit.");
    }
  }

  /** Not by a pattern, as the program does. */
  private static boolean isIdentifier(String name) {
    return !name.isEmpty()
        && name.length() <= 30
        && name.chars()
            .allMatch(
                c -> c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || isDigit(c))
        && !isDigit(name.charAt(0));
  }

  private static boolean isDigit(int c) {
    return c >= '0' && c <= '9';
  }

  /** A database that cuts names would take two of them for one. */
  @Property(seed = "2", tries = 50)
  void noDerivedNameIsTooLong(@ForAll Dialect dialect, @ForAll("names") @Nullable String prefix) {
    if (prefix == null || !isIdentifier(prefix)) {
      return;
    }
    String quote = dialect.isMySqlFamily() ? "`" : "\"";
    Matcher quoted =
        Pattern.compile(quote + "([^" + quote + "]*)" + quote)
            .matcher(Schema.sql(dialect, prefix).replaceAll("--.*", ""));
    int names = 0;
    while (quoted.find()) {
      assertThat(quoted.group(1))
          .hasSizeBetween(1, LONGEST_IN_POSTGRESQL)
          .matches("[A-Za-z_][A-Za-z0-9_]*");
      names++;
    }
    assertThat(names).isGreaterThan(20);
  }
}
