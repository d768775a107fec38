package io.rowpost.testkit;

import io.rowpost.core.MessageBroker;

/**
 * A broker and what surrounds it: what an implementation hands to {@link MessageBrokerContract}.
 */
public interface BrokerFixture extends AutoCloseable {
  /**
   * The broker under test, always the same. Its first redelivery should follow after a tenth of a
   * second or less, and its send timeout be as short as the server allows.
   */
  MessageBroker broker();

  /**
   * Creates an empty topic, of several partitions where there are partitions, and returns its name.
   */
  String createTopic();

  /** The largest payload that is published. */
  int maxPayloadBytes();

  /**
   * Lets a process subscribe and end in the middle of the first call of its listener; returns when
   * it is gone. Where the broker lives in one process, the end of the call stands for it.
   */
  void subscribeAndDie(String topic, String group);

  /** Makes the server refuse or ignore everything, as in an outage. */
  void takeAway();

  /** Ends the outage; what the server had acknowledged is still there. */
  void bringBack();

  /** Closes the broker, if it is open, and removes what the test left. */
  @Override
  void close();
}
