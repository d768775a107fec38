package io.rowpost.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UtcTimeTest {
  private static final String ALPHABET = "0123456789-:.TZ+ ";

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "Z",
        "2026-01-31T12:00:00Z",
        "2026-01-31T12:00:00.Z",
        "2026-01-31T12:00:00.1Z",
        "2026-01-31T12:00:00.123456789Z",
        "2026-01-31T12:00:00.1234567890Z",
        "2026-01-31T12:00:00",
        "2026-01-31t12:00:00z",
        "2026-01-31T12:00:00+01:00",
        "2026-01-31 12:00:00Z",
        "2026-02-29T12:00:00Z",
        "2024-02-29T12:00:00Z",
        "2026-13-01T12:00:00Z",
        "2026-00-10T12:00:00Z",
        "2026-01-31T24:00:00Z",
        "2026-01-31T24:00:01Z",
        "2026-01-31T25:00:00Z",
        "2026-01-31T12:60:00Z",
        "2016-12-31T23:59:60Z",
        "2026-01-31T12:00:61Z",
        "0000-01-01T00:00:00Z",
        "9999-12-31T23:59:59.999999999Z",
        "+12026-01-31T12:00:00Z",
        "2026-01-31T12:00Z",
        "\u0662026-01-31T12:00:00Z",
        "not a time at all, Z"
      })
  void answersAsTheJdkDoes(String text) {
    assertThat(UtcTime.parse(text)).as(text).isEqualTo(byTheJdk(text));
  }

  @Test
  void answersAsTheJdkDoesForAnything() {
    var random = new Random(1);
    for (int i = 0; i < 200_000; i++) {
      long second = random.nextLong(-70_000_000_000L, 260_000_000_000L);
      int[] fractions = {0, random.nextInt(1000) * 1_000_000, random.nextInt(1_000_000_000)};
      String text = Instant.ofEpochSecond(second, fractions[random.nextInt(3)]).toString();
      assertThat(UtcTime.parse(text)).as(text).isEqualTo(byTheJdk(text));
      var broken = new StringBuilder(text);
      broken.setCharAt(
          random.nextInt(text.length()), ALPHABET.charAt(random.nextInt(ALPHABET.length())));
      assertThat(UtcTime.parse(broken.toString()))
          .as(broken.toString())
          .isEqualTo(byTheJdk(broken.toString()));
    }
  }

  private static @Nullable Instant byTheJdk(String text) {
    try {
      return Instant.parse(text);
    } catch (DateTimeParseException e) {
      return null;
    }
  }
}
