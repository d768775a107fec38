package io.rowpost.core;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One member of a group of {@link InMemoryMessageBroker}, with or without a thread of its own. */
final class InMemorySubscription implements MessageBroker.Subscription {
  private static final Logger log = LoggerFactory.getLogger(InMemoryMessageBroker.class);
  private static final long QUIET_NANOS = TimeUnit.SECONDS.toNanos(30);

  private final InMemoryTopic topic;
  private final InMemoryGroup group;
  private final MessageListener listener;
  private final int maxPoll;
  private final Consumer<InMemorySubscription> onClose;
  private volatile boolean closing;
  private boolean warned;
  private long lastWarned;
  private volatile @Nullable Thread thread;
  private volatile Duration closeTimeout = Duration.ZERO;

  InMemorySubscription(
      InMemoryTopic topic,
      InMemoryGroup group,
      MessageListener listener,
      int maxPoll,
      Consumer<InMemorySubscription> onClose) {
    this.topic = topic;
    this.group = group;
    this.listener = listener;
    this.maxPoll = maxPoll;
    this.onClose = onClose;
  }

  void start(Duration timeout) {
    var runner = new Thread(this::run, "rowpost-subscription-" + topic.name);
    runner.setDaemon(true);
    closeTimeout = timeout;
    thread = runner;
    runner.start();
  }

  private void run() {
    while (!closing) {
      try {
        hand(topic.await(group, maxPoll, () -> closing));
      } catch (InterruptedException e) {
        // A stray interrupt, perhaps left by the listener, must not end the subscription.
        log.debug("The wait for messages of topic {} was interrupted.", topic.name);
      }
    }
  }

  /** One call of the listener on this thread, if something is due. */
  int step() {
    return hand(topic.take(group, maxPoll));
  }

  private int hand(DeliveryQueue.Batch<Long> batch) {
    if (batch.isEmpty()) {
      return 0;
    }
    int handed = batch.messages().size();
    try {
      List<Message> again = listener.onMessages(batch.messages());
      FaultPoint.ACK_BEGINS.pass();
      topic.settle(group, batch, again);
    } catch (Throwable e) { // an Error too: losing the messages would be worse
      topic.abandon(group, batch);
      warn(e);
      return handed;
    }
    FaultPoint.ACK_DONE.pass();
    return handed;
  }

  private void warn(Throwable e) {
    long now = System.nanoTime();
    if (!warned || now - lastWarned >= QUIET_NANOS) {
      log.warn("A listener of topic {} failed; delivering again with pauses.", topic.name, e);
      warned = true;
      lastWarned = now;
    }
  }

  @Override
  public void close() {
    closing = true;
    topic.wake();
    join();
    onClose.accept(this);
  }

  private void join() {
    Thread runner = thread;
    if (runner == null || runner == Thread.currentThread()) {
      return; // a listener may close its own subscription: this call is then its last
    }
    try {
      TimeUnit.NANOSECONDS.timedJoin(runner, closeTimeout.toNanos());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (runner.isAlive()) {
      runner.interrupt();
    }
  }
}
