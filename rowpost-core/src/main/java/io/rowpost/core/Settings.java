package io.rowpost.core;

import java.time.Duration;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Checks of settings: each refusal names the setting, its value and its bounds. */
final class Settings {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._:/-]{0,99}");

  private Settings() {}

  static void require(boolean holds, String setting, Object value, String bounds) {
    if (!holds) {
      throw new RowpostException(
          "ROWPOST-601",
          "Nothing was started: %s is %s.".formatted(setting, value),
          "set %s to %s.".formatted(setting, bounds),
          null);
    }
  }

  static void requireBetween(String setting, @Nullable Duration value, Duration min, Duration max) {
    require(
        value != null && value.compareTo(min) >= 0 && value.compareTo(max) <= 0,
        setting,
        String.valueOf(value),
        min + " to " + max);
  }

  /** Names of relays and consumers: they are keys in tables and words in logs. */
  static void requireName(String setting, @Nullable String value) {
    require(
        value != null && NAME.matcher(value).matches(),
        setting,
        value == null
            ? "null"
            : value.length() > 120 ? value.length() + " characters" : ErrorText.inLine(value),
        "1 to 100 letters, digits and . _ : / - beginning with a letter or digit");
  }
}
