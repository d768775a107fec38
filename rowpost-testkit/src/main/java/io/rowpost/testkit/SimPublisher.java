package io.rowpost.testkit;

import io.rowpost.core.Message;
import io.rowpost.core.MessagePublisher;
import io.rowpost.core.PublishException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** One relay's way to the broker, on which publishes and answers get lost. */
final class SimPublisher implements MessagePublisher {
  private static final long TIMEOUT = SimBroker.SEND_TIMEOUT.toNanos();

  private final SimWorld world;
  private final SimLife life;
  private final SimOutboxPort outbox;

  SimPublisher(SimWorld world, SimLife life, SimOutboxPort outbox) {
    this.world = world;
    this.life = life;
    this.outbox = outbox;
  }

  @Override
  public Duration sendTimeout() {
    return SimBroker.SEND_TIMEOUT;
  }

  @Override
  public CompletionStage<Void> publish(Message message) {
    life.requireAlive();
    SimMessage known = world.ledger.handedOver(message);
    outbox.requireOwnerLooked();
    if (world.calm()) {
      return written(message, known);
    }
    if (world.broker.away) {
      return refused(known, SimFailure.BROKER, 0);
    }
    if (known.tooLarge) {
      return refused(known, SimFailure.RECORD, 0);
    }
    int fate = world.random.nextInt(100);
    if (fate < 60) {
      return written(message, known);
    }
    if (world.settings.brokerFails && fate >= 75) {
      return failing(message, known);
    }
    // In time, and so no fault.
    long longest = world.settings.sound ? TIMEOUT / 20 : TIMEOUT / 2;
    return writtenLater(message, known, world.random.nextLong(longest), longest);
  }

  private CompletionStage<Void> failing(Message message, SimMessage known) {
    SimFailure kind = SimFailures.KINDS.get(world.random.nextInt(SimFailures.KINDS.size()));
    long soon = world.random.nextBoolean() ? 0 : world.random.nextLong(TIMEOUT / 2);
    switch (world.random.nextInt(8)) {
      case 0 -> {
        world.fault(SimFault.PUBLISH_THREW, known.number);
        known.blamed++;
        throw new IllegalStateException("The simulated client refused a publish.");
      }
      case 1 -> {
        world.fault(SimFault.ANSWER_LOST, known.number);
        known.blamed++;
        world.time.after(soon, () -> world.broker.write(message, known));
        return new CompletableFuture<>();
      }
      case 2 -> {
        world.fault(SimFault.WRITE_LOST, known.number);
        known.blamed++;
        return new CompletableFuture<>();
      }
      case 3 -> {
        world.fault(SimFault.ANSWERED_AFTER_THE_TIMEOUT, known.number);
        // And perhaps written after it too, which no client promises to prevent.
        long answerAfter = TIMEOUT + world.random.nextLong(2 * TIMEOUT);
        return writtenLater(message, known, world.random.nextLong(answerAfter), answerAfter);
      }
      case 4, 5 -> {
        world.fault(kind.writtenBut, known.number);
        world.broker.write(message, known);
        return failed(known, kind, soon);
      }
      default -> {
        return refused(known, kind, soon);
      }
    }
  }

  private CompletionStage<Void> written(Message message, SimMessage known) {
    world.broker.write(message, known);
    return CompletableFuture.completedFuture(null);
  }

  private CompletionStage<Void> writtenLater(
      Message message, SimMessage known, long writeAfter, long answerAfter) {
    world.time.after(writeAfter, () -> world.broker.write(message, known));
    return answered(known, answerAfter, null);
  }

  private CompletionStage<Void> refused(SimMessage known, SimFailure kind, long after) {
    world.fault(kind.refused, known.number);
    return failed(known, kind, after);
  }

  private CompletionStage<Void> failed(SimMessage known, SimFailure kind, long after) {
    known.blamed += kind.blamesTheRecord() ? 1 : 0;
    return answered(known, after, world.failures.of(kind));
  }

  private CompletionStage<Void> answered(
      SimMessage known, long after, @Nullable PublishException failure) {
    var answer = new CompletableFuture<Void>();
    if (after == 0) {
      complete(answer, failure);
    } else {
      // A relay that stands still meanwhile takes it for lost.
      known.blamed += world.settings.sound ? 0 : 1;
      world.time.after(
          after,
          () -> {
            world.note(SimEvent.ANSWERED, known.number);
            complete(answer, failure);
          });
    }
    return answer;
  }

  private static void complete(CompletableFuture<Void> answer, @Nullable PublishException failure) {
    if (failure == null) {
      answer.complete(null);
    } else {
      answer.completeExceptionally(failure);
    }
  }
}
