package io.rowpost.core;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Root of everything Rowpost throws: a stable code, what did not happen, and the fix.
 *
 * <p>The text never holds payloads or credentials. Codes are explained in {@code docs/errors.md}.
 */
public class RowpostException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String code;
  private final String fix;

  /**
   * Creates an exception whose message is {@code code what}, then the fix on a line of its own.
   *
   * @param code {@code ROWPOST-nnn}, never reused for another meaning
   * @param what what did not happen and why, naming the thing; may have several lines
   * @param fix what to do, most likely cause first
   * @param cause the underlying failure, or null
   */
  public RowpostException(String code, String what, String fix, @Nullable Throwable cause) {
    super(code + " " + what + "\n  Fix: " + fix, cause);
    this.code = Objects.requireNonNull(code, "code");
    this.fix = Objects.requireNonNull(fix, "fix");
  }

  /** The stable code, {@code ROWPOST-nnn}. */
  public final String code() {
    return code;
  }

  /** What to do about it. */
  public final String fix() {
    return fix;
  }
}
