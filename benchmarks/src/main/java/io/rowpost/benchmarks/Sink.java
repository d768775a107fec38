package io.rowpost.benchmarks;

import io.rowpost.core.Message;
import io.rowpost.core.MessagePublisher;
import io.rowpost.kafka.KafkaBroker;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Where all ways hand their events to: it takes everything at once, or sends it to Kafka. */
public final class Sink implements MessagePublisher, AutoCloseable {
  private static final int CONNECT_ATTEMPTS = 10;
  private static final CompletionStage<Void> TAKEN = CompletableFuture.completedFuture(null);

  private final MessagePublisher publisher;
  private final Audit audit;
  private final Runnable first;
  private final Arrivals arrivals;
  private final AtomicInteger handed = new AtomicInteger();
  private final AtomicInteger acknowledged = new AtomicInteger();
  private final CountDownLatch finished = new CountDownLatch(1);
  private final int expected;

  private Sink(MessagePublisher publisher, int from, int to, Arrivals arrivals, Runnable first) {
    this.publisher = publisher;
    this.audit = new Audit(from, to);
    this.expected = to - from;
    this.arrivals = arrivals;
    this.first = first;
  }

  /**
   * Takes everything at once.
   *
   * @param first told when the first event comes
   */
  static Sink nowhere(int from, int to, Arrivals arrivals, Runnable first) {
    return new Sink(message -> TAKEN, from, to, arrivals, first);
  }

  /** Acknowledges each event after a while. */
  static Sink slow(int millis, Runnable first) {
    MessagePublisher slow =
        message ->
            new CompletableFuture<Void>().completeOnTimeout(null, millis, TimeUnit.MILLISECONDS);
    return new Sink(slow, 0, Integer.MAX_VALUE, Arrivals.NOWHERE, first);
  }

  /** Sends to topics of this prefix. */
  static Sink kafka(String servers, String prefix, int from, int to, Runnable first) {
    KafkaBroker broker = KafkaBroker.builder(servers).topicPrefix(prefix).build();
    // Connects now: ways without retries of their own would fail at the first event.
    connect(broker);
    return new Sink(broker, from, to, Arrivals.NOWHERE, first);
  }

  private static void connect(KafkaBroker broker) {
    for (int attempt = 1; ; attempt++) {
      try {
        broker.publish(Events.warmUp()).toCompletableFuture().join();
        return;
      } catch (CompletionException e) {
        if (attempt == CONNECT_ATTEMPTS) {
          throw e;
        }
      }
    }
  }

  @Override
  public CompletionStage<Void> publish(Message message) {
    if (handed.getAndIncrement() == 0) {
      first.run();
    }
    int number = Events.number(message.payload());
    arrivals.at(number);
    audit.saw(number);
    CompletionStage<Void> answer = publisher.publish(message);
    if (answer == TAKEN) {
      count();
      return TAKEN;
    }
    return answer.thenRun(this::count);
  }

  private void count() {
    if (acknowledged.incrementAndGet() == expected) {
      finished.countDown();
    }
  }

  @Override
  public Duration sendTimeout() {
    return publisher.sendTimeout();
  }

  @Override
  public void warmUp() {
    publisher.warmUp();
  }

  boolean awaitAll(Duration limit) throws InterruptedException {
    return finished.await(limit.toMillis(), TimeUnit.MILLISECONDS);
  }

  int acknowledged() {
    return acknowledged.get();
  }

  Audit audit() {
    return audit;
  }

  @Override
  public void close() {
    if (publisher instanceof KafkaBroker broker) {
      broker.close();
    }
  }
}
