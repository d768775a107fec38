package io.rowpost.verification;

import io.rowpost.core.EngineTime;
import io.rowpost.core.Message;
import io.rowpost.core.MessagePublisher;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;

/** Relays that are wrong on purpose. */
final class PlantedRelay {
  private PlantedRelay() {}

  enum Bug {
    /** Says that the broker has a message before it was given to it. */
    SETTLE_FIRST,
    /** Does not notice that it stood still, so it believes in its lease when it wakes up. */
    STOPPED_CLOCK,
    /** Its store takes whoever asks for the owner of the lease. */
    NO_FENCE
  }

  public static void main(String[] arguments) {
    Setup setup = Setup.parse(arguments);
    switch (Bug.valueOf(setup.text(Setting.BUG))) {
      case SETTLE_FIRST ->
          RelayChild.run(setup, setup.dataSource(), SettleFirst::new, EngineTime.system());
      case STOPPED_CLOCK ->
          RelayChild.run(setup, setup.dataSource(), publisher -> publisher, new StoppedClock());
      case NO_FENCE ->
          RelayChild.run(
              setup, Unfenced.of(setup.dataSource()), publisher -> publisher, EngineTime.system());
    }
  }

  /** One thread that does not keep its process alive. */
  static ScheduledExecutorService daemon() {
    return new ScheduledThreadPoolExecutor(
        1,
        task -> {
          Thread thread = new Thread(task, "later");
          thread.setDaemon(true);
          return thread;
        });
  }

  private record SettleFirst(MessagePublisher broker, ScheduledExecutorService later)
      implements MessagePublisher {
    private static final Duration LATE = Duration.ofMillis(500);

    SettleFirst(MessagePublisher broker) {
      this(broker, daemon());
    }

    @Override
    public void warmUp() {
      broker.warmUp();
    }

    @Override
    public Duration sendTimeout() {
      return broker.sendTimeout();
    }

    @Override
    public CompletionStage<Void> publish(Message message) {
      ScheduledFuture<?> unused =
          later.schedule(() -> send(message), LATE.toMillis(), TimeUnit.MILLISECONDS);
      return CompletableFuture.completedFuture(null);
    }

    private void send(Message message) {
      broker
          .publish(message)
          .whenComplete(
              (done, error) -> {
                if (error != null) {
                  later.execute(() -> send(message));
                }
              });
    }
  }

  /** Leaves out every time in which nobody asked for the time. */
  private static final class StoppedClock implements EngineTime {
    private static final long LONGEST_STEP = TimeUnit.MILLISECONDS.toNanos(500);

    private final EngineTime real = EngineTime.system();
    private final AtomicLong last = new AtomicLong(real.nanoTime());
    private final AtomicLong leftOut = new AtomicLong();

    @Override
    public long nanoTime() {
      long now = real.nanoTime();
      long step = now - last.getAndSet(now);
      return now - (step > LONGEST_STEP ? leftOut.addAndGet(step) : leftOut.get());
    }

    @Override
    public void await(BooleanSupplier ready, long nanos) throws InterruptedException {
      real.await(ready, nanos);
    }

    @Override
    public void signal() {
      real.signal();
    }
  }
}
