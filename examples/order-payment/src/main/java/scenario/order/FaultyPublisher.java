package scenario.order;

import io.rowpost.core.Message;
import io.rowpost.core.MessagePublisher;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Watches a relay's way to the broker, and can cut the way back: from one order on the broker gets
 * every message, and the relay gets no acknowledgement. What a relay cannot hear it cannot settle,
 * so wherever it is killed then, it dies after the send and before the settle.
 */
final class FaultyPublisher implements MessagePublisher {
  private final MessagePublisher broker;
  private final long crashAt;
  private final Observer observer;
  private volatile boolean cut;

  /**
   * A publisher over a broker's.
   *
   * @param crashAt the order from which on acknowledgements are withheld; 0 for never
   */
  FaultyPublisher(MessagePublisher broker, long crashAt, Observer observer) {
    this.broker = broker;
    this.crashAt = crashAt;
    this.observer = observer;
  }

  @Override
  public CompletionStage<Void> publish(Message message) {
    long order = FaultyListener.orderId(message);
    if (order == crashAt) {
      cut = true;
    }
    boolean withheld = cut;
    CompletableFuture<Void> unheard = new CompletableFuture<>();
    CompletionStage<Void> acknowledged =
        broker
            .publish(message)
            .thenRun(
                () -> {
                  observer.sent(order);
                  if (order == crashAt) {
                    observer.cut(order);
                  }
                });
    return withheld ? unheard : acknowledged;
  }

  @Override
  public void warmUp() {
    broker.warmUp();
  }

  @Override
  public Duration sendTimeout() {
    return broker.sendTimeout();
  }

  /** Whoever wants to know. Called on any thread. */
  @FunctionalInterface
  interface Observer {
    /** The broker has acknowledged the event of an order. */
    void sent(long order);

    /** The broker has acknowledged the event whose acknowledgement the relay will never hear. */
    default void cut(long order) {}
  }
}
