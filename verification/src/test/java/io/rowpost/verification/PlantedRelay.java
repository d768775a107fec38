package io.rowpost.verification;

import io.rowpost.core.EngineTime;
import io.rowpost.core.Message;
import io.rowpost.core.MessagePublisher;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Relays that are wrong on purpose. */
final class PlantedRelay {
  private PlantedRelay() {}

  enum Bug {
    /** Says that the broker has a message before it was given to it. */
    SETTLE_FIRST,
    /** Does not notice that it stood still, so it believes in its lease when it wakes up. */
    STOPPED_CLOCK,
    /** Its store takes whoever asks for the owner of the lease. */
    NO_FENCE,
    /** Sends only what is older than every transaction that is still open. */
    OLDEST_WRITER,
    /** Each of its turns takes longer the more is parked. */
    COUNTS_PARKED,
    /** Warns of each failure of its database, and forgets none. */
    KEEPS_FAILURES
  }

  public static void main(String[] arguments) {
    Setup setup = Setup.parse(arguments);
    DataSource database = setup.dataSource();
    switch (Bug.valueOf(setup.text(Setting.BUG))) {
      case SETTLE_FIRST -> RelayChild.run(setup, database, SettleFirst::new, EngineTime.system());
      case STOPPED_CLOCK ->
          RelayChild.run(setup, database, publisher -> publisher, new StoppedClock());
      case NO_FENCE -> run(setup, Meddled.withoutFence(database));
      case OLDEST_WRITER -> run(setup, Meddled.behindTheOldestWriter(database));
      case COUNTS_PARKED -> run(setup, Meddled.thatCountsWhatIsParked(database));
      case KEEPS_FAILURES -> run(setup, Meddled.heard(database, new Failures()::keep));
    }
  }

  private static void run(Setup setup, DataSource database) {
    RelayChild.run(setup, database, publisher -> publisher, EngineTime.system());
  }

  private static final class Failures {
    private static final Logger LOG = LoggerFactory.getLogger(Failures.class);
    private static final int BYTES_OF_ONE = 200_000;

    private final List<byte[]> kept = new ArrayList<>();

    void keep(SQLException failure) {
      kept.add(new byte[BYTES_OF_ONE]);
      LOG.warn("failure {} of the database", kept.size(), failure);
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
