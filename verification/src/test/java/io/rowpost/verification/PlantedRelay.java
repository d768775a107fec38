package io.rowpost.verification;

import io.rowpost.core.EngineTime;
import io.rowpost.core.FailureClass;
import io.rowpost.core.Message;
import io.rowpost.core.MessagePublisher;
import io.rowpost.core.PublishException;
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
import java.util.function.Function;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Relays that are wrong on purpose. */
final class PlantedRelay {
  private static final Duration LATE = Duration.ofMillis(500);

  /** Beyond the bound of every recovery. */
  private static final Duration LONG = Duration.ofSeconds(6);

  private PlantedRelay() {}

  enum Bug {
    /** Says that the broker has a message before it was given to it. */
    SETTLE_FIRST,
    /** Does not notice that it stood still, so it believes in its lease when it wakes up. */
    STOPPED_CLOCK,
    /** Goes by the wall clock, so its lease lasts for as long as that one says. */
    WALL_CLOCK,
    /** Its store takes whoever asks for the owner of the lease. */
    NO_FENCE,
    /** Its store gives the lease to whoever asks for it. */
    LEASE_FOR_EVERYONE,
    /** Keeps its lease when it ends in order. */
    NEVER_RELEASES,
    /** Leaves its database alone for a while when that has failed. */
    COMES_BACK_LATE,
    /** Gives a message to the broker, and does not care whether that has it. */
    FIRES_AND_FORGETS,
    /** Does not ask whether its database is a replica. */
    BLIND_TO_REPLICAS,
    /** Blames records for what is wrong with their topic, so they lose attempts by it. */
    BLAMES_RECORDS,
    /** Ends when its database fails to answer. */
    GIVES_UP,
    /** Sends only what is older than every transaction that is still open. */
    OLDEST_WRITER,
    /** Sends what began since it looked before, and nothing that was open then. */
    FORGETS_OPEN_WRITERS,
    /** Each of its turns takes longer the more is parked. */
    COUNTS_PARKED,
    /** Each of its turns takes longer the more of its own rows are dead. */
    PASSES_DEAD_ROWS,
    /** Warns of each failure of its database, and forgets none. */
    KEEPS_FAILURES
  }

  public static void main(String[] arguments) {
    Setup setup = Setup.parse(arguments);
    DataSource database = setup.dataSource();
    switch (Bug.valueOf(setup.text(Setting.BUG))) {
      case SETTLE_FIRST ->
          RelayChild.run(setup, database, PlantedRelay::settlingFirst, EngineTime.system());
      case FIRES_AND_FORGETS ->
          RelayChild.run(setup, database, PlantedRelay::firingAndForgetting, EngineTime.system());
      case BLAMES_RECORDS ->
          RelayChild.run(setup, database, PlantedRelay::blamingRecords, EngineTime.system());
      case STOPPED_CLOCK ->
          RelayChild.run(setup, database, publisher -> publisher, new StoppedClock());
      case WALL_CLOCK -> RelayChild.run(setup, database, publisher -> publisher, new WallClock());
      case NO_FENCE -> run(setup, Meddled.withoutFence(database));
      case LEASE_FOR_EVERYONE -> run(setup, Meddled.withALeaseForEveryone(database));
      case NEVER_RELEASES -> run(setup, Meddled.thatReleasesNothing(database));
      case COMES_BACK_LATE -> run(setup, Meddled.askedAgainAfter(LONG, database));
      case BLIND_TO_REPLICAS -> run(setup, Meddled.thatDeniesToBeAReplica(database));
      case OLDEST_WRITER -> run(setup, Meddled.behindTheOldestWriter(database));
      case FORGETS_OPEN_WRITERS -> run(setup, Meddled.thatForgetsOpenWriters(database));
      case COUNTS_PARKED -> run(setup, Meddled.thatCountsWhatIsParked(database));
      case PASSES_DEAD_ROWS -> run(setup, Meddled.thatPassesItsDeadRows(database));
      case KEEPS_FAILURES -> run(setup, Meddled.heard(database, new Failures()::keep));
      case GIVES_UP -> run(setup, Meddled.heard(database, away -> Runtime.getRuntime().halt(1)));
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

  private static MessagePublisher settlingFirst(MessagePublisher broker) {
    ScheduledExecutorService later = daemon();
    return new Wrapped(
        broker,
        message -> {
          ScheduledFuture<?> unused =
              later.schedule(
                  () -> sendUntilItIsThere(broker, message, later),
                  LATE.toMillis(),
                  TimeUnit.MILLISECONDS);
          return CompletableFuture.completedFuture(null);
        });
  }

  private static void sendUntilItIsThere(
      MessagePublisher broker, Message message, ScheduledExecutorService later) {
    broker
        .publish(message)
        .whenComplete(
            (done, error) -> {
              if (error != null) {
                later.execute(() -> sendUntilItIsThere(broker, message, later));
              }
            });
  }

  private static MessagePublisher firingAndForgetting(MessagePublisher broker) {
    return new Wrapped(
        broker,
        message -> {
          CompletionStage<Void> unused = broker.publish(message);
          return CompletableFuture.completedFuture(null);
        });
  }

  private static MessagePublisher blamingRecords(MessagePublisher broker) {
    return new Wrapped(
        broker,
        message ->
            broker
                .publish(message)
                .exceptionallyCompose(
                    error ->
                        CompletableFuture.failedStage(
                            new PublishException(
                                FailureClass.RECORD, "This one is to blame", "none", error))));
  }

  /** A broker to which messages go another way. */
  private record Wrapped(MessagePublisher broker, Function<Message, CompletionStage<Void>> way)
      implements MessagePublisher {
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
      return way.apply(message);
    }
  }

  private abstract static class WrongTime implements EngineTime {
    final EngineTime real = EngineTime.system();

    @Override
    public final void await(BooleanSupplier ready, long nanos) throws InterruptedException {
      real.await(ready, nanos);
    }

    @Override
    public final void signal() {
      real.signal();
    }
  }

  private static final class WallClock extends WrongTime {
    @Override
    public long nanoTime() {
      return TimeUnit.MILLISECONDS.toNanos(System.currentTimeMillis());
    }
  }

  /** Leaves out every time in which nobody asked for the time. */
  private static final class StoppedClock extends WrongTime {
    private static final long LONGEST_STEP = TimeUnit.MILLISECONDS.toNanos(500);

    private final AtomicLong last = new AtomicLong(real.nanoTime());
    private final AtomicLong leftOut = new AtomicLong();

    @Override
    public long nanoTime() {
      long now = real.nanoTime();
      long step = now - last.getAndSet(now);
      return now - (step > LONGEST_STEP ? leftOut.addAndGet(step) : leftOut.get());
    }
  }
}
