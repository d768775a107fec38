package io.rowpost.jdbc;

/** Names of the statements; what each takes, in order, stands at its constant. */
enum Query {
  /**
   * Appends one record: id, bucket, topic, key, type, source, content type, headers, trace,
   * payload, available at.
   */
  APPEND,
  /** Appends any number: an array of each of these, PostgreSQL only. */
  APPEND_ARRAYS,
  /** Remembers an id of appendIfAbsent: id. */
  REMEMBER_ID,

  /** Names of all relays. */
  RELAYS,
  /** Who owns a relay, without a lock: relay. */
  READ_RELAY,
  /** The same, locked: relay. */
  LOCK_RELAY,
  /** Makes a relay's row: relay. */
  CREATE_RELAY,
  /** Gives a relay to an owner: owner, token, lease until, relay. */
  GRANT,
  /** Forgets what an older owner had in flight: relay. */
  LAND_ALL,
  /** Gives a lease up: relay, owner, token. */
  RELEASE,
  /** Order keys that are blocked: relay, limit. */
  BLOCKED_KEYS,
  /** Whether a turn may find something: ranges, bound, relay, owner, token. */
  PROBE,

  /** Locks a relay by its lease, or finds no row: relay, owner, token. */
  FENCE,
  /** Extends a lease: lease until, relay. */
  RENEW,
  /** Tells a relay that something was done behind its back: relay. */
  BUMP_CHANGES,
  /** Deletes rows of the stream: seqs. */
  DELETE_ROWS,
  /** Marks rows of the stream as SENT: seqs. */
  KEEP_ROWS,
  /**
   * Copies a row of the stream to the parked ones: relay, order key, status, attempts, next attempt
   * at, blocking, last error, seq.
   */
  PARK,
  /** What settling must know of parked rows: seqs, relay. */
  PARKED_STATES,
  /** The last place in the queue of each order key: relay, order keys. */
  LAST_PLACES,
  /**
   * Writes an outcome: place, status, attempts, next attempt at, blocking, last error, relay, seq.
   */
  SETTLE_PARKED,
  /** Puts parked rows back into the stream as SENT: seqs, relay. */
  KEEP_PARKED,
  /** Deletes parked rows: seqs, relay. */
  DELETE_PARKED,
  /** Ends the flight of discarded rows: seqs, relay. */
  LAND,
  /** The head of the queue of each order key: relay, order keys, relay. */
  HEADS,
  /** Gives a head its due time: time, relay, seq. */
  SET_DUE,

  /** Writes an act down: actor, act, subject, ids, affected, reason. */
  AUDIT,

  /** Parked rows in turn: relay, time, limit. */
  DUE,
  /**
   * The queue behind one head: relay, order key, place, place, seq, limit. Repeated for several.
   */
  SUCCESSORS,
  /** Marks parked rows as in flight: seqs, relay. */
  MARK,
  /** Parked rows in full: seqs, relay. */
  PARKED_ROWS,
  /**
   * New rows, those in gaps first; big payloads left out: bytes, ranges, limit, bytes, bound,
   * limit.
   */
  FETCH,
  /** Payloads that were left out: seqs. */
  ROW_PAYLOADS,
  /** Transactions that may still fill a gap of the stream. */
  WRITERS,
}
