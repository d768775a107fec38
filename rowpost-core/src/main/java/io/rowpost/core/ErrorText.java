package io.rowpost.core;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Errors as text that every database stores and every terminal survives.
 *
 * <p>Control characters but for line breaks and tabs become U+FFFD, as lone surrogates do: NUL
 * would fail the statement that records the error, an escape sequence would rewrite an operator's
 * screen.
 */
final class ErrorText {
  static final int MAX_LENGTH = 4096;

  private static final int MAX_NAME = 255;
  private static final char REPLACEMENT = '\uFFFD';
  private static final int MAX_CAUSES = 10;

  private ErrorText() {}

  /** The error and its causes, one a line, at most 4,096 characters. */
  static String of(Throwable error) {
    var text = new StringBuilder();
    Throwable e = error;
    for (int depth = 0; e != null && depth < MAX_CAUSES; depth++) {
      text.append(depth == 0 ? "" : "\ncaused by ").append(safe(describe(e)));
      e = causeOf(e);
    }
    return safe(text.toString());
  }

  /** What an error of ours says, or the type of another and what that says. */
  static String brief(Throwable error) {
    String message = error instanceof RowpostException ? error.getMessage() : null;
    return message == null ? describe(error) : message;
  }

  /** The same, with the cause. */
  static String withCause(Throwable error) {
    Throwable cause = causeOf(error);
    return cause == null ? brief(error) : brief(error) + " (" + describe(cause) + ")";
  }

  /** A text with what cannot be stored replaced, at most 4,096 characters. */
  static String safe(String text) {
    String cut = text.length() > MAX_LENGTH ? text.substring(0, MAX_LENGTH) : text;
    StringBuilder changed = null;
    for (int i = 0; i < cut.length(); i++) {
      if (!storable(cut, i)) {
        changed = changed == null ? new StringBuilder(cut) : changed;
        changed.setCharAt(i, REPLACEMENT);
      }
    }
    return changed == null ? cut : changed.toString();
  }

  /**
   * A foreign name for a line of the log: nothing in it begins a line of its own, turns the line
   * around or cannot be seen.
   */
  static String inLine(String name) {
    String cut = name.length() > MAX_NAME ? name.substring(0, MAX_NAME) + "..." : name;
    var line = new StringBuilder(safe(cut));
    for (int i = 0; i < line.length(); i++) {
      switch (Character.getType(line.charAt(i))) {
        case Character.CONTROL,
            Character.FORMAT,
            Character.LINE_SEPARATOR,
            Character.PARAGRAPH_SEPARATOR ->
            line.setCharAt(i, REPLACEMENT);
        default -> {}
      }
    }
    return line.toString();
  }

  private static boolean storable(String text, int i) {
    char c = text.charAt(i);
    if (Character.isHighSurrogate(c)) {
      return i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1));
    }
    if (Character.isLowSurrogate(c)) {
      return i > 0 && Character.isHighSurrogate(text.charAt(i - 1));
    }
    return !Character.isISOControl(c) || c == '\n' || c == '\t';
  }

  /** An exception whose own message throws must not stop the record of its failure. */
  private static String describe(Throwable error) {
    String name = error.getClass().getName();
    try {
      return Objects.requireNonNullElse(error.toString(), name);
    } catch (RuntimeException | Error e) {
      return name;
    }
  }

  /** The cause that an error gives; null also if the question fails. */
  static @Nullable Throwable causeOf(Throwable error) {
    try {
      return error.getCause();
    } catch (RuntimeException | Error e) {
      return null;
    }
  }
}
