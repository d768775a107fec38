package io.rowpost.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowpost.core.OutboxRecord;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.jspecify.annotations.Nullable;

/** What is stored is read as it was; a form that can be read back is that of one text only. */
class StoredFormsTest {
  /** What the forms treat in their own way, and what databases do. */
  private static final String HOSTILE =
      "\\n0cuD8:\n\r\t\0\u001B\u0085\u2028\u202E\u00E9\u0301\uFFFD\uFFFE\uD83D\uDE80\uD800\uDC00";

  @Provide
  Arbitrary<String> foreign() {
    return Arbitraries.strings().withChars(HOSTILE.toCharArray()).ofMaxLength(30);
  }

  @Provide
  Arbitrary<Map<String, String>> foreignHeaders() {
    return Arbitraries.maps(foreign(), foreign()).ofMaxSize(5);
  }

  @Property(seed = "1")
  void foreignTextsAreReadAsTheyWere(@ForAll("foreign") String text) {
    String stored = Objects.requireNonNull(ForeignText.encode(text));
    assertStorable(stored);
    assertThat(stored).doesNotContain("\n");
    assertThat(ForeignText.decode(stored)).isEqualTo(text);
    assertThat(ForeignText.decodeKnown(stored)).isEqualTo(text);
  }

  @Property(seed = "2")
  void foreignHeadersAreReadAsTheyWere(@ForAll("foreignHeaders") Map<String, String> headers) {
    String stored = ForeignText.encode(headers);
    if (stored != null) {
      assertStorable(stored);
      assertThat(stored.split("\n", -1)).hasSameSizeAs(headers.keySet());
    }
    assertSameOrder(ForeignText.decodeHeaders(stored), headers);
  }

  @Provide
  Arbitrary<Map<String, String>> ownHeaders() {
    return Arbitraries.maps(
            Arbitraries.strings().withChars("abC-_.!#$%&'*+^`|~09").ofMinLength(1).ofMaxLength(8),
            Arbitraries.strings().withChars(": =,\u2028\u00E9\uFFFE\\n").ofMaxLength(12))
        .ofMaxSize(6);
  }

  /** Whatever a record takes fits in its lines. */
  @Property(seed = "3")
  void headersOfARecordAreReadAsTheyWere(@ForAll("ownHeaders") Map<String, String> headers)
      throws UnreadableRowException {
    OutboxRecord.Builder builder = OutboxRecord.to("t").type("T");
    var lowerCase = new LinkedHashMap<String, String>();
    headers.forEach((name, value) -> lowerCase.put(name.toLowerCase(java.util.Locale.ROOT), value));
    lowerCase.forEach(builder::header);
    Map<String, String> taken = builder.build().headers();
    String stored = HeaderLines.encode(taken);
    if (stored != null) {
      assertStorable(stored);
    }
    assertSameOrder(HeaderLines.decode(stored), taken);
  }

  /** Rows of somebody else: their lines are headers, or the row is unreadable. */
  @Property(seed = "4")
  void linesOfOthersAreHeadersOrUnreadable(@ForAll("foreign") @Nullable String lines) {
    try {
      Map<String, String> headers = HeaderLines.decode(lines);
      assertThat(headers.keySet()).allSatisfy(name -> assertThat(name).isNotEmpty());
    } catch (UnreadableRowException e) {
      assertThat(lines).isNotNull();
      assertThat(List.of(lines.split("\n", -1)))
          .anySatisfy(line -> assertThat(line.indexOf(':')).isLessThan(1));
    }
  }

  @Provide
  Arbitrary<String> errors() {
    return Arbitraries.oneOf(
        foreign(),
        Arbitraries.strings().withChars("a\0\uD83D\uDE80").ofMinLength(4090).ofMaxLength(4100));
  }

  @Property(seed = "5", tries = 500)
  void errorsAreStorableAndChangedWhereTheyWereNot(@ForAll("errors") String error) {
    String stored = StoredText.error(error);
    assertStorable(stored);
    assertThat(stored).hasSize(Math.min(error.length(), 4096));
    for (int i = 0; i < stored.length(); i++) {
      if (stored.charAt(i) != error.charAt(i)) {
        assertThat(stored.charAt(i)).isEqualTo('\uFFFD');
        assertThat(error.charAt(i) == '\0' || Character.isSurrogate(error.charAt(i))).isTrue();
      }
    }
    assertThat(StoredText.error(stored)).isEqualTo(stored);
  }

  private static void assertStorable(String stored) {
    assertThat(stored.indexOf('\0')).isNegative();
    assertThat(StandardCharsets.UTF_8.newEncoder().canEncode(stored)).as(stored).isTrue();
  }

  private static void assertSameOrder(Map<String, String> actual, Map<String, String> expected) {
    assertThat(List.copyOf(actual.entrySet())).isEqualTo(List.copyOf(expected.entrySet()));
  }
}
