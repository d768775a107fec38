package io.rowpost.core;

/** A broker to publish to and to subscribe at. Thread-safe. */
public interface MessageBroker extends MessagePublisher, AutoCloseable {
  /**
   * Delivers messages of a topic to a listener, at least once, in order per key.
   *
   * <p>Each group receives every message; the subscriptions of one group share them, and a new
   * group begins at the oldest message kept. A message is acknowledged only after the listener
   * returned without asking for it again; a failed one is delivered again, never skipped. One of
   * which the listener, or its process, ended without an answer comes again as {@linkplain
   * Message#redelivered() redelivered}; so may others that came close behind it.
   *
   * @return the running subscription
   */
  Subscription subscribe(String topic, String group, MessageListener listener);

  /** Stops all subscriptions, waits for publishes under way up to the send timeout, and closes. */
  @Override
  void close();

  /** A running subscription. */
  interface Subscription extends AutoCloseable {
    /**
     * Lets the current call of the listener end, acknowledges what is done, and leaves the group.
     */
    @Override
    void close();
  }
}
