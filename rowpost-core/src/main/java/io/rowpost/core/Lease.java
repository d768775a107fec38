package io.rowpost.core;

import java.time.Duration;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The right of one owner to fetch and settle for a relay, until it expires or a fence refuses it.
 *
 * @param relay the relay's name
 * @param owner drawn anew at each acquisition
 * @param token grows by one at each acquisition
 */
public record Lease(String relay, UUID owner, long token) {
  /** Checks that nothing is null. */
  public Lease {
    Objects.requireNonNull(relay, "relay");
    Objects.requireNonNull(owner, "owner");
  }

  /**
   * A wish to own a relay.
   *
   * @param relay the relay's name
   * @param owner the id under which the lease is to be held; never used before, but in a request of
   *     this same process whose answer was lost: if the store shows it, that one was granted, and
   *     this one is at once
   * @param duration how long the lease holds without a renewal, by the store's clock
   * @param previous the owner of the lease that this same process held before, taken over at once
   *     if the store still shows it; or null
   * @param stalled a holder that the caller has watched not renewing for longer than its lease by
   *     the caller's monotonic clock, taken over if the store still shows exactly that; or null. So
   *     a store's clock that was set back stalls nothing
   */
  public record Request(
      String relay,
      UUID owner,
      Duration duration,
      @Nullable UUID previous,
      Attempt.@Nullable Held stalled) {
    /** Whether a lease of this owner is the caller's own. */
    public boolean isOwn(UUID holder) {
      return holder.equals(owner) || holder.equals(previous);
    }
  }

  /** Outcome of a {@link Request}. */
  public sealed interface Attempt {
    /**
     * The lease is the caller's.
     *
     * @param lease the new lease
     */
    record Granted(Lease lease) implements Attempt {}

    /**
     * Another owner has it.
     *
     * @param token the holder's token
     * @param renewals how often the holder has renewed
     */
    record Held(long token, long renewals) implements Attempt {}
  }
}
