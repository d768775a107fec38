package io.rowpost.testkit;

import io.rowpost.core.ExponentialBackoff;
import io.rowpost.core.OutboxRelay;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A process that runs a relay. */
final class SimRelay extends SimActor {
  private final SimOutbox outbox;
  private @Nullable OutboxRelay relay;

  SimRelay(SimWorld world, String name, SimOutbox outbox) {
    super(world, name, SimFault.CRASHED_RELAY);
    this.outbox = outbox;
  }

  @Override
  void start(SimLife life) {
    SimSettings settings = world.settings;
    var port = new SimOutboxPort(outbox, life);
    relay =
        OutboxRelay.builder(port, world.parts.publisher(new SimPublisher(world, life, port)))
            .time(life)
            .random(life.random)
            .lease(settings.lease)
            .pollInterval(settings.pollInterval)
            .batchSize(settings.batchSize)
            .maxInFlight(settings.maxInFlight)
            .ordering(settings.ordering)
            .onFailed(settings.onFailed)
            .retry(
                ExponentialBackoff.builder()
                    .maxAttempts(settings.relayAttempts)
                    .initialDelay(settings.firstRetry)
                    .maxDelay(Duration.ofSeconds(5))
                    .random(life.random)
                    .build())
            .build();
  }

  @Override
  void step() {
    OutboxRelay running = relay;
    if (running == null) {
      throw new IllegalStateException(name + " has no relay");
    }
    if (world.chance(true, 6)) {
      world.fault(SimFault.RELAY_CLOSED, -1);
      life().close();
      running.close();
      end(0);
    } else {
      running.pollAndPublish();
    }
  }

  void wakeUp() {
    if (relay != null) {
      relay.wakeUp();
    }
  }

  @Override
  void buried() {
    relay = null;
  }
}
