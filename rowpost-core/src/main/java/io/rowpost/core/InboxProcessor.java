package io.rowpost.core;

import java.util.List;

/** Placeholder of the API until the module is complete. */
@SuppressWarnings("DoNotCallSuggester")
public final class InboxProcessor<T> {
  private InboxProcessor() {}

  /** Outcome of a batch. */
  public record BatchResult(
      int processed, int duplicates, int failed, int tooOld, List<Message> redeliver) {}

  /** A listener that processes. */
  public <X extends Exception> MessageListener listener(MessageHandler<T, X> handler) {
    throw new IllegalStateException();
  }

  /** Runs reopened messages. */
  public <X extends Exception> int retryParked(MessageHandler<T, X> handler) {
    throw new IllegalStateException();
  }
}
