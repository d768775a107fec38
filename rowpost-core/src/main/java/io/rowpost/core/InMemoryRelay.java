package io.rowpost.core;

import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The relay's row of {@link InMemoryOutbox}, which guards it. */
final class InMemoryRelay {
  final String name;
  boolean paused;

  /** Grows with each operator's act. */
  long changes;

  private @Nullable UUID owner;
  private long token;
  private long renewals;
  private Instant leaseUntil = Instant.MIN;

  InMemoryRelay(String name) {
    this.name = name;
  }

  Lease.Attempt acquire(Lease.Request request, Instant now) {
    var held = new Lease.Attempt.Held(token, renewals);
    if (owner != null
        && now.isBefore(leaseUntil)
        && !request.isOwn(owner)
        && !held.equals(request.stalled())) {
      return held;
    }
    owner = request.owner();
    token++;
    renewals = 0;
    leaseUntil = now.plus(request.duration());
    return new Lease.Attempt.Granted(new Lease(name, request.owner(), token));
  }

  boolean isHeldBy(Lease lease) {
    return name.equals(lease.relay()) && lease.owner().equals(owner) && lease.token() == token;
  }

  void renew(Duration duration, Instant now) {
    leaseUntil = now.plus(duration);
    renewals++;
  }

  void release() {
    owner = null;
  }
}
