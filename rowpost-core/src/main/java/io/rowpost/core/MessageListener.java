package io.rowpost.core;

import java.util.List;

/** Receives the messages of one poll; {@link InboxProcessor#listener} makes one. */
@FunctionalInterface
public interface MessageListener {
  /**
   * Handles messages, in the order given; one call at a time for one key.
   *
   * @param messages the messages of one poll, never empty; per key in publish order
   * @return those that are to be delivered again, the very objects, with a growing pause and before
   *     any later message of their key; empty when all are done and may be acknowledged
   * @throws Exception if nothing is known to be done: all of them are delivered again, as
   *     {@linkplain Message#redelivered() redelivered}
   */
  List<Message> onMessages(List<Message> messages) throws Exception;
}
