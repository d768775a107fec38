package io.rowpost.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Errors of strangers, on their way into a table, a log line and a terminal. */
class ErrorTextTest {
  private static final String HOSTILE =
      "ab \t\r\n\0\u001B\u007F\u0085\u2028\u2029\u202E\u2066\u200F\uFFFE\uD83D\uDE80\uD800";

  @Provide
  Arbitrary<String> texts() {
    return Arbitraries.strings().withChars(HOSTILE.toCharArray()).ofMaxLength(300);
  }

  @Provide
  Arbitrary<String> longTexts() {
    return Arbitraries.strings().withChars("a\uD83D\uDE80").ofMinLength(4090).ofMaxLength(4110);
  }

  @Property(seed = "1")
  void errorsAreStorable(@ForAll("texts") String message, @ForAll("texts") String cause) {
    assertStorable(ErrorText.of(new Exception(message, new Exception(cause))));
  }

  @Property(seed = "2", tries = 200)
  void errorsAreCut(@ForAll("longTexts") String message) {
    String text = ErrorText.of(new Exception(message, new Exception(message)));
    assertStorable(text);
    assertThat(text).hasSize(4096);
  }

  @Property(seed = "3")
  void onlyWhatIsNotStorableIsReplaced(@ForAll("texts") String text) {
    String safe = ErrorText.safe(text);
    assertStorable(safe);
    assertThat(safe).hasSameSizeAs(text);
    for (int i = 0; i < text.length(); i++) {
      if (safe.charAt(i) != text.charAt(i)) {
        assertThat(safe.charAt(i)).isEqualTo('\uFFFD');
        assertThat(isStorable(text.substring(i, i + 1))).isFalse();
      }
    }
    assertThat(ErrorText.safe(safe)).isEqualTo(safe);
  }

  @Property(seed = "4")
  void aNameStaysInItsLine(@ForAll("texts") String name) {
    String line = ErrorText.inLine(name);
    assertStorable(line);
    assertThat(line)
        .hasSizeLessThanOrEqualTo(258)
        .as("no line of its own, and nothing that turns the rest of the line around")
        .doesNotContainPattern(
            "[\\p{Cc}\\u2028\\u2029\\u200E\\u200F\\u202A-\\u202E\\u2066-\\u2069]");
  }

  private static void assertStorable(String text) {
    assertThat(text).hasSizeLessThanOrEqualTo(4096);
    assertThat(isStorable(text)).as(text).isTrue();
  }

  private static boolean isStorable(String text) {
    return StandardCharsets.UTF_8.newEncoder().canEncode(text)
        && text.chars().noneMatch(c -> Character.isISOControl(c) && c != '\n' && c != '\t');
  }

  /** The record of a failure must not fail. */
  @Test
  void exceptionsThatCannotTellWhatTheyAreAreNamedByTheirClass() {
    for (HostileException.Act act : HostileException.Act.values()) {
      assertThat(ErrorText.of(new Exception("first", new HostileException(act))))
          .as("%s", act)
          .startsWith("java.lang.Exception: first\ncaused by ")
          .contains("HostileException");
    }
  }

  @Test
  void aCircleOfCausesEnds() {
    var first = new Exception("first");
    first.initCause(new Exception("second", first));
    assertThat(ErrorText.of(first).lines()).hasSize(10);
  }

  @SuppressWarnings("serial") // never written
  private static final class HostileException extends Exception {
    enum Act {
      NO_TEXT,
      THROWS_IN_TEXT,
      OVERFLOWS_IN_TEXT,
      THROWS_IN_CAUSE
    }

    private final Act act;

    HostileException(Act act) {
      this.act = act;
    }

    @Override
    // What it does wrong is the point.
    @SuppressWarnings({"NullAway", "InfiniteRecursion", "OverrideThrowableToString"})
    public String toString() {
      return switch (act) {
        case NO_TEXT -> null;
        case THROWS_IN_TEXT -> throw new IllegalStateException();
        case OVERFLOWS_IN_TEXT -> toString();
        case THROWS_IN_CAUSE -> super.toString();
      };
    }

    @Override
    public synchronized @Nullable Throwable getCause() {
      if (act == Act.THROWS_IN_CAUSE) {
        throw new IllegalStateException();
      }
      return null;
    }
  }
}
