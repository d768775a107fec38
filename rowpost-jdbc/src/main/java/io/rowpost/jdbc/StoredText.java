package io.rowpost.jdbc;

/** Texts that every database takes. */
final class StoredText {
  private static final int MAX_ERROR = 4096;
  private static final char REPLACEMENT = '\uFFFD';

  /** Longer than any name that is stored, so equal to none. */
  private static final String OF_NOTHING = "\uFFFD".repeat(1024);

  private StoredText() {}

  /**
   * A name to look for. One that no database stores (NUL, lone surrogates) finds nothing, and is
   * not asked for as it is: PostgreSQL refuses it, MariaDB looks for one with a question mark.
   */
  static String sought(String name) {
    for (int i = 0; i < name.length(); i++) {
      if (!isStorable(name, i)) {
        return OF_NOTHING;
      }
    }
    return name;
  }

  /** Cut to 4,096 characters; what no database stores (NUL, lone surrogates) becomes U+FFFD. */
  static String error(String text) {
    String cut = text.length() <= MAX_ERROR ? text : text.substring(0, MAX_ERROR);
    StringBuilder changed = null;
    for (int i = 0; i < cut.length(); i++) {
      if (!isStorable(cut, i)) {
        changed = changed == null ? new StringBuilder(cut) : changed;
        changed.setCharAt(i, REPLACEMENT);
      }
    }
    return changed == null ? cut : changed.toString();
  }

  private static boolean isStorable(String text, int i) {
    char c = text.charAt(i);
    if (Character.isHighSurrogate(c)) {
      return i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1));
    }
    if (Character.isLowSurrogate(c)) {
      return i > 0 && Character.isHighSurrogate(text.charAt(i - 1));
    }
    return c != '\0';
  }
}
