package io.rowpost.jdbc;

import org.jspecify.annotations.Nullable;

/** Rows of values as the text of a JSON array of arrays, for databases without arrays. */
final class JsonRows {
  private final StringBuilder json = new StringBuilder("[");

  JsonRows row() {
    json.append(json.length() == 1 ? "[" : "],[");
    return this;
  }

  JsonRows number(long value) {
    comma().append(value);
    return this;
  }

  JsonRows text(@Nullable String value) {
    if (value == null) {
      comma().append("null");
      return this;
    }
    comma().append('"');
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c == '"' || c == '\\') {
        json.append('\\').append(c);
      } else if (c < ' ') {
        json.append("\\u00").append(Character.forDigit(c >> 4, 16));
        json.append(Character.forDigit(c & 0xF, 16));
      } else {
        json.append(c);
      }
    }
    json.append('"');
    return this;
  }

  private StringBuilder comma() {
    return json.charAt(json.length() - 1) == '[' ? json : json.append(',');
  }

  @Override
  public String toString() {
    return json.length() == 1 ? "[]" : json + "]]";
  }
}
