package io.rowpost.core;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The operator's door to an outbox: look, retry, discard, replay, purge, pause. Thread-safe.
 *
 * <p>Every act but a purge is audited in its own transaction: who, when, what, which records, why.
 * Acts on a record compare its version, so two operators and the relay racing do it once. Lists
 * never hold payloads.
 */
public interface OutboxAdmin {
  /** Counts by state; each stops at {@link Counts#LIMIT}. */
  Counts counts();

  /** Age of the oldest PENDING record by the store's clock; empty if there is none. */
  Optional<Duration> oldestPendingAge();

  /**
   * Lists records in order of position.
   *
   * @param after the position of the last item of the page before, or 0
   * @param limit 1 to 1,000
   */
  List<Item> find(Filter filter, long after, int limit);

  /**
   * How many records a filter matches, up to {@link Counts#LIMIT}: what an act on them would find.
   * May scan a large outbox.
   *
   * <p>A look before a replay: {@code count(filter.status(SENT))} is what it takes.
   */
  long count(Filter filter);

  /** The newest record of an id, payload included; empty if unknown. May scan a large outbox. */
  Optional<OutboxRecord> get(UUID id);

  /**
   * Makes a FAILED record PENDING again, due at once and with its attempts counted from zero.
   *
   * @return false if it is not FAILED, was discarded, or is no longer as the item shows it
   */
  boolean retry(Item item, Act act);

  /** Retries every FAILED record of a filter; returns how many. */
  int retryAll(Filter filter, Act act);

  /**
   * Gives a parked record up for good: it blocks nothing and cannot be retried.
   *
   * @return what became of it
   */
  Discarded discard(Item item, Act act);

  /**
   * Lets the key of a FAILED record go on without it; the record stays FAILED.
   *
   * @return false if it is not FAILED or is no longer as the item shows it
   */
  boolean letContinue(Item item, Act act);

  /**
   * Publishes SENT records that are still kept once more: appends them again under the same ids, in
   * the same order; inboxes absorb what they know.
   *
   * @return how many
   */
  int replay(Filter filter, Act act);

  /**
   * Deletes SENT and discarded records, and ids of {@code appendIfAbsent}, that are older.
   *
   * <p>Never touches a record that is unsent or waits for an operator. Works in bounded steps; two
   * purges at once do each step once.
   *
   * @param retention 0 or more; ids of {@code appendIfAbsent} are kept for at least 24 hours
   * @return how many records were deleted
   */
  long purge(Duration retention);

  /** Pauses a relay in all processes; false if it was paused or is unknown. */
  boolean pause(String relay, Act act);

  /** Ends a pause; false if there was none. */
  boolean resume(String relay, Act act);

  /** Who acts and why, for the audit. */
  record Act(String actor, String reason) {
    /** Checks that the actor is 1 to 100 characters and the reason at most 1,000. */
    public Act {
      Fields.name("actor", actor, 100);
      Objects.requireNonNull(reason, "reason");
      if (!reason.isEmpty()) {
        Fields.name("reason", reason, 1000);
      }
    }
  }

  /** What {@link #discard} did. */
  enum Discarded {
    /** Discarded before any further publish. */
    DISCARDED,
    /** Discarded while it was in flight: it may have been sent. */
    MAY_HAVE_BEEN_SENT,
    /** Not parked, or no longer as the item shows it: nothing was changed. */
    NOT_CHANGED
  }

  /**
   * Records by state; each at most {@link #LIMIT}, which then means "or more".
   *
   * @param pending PENDING records, those waiting included
   * @param waiting parked PENDING records
   * @param failed FAILED records that wait for an operator
   * @param discarded discarded records still kept
   * @param sent SENT records still kept
   */
  record Counts(long pending, long waiting, long failed, long discarded, long sent) {
    /** Where counting stops. */
    public static final long LIMIT = 1_000_000;
  }

  /**
   * Which records; null means any.
   *
   * @param status the state
   * @param topic exactly this topic
   * @param key exactly this key
   * @param type exactly this type
   * @param since created at or after
   * @param until created before
   * @param from at this {@link Item#position} or behind it
   * @param to at this position or before it
   */
  record Filter(
      @Nullable OutboxStatus status,
      @Nullable String topic,
      @Nullable String key,
      @Nullable String type,
      @Nullable Instant since,
      @Nullable Instant until,
      @Nullable Long from,
      @Nullable Long to) {
    /** Every record. */
    public static final Filter ALL = new Filter(null, null, null, null, null, null, null, null);

    /** Every record of a state. */
    public static Filter of(OutboxStatus status) {
      return ALL.status(status);
    }

    /** The same, of one state. */
    public Filter status(OutboxStatus newStatus) {
      return new Filter(newStatus, topic, key, type, since, until, from, to);
    }

    /** The same, of one topic. */
    public Filter topic(String newTopic) {
      return new Filter(status, newTopic, key, type, since, until, from, to);
    }

    /** The same, of one key. */
    public Filter key(String newKey) {
      return new Filter(status, topic, newKey, type, since, until, from, to);
    }

    /** The same, of one type. */
    public Filter type(String newType) {
      return new Filter(status, topic, key, newType, since, until, from, to);
    }

    /** The same, created in [since, until). */
    public Filter created(@Nullable Instant newSince, @Nullable Instant newUntil) {
      return new Filter(status, topic, key, type, newSince, newUntil, from, to);
    }

    /** The same, at positions in [from, to]; null where it is open. */
    public Filter positions(@Nullable Long newFrom, @Nullable Long newTo) {
      return new Filter(status, topic, key, type, since, until, newFrom, newTo);
    }
  }

  /**
   * One line of a list.
   *
   * @param position the store's place of the record
   * @param version counts changes of a parked record; 0 if it is not parked
   * @param payloadSize bytes
   * @param blocking whether it holds up its key
   * @param inFlight whether it may be at the broker right now
   * @param nextAttemptAt when it is due; null if it is not parked, waits, or is FAILED
   * @param discarded whether an operator has given it up
   */
  record Item(
      long position,
      long version,
      UUID id,
      String topic,
      @Nullable String key,
      String type,
      int payloadSize,
      Instant createdAt,
      OutboxStatus status,
      int attempts,
      @Nullable String lastError,
      boolean blocking,
      boolean inFlight,
      @Nullable Instant nextAttemptAt,
      boolean discarded) {}
}
