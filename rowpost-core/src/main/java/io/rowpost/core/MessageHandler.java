package io.rowpost.core;

/**
 * Handles a message inside the inbox's transaction.
 *
 * @param <T> the transaction handle
 * @param <X> what the handler throws
 */
@FunctionalInterface
public interface MessageHandler<T, X extends Exception> {
  /**
   * Does what the message asks for, writing through {@code tx} only; appending to an outbox with
   * the same {@code tx} is part of it. Effects outside the database cannot be taken back.
   *
   * @throws X to roll everything back and count a failed attempt
   */
  void handle(T tx, Message message) throws X;
}
