package io.rowpost.core;

import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A broker did not take a message. */
public final class PublishException extends RowpostException {
  private static final long serialVersionUID = 1L;

  private final @Nullable FailureClass failureClass;

  /**
   * A failure whose class the adapter knows.
   *
   * @param failureClass what the failure says about the next messages
   * @param what what happened, without payload and credentials
   * @param fix what an operator can do
   * @param cause the client's own exception, or null
   */
  public PublishException(
      FailureClass failureClass, String what, String fix, @Nullable Throwable cause) {
    super(code(failureClass), what, fix, cause);
    this.failureClass = failureClass;
  }

  private PublishException(String what, @Nullable Throwable cause) {
    super("ROWPOST-320", what, "see the cause; the relay sends the record again.", cause);
    this.failureClass = null;
  }

  /**
   * A failure of which the adapter cannot tell whose fault it is, such as a timeout.
   *
   * <p>The relay then judges by what else the broker acknowledged since the hand-over.
   */
  public static PublishException unclassified(String what, @Nullable Throwable cause) {
    return new PublishException(what, cause);
  }

  /** The class of the failure; empty where the adapter could not tell. */
  public Optional<FailureClass> failureClass() {
    return Optional.ofNullable(failureClass);
  }

  private static String code(FailureClass failureClass) {
    return switch (Objects.requireNonNull(failureClass, "failureClass")) {
      case RECORD -> "ROWPOST-321";
      case DESTINATION -> "ROWPOST-322";
      case BROKER -> "ROWPOST-323";
    };
  }
}
