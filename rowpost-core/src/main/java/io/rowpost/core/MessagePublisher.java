package io.rowpost.core;

import java.time.Duration;
import java.util.concurrent.CompletionStage;

/**
 * Hands messages to a broker, asynchronously. Thread-safe.
 *
 * <p>The relay never hands over a record before its predecessor of the same topic and key is
 * acknowledged, so an implementation need not keep order among calls that overlap.
 */
@FunctionalInterface
public interface MessagePublisher {
  /**
   * Starts to publish a message.
   *
   * @return completes normally when the broker has acknowledged the message, and exceptionally with
   *     a {@link PublishException} when it has not; any other exception counts as unclassified
   */
  CompletionStage<Void> publish(Message message);

  /**
   * The time within which a publish has succeeded or failed, whatever the broker does.
   *
   * <p>The relay stops handing over when less than this is left of its lease, and refuses to start
   * if it is half the lease or more. A record without an answer after it counts as timed out.
   *
   * @return 10 seconds unless overridden; adapters return their client's own delivery timeout
   */
  default Duration sendTimeout() {
    return Duration.ofSeconds(10);
  }

  /**
   * Begins to connect, in the background; a relay that starts calls it, even one that stands by.
   *
   * <p>A hint: it never fails, and publishing works without it, but the first publish after a
   * take-over may then wait for connections. Does nothing unless overridden.
   */
  default void warmUp() {}
}
