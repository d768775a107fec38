package io.rowpost.jdbc;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Headers as they are stored: a line {@code name:value} each, null for none.
 *
 * <p>Names are tokens without a colon and values hold no line feed ({@code OutboxRecord.Builder}
 * checks both), so nothing needs an escape, and SQL and people can read it.
 */
final class HeaderLines {
  private HeaderLines() {}

  static @Nullable String encode(Map<String, String> headers) {
    if (headers.isEmpty()) {
      return null;
    }
    var lines = new StringBuilder();
    headers.forEach((name, value) -> lines.append(name).append(':').append(value).append('\n'));
    lines.setLength(lines.length() - 1);
    return lines.toString();
  }

  /**
   * The headers of a row, in their order.
   *
   * @throws UnreadableRowException if a line is no header; somebody else wrote it
   */
  static Map<String, String> decode(@Nullable String lines) throws UnreadableRowException {
    if (lines == null || lines.isEmpty()) {
      return Map.of();
    }
    var headers = new LinkedHashMap<String, String>();
    int start = 0;
    while (start <= lines.length()) {
      int feed = lines.indexOf('\n', start);
      int end = feed < 0 ? lines.length() : feed;
      int colon = lines.indexOf(':', start);
      if (colon <= start || colon >= end) {
        throw new UnreadableRowException("a line of its headers is not of the form name:value");
      }
      headers.put(lines.substring(start, colon), lines.substring(colon + 1, end));
      start = end + 1;
    }
    return Collections.unmodifiableMap(headers);
  }
}
