package io.rowpost.jdbc;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Texts of strangers as they are stored: readable, and restored exactly, whatever they hold.
 *
 * <p>A backslash is written {@code \\}, a line feed {@code \n}, NUL {@code \0}, a lone surrogate
 * {@code \}{@code uXXXX} with its four hexadecimal digits, and a colon in the name of a header
 * {@code \c}. Everything else stands for itself. Headers are a line {@code name:value} each, null
 * for none.
 */
final class ForeignText {
  private ForeignText() {}

  static @Nullable String encode(@Nullable String text) {
    if (text == null) {
      return null;
    }
    var encoded = new StringBuilder(text.length() + 16);
    append(encoded, text, false);
    return encoded.toString();
  }

  static @Nullable String encode(Map<String, String> headers) {
    if (headers.isEmpty()) {
      return null;
    }
    var lines = new StringBuilder();
    headers.forEach(
        (name, value) -> {
          lines.append(lines.isEmpty() ? "" : "\n");
          append(lines, name, true);
          append(lines.append(':'), value, false);
        });
    return lines.toString();
  }

  private static void append(StringBuilder encoded, String text, boolean name) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '\\' -> encoded.append("\\\\");
        case '\n' -> encoded.append("\\n");
        case '\0' -> encoded.append("\\0");
        case ':' -> encoded.append(name ? "\\c" : ":");
        default -> {
          if (!Character.isSurrogate(c)) {
            encoded.append(c);
          } else if (Character.isHighSurrogate(c)
              && i + 1 < text.length()
              && Character.isLowSurrogate(text.charAt(i + 1))) {
            encoded.append(c).append(text.charAt(++i));
          } else {
            encoded.append("\\u%04X".formatted((int) c));
          }
        }
      }
    }
  }

  static @Nullable String decode(@Nullable String encoded) {
    return encoded == null ? null : decode(encoded, 0, encoded.length());
  }

  /** The same for a text that is never null. */
  static String decodeKnown(String encoded) {
    return decode(encoded, 0, encoded.length());
  }

  static Map<String, String> decodeHeaders(@Nullable String lines) {
    if (lines == null) {
      return Map.of();
    }
    var headers = new LinkedHashMap<String, String>();
    int start = 0;
    while (start <= lines.length()) {
      int feed = lines.indexOf('\n', start);
      int end = feed < 0 ? lines.length() : feed;
      int colon = lines.indexOf(':', start);
      headers.put(decode(lines, start, colon), decode(lines, colon + 1, end));
      start = end + 1;
    }
    return Collections.unmodifiableMap(headers);
  }

  private static String decode(String encoded, int start, int end) {
    var text = new StringBuilder(end - start);
    for (int i = start; i < end; i++) {
      char c = encoded.charAt(i);
      if (c != '\\') {
        text.append(c);
        continue;
      }
      char escape = encoded.charAt(++i);
      switch (escape) {
        case 'n' -> text.append('\n');
        case '0' -> text.append('\0');
        case 'c' -> text.append(':');
        case 'u' -> {
          text.append((char) Integer.parseInt(encoded, i + 1, i + 5, 16));
          i += 4;
        }
        default -> text.append(escape);
      }
    }
    return text.toString();
  }
}
