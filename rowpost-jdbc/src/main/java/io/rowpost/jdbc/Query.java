package io.rowpost.jdbc;

/** Names of the statements; what each takes, in order, stands at its constant. */
enum Query {
  /**
   * Appends one record: id, bucket, topic, key, type, source, content type, headers, trace,
   * payload, available at.
   */
  APPEND,
  /** Appends one record and commits, PostgreSQL only: the same. */
  APPEND_AND_COMMIT,
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
  /** Tells the next owner, row layout only: settled up to, relay, owner, token. */
  LEAVE_OFF,
  /** Order keys that are blocked: relay, limit. */
  BLOCKED_KEYS,
  /** Whether a turn may find something: ranges, bound, relay, owner, token. */
  PROBE,

  /** Locks a relay by its lease, or finds no row: relay, owner, token. */
  FENCE,
  /** Up to where a relay has settled everything, row layout only: relay. */
  SETTLED_UP_TO,
  /** Extends a lease, row layout only: lease until, settled up to, relay. */
  RENEW,
  /**
   * Locks a relay by its lease where the last cursor stands, or fails, log layout only; so the next
   * ones: relay, owner, token, n.
   */
  FENCE_OR_FAIL,
  /** Extends a lease: microseconds, relay. */
  EXTEND,
  /** The cursor that counts: relay. */
  NEWEST_CURSOR,
  /** The cursor of a relay that has read nothing: relay. */
  FIRST_CURSOR,
  /** Writes how far everything is settled: relay, n, consumed, reading, last, low, settled. */
  MOVE_CURSOR,
  /** Deletes old cursors: relay, the first n, the n behind the last one. */
  CLEAR_CURSORS,
  /**
   * The cluster that the connection leads to, another one in which a relay has read, and whether
   * the log has rows that no transaction of this cluster can have written.
   */
  CLUSTER,
  /** Writes down that a relay reads in this cluster: relay. */
  SET_CLUSTER,
  /** Lets sequences go on behind the rows there are, where they stand in front of one. */
  RAISE_SEQUENCES,
  /** What is visible now. */
  SNAPSHOT,
  /** Puts rows that were certainly consumed elsewhere in front of every snapshot. */
  REBASE_CONSUMED,
  /** Makes the others rows of this transaction, but for those that are parked. */
  REBASE_AGAIN,
  /** Appends again what one relay has parked and another one has not consumed. */
  REBASE_COPIES,
  /** Gives every relay a new cursor: consumed. */
  REBASE_CURSORS,
  /** Gives every relay this cluster, and no owner. */
  REBASE_RELAYS,
  /**
   * Whether a turn may find something: whether a window is open, consumed, consumed, relay, owner,
   * token.
   */
  PROBE_LOG,
  /**
   * A snapshot, and the rows it shows in addition, unordered, if they are not too many: consumed,
   * how many to count, consumed, how many to count, limit; bytes, consumed, limit; bytes, limit.
   */
  OPEN_WINDOW,
  /**
   * The next rows of an open window, and the seq up to which the log was looked through if that was
   * not all of it: bytes, consumed, reading, last, low, limit; bytes, from, rows to walk, consumed,
   * reading, limit; from, rows to walk - 1; limit.
   */
  READ_WINDOW,
  /**
   * The lowest seq among the next rows by transaction, and where those behind them begin: xid,
   * limit, limit - 1.
   */
  LOW_SEQ,
  /**
   * The lowest seq of the transactions that have ended between two snapshots, if they have many
   * rows, or that of the log if they have too many: rows, consumed, reading, rows.
   */
  LOW_SEQ_OF_ENDED,
  /**
   * The lowest seq of one transaction, or that of the log if it has too many rows, and the next
   * one: rows, xid, xid, rows.
   */
  LOW_SEQ_OF_ONE,
  /** Tells a relay that something was done behind its back: relay. */
  BUMP_CHANGES,
  /** Deletes rows of the stream: seqs. */
  DELETE_ROWS,
  /** Marks rows of the stream as SENT: seqs. */
  KEEP_ROWS,
  /**
   * Copies rows of the stream to the parked ones. On H2 one: relay, order key, status, attempts,
   * next attempt at, blocking, last error, seq. Elsewhere any number: relay, all of that as JSON.
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

  /** Parked rows in turn: relay, time, seq, limit. */
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

  /** How many records are in each state. */
  COUNTS,
  /** The clock, and the creation of the oldest PENDING row of the stream and of the parked ones. */
  OLDEST,
  /** A page of records: twice filter and limit; limit. */
  FIND,
  /** How many there are: twice the filter. */
  COUNT,
  /** The newest record of an id: id, id. */
  GET,
  /** Locks all relays and tells the clock. */
  LOCK_RELAYS,
  /** What an act must know of a parked row: relay, seq. */
  ACT_STATE,
  /** Makes FAILED rows PENDING: seqs, relay. */
  REOPEN,
  /** A page of FAILED rows: relay, filter, limit. */
  FAILED_PAGE,
  /** Gives a row up: by, reason, relay, seq. */
  DISCARD,
  /** Ends the blocking of a row: relay, seq. */
  LET_CONTINUE,
  /** A page of SENT rows: filter, limit. */
  SENT_PAGE,
  /** The last seq of the stream. */
  LAST_SEQ,
  /** Appends SENT rows once more: seqs. */
  REPLAY,
  /** Where a page of rows ends, and whether something old is in it: time, seq, limit. */
  PURGE_LOOK,
  /** The SENT rows of a page to delete, locked: first and last seq, time. */
  PURGE_PAGE,
  /**
   * Deletes of a page what is old and passed by all, log layout only: time, seq, limit, seq, time.
   */
  PURGE_LOG,
  /** Keeps relays from being dropped or moved back, log layout only. */
  HOLD_RELAYS,
  /** Deletes SENT rows: seqs. */
  PURGE_ROWS,
  /** A page of discarded rows to delete: relay, time, limit. */
  PURGE_DISCARDED_PAGE,
  /** A page of remembered ids: whether there is a page before, its last id, limit. */
  ONCE_PAGE,
  /** Forgets ids of a page: whether there is a page before, its last id, last id, time. */
  PURGE_ONCE,
  /** Pauses a relay: relay. */
  PAUSE,
  /** Ends a pause: relay. */
  RESUME,

  /**
   * Writes a message down, if it is in time: consumer, id, time, on PostgreSQL the idle limit,
   * window. As COMPLETED on PostgreSQL, as PROCESSING elsewhere.
   */
  INBOX_CLAIM,
  /**
   * The same for several, PostgreSQL only; returns ids: consumer, ids, times, idle limit, window.
   */
  INBOX_CLAIM_ARRAYS,
  /** The same for several, in time or not, elsewhere: consumer, rows of id and time. */
  INBOX_CLAIM_ROWS,
  /** What is known of messages: consumer and ids, on MySQL and MariaDB the other way round. */
  INBOX_STATES,
  /** The database's clock. */
  INBOX_CLOCK,
  /** Locks a message: consumer, id. */
  INBOX_LOCK,
  /** Whether the parked copy was reopened: consumer, id. */
  INBOX_PARKED_STATE,
  /** Takes a failed message: consumer, id. */
  INBOX_TAKE,
  /** Completes a taken message: consumer, id. */
  INBOX_COMPLETE,
  /**
   * The same for several, not on PostgreSQL: consumer and ids, on MySQL and MariaDB the other way
   * round.
   */
  INBOX_COMPLETE_ROWS,
  /** Makes sure that a message has a row, FAILED without an attempt: consumer, id, time. */
  INBOX_RECEIVE,
  /** Takes back a run that was counted ahead: consumer, id. */
  INBOX_END,
  /** Writes a failure down: attempts, error, consumer, id. */
  INBOX_FAIL,
  /** Copies a whole message: consumer, id, its own id and its parts, reason. */
  INBOX_PARK,
  /** Drops the copy: consumer, id. */
  INBOX_UNPARK,
  /** Drops the copy if it is discarded: consumer, id. */
  INBOX_UNPARK_DISCARDED,

  /** Rows of a state up to a limit: status, limit. */
  INBOX_COUNT,
  /** The same of one consumer: consumer, status, limit. */
  INBOX_COUNT_OF,
  /** Copies that are parked and not discarded, up to a limit: limit. */
  INBOX_COUNT_PARKED,
  /** The same of one consumer: consumer, limit. */
  INBOX_COUNT_PARKED_OF,
  /** A page of all consumers: consumer, consumer, id, status, limit. */
  INBOX_PAGE,
  /** A page of one consumer: consumer, id, status, limit. */
  INBOX_PAGE_OF,
  /** A page of what has FAILED, of all consumers: consumer, consumer, id, limit. */
  INBOX_FAILED,
  /** The same of one consumer: consumer, id, limit. */
  INBOX_FAILED_OF,
  /** One row: consumer, id. */
  INBOX_ROW,
  /** A whole message that was parked: consumer, id. */
  INBOX_PARKED,
  /** Ids that were reopened: consumer, limit. */
  INBOX_REOPENED,
  /** Opens a parked copy: consumer, id. */
  INBOX_REOPEN,
  /** Counts the attempts from zero: consumer, id. */
  INBOX_RESET,
  /** Gives a parked copy up: actor, reason, consumer, id. */
  INBOX_DISCARD,
  /** Deletes a completed row: consumer, id. */
  INBOX_FORGET,
  /** Deletes completed rows older than this: age, limit. */
  INBOX_PURGE,
  /** Discarded messages older than this: age, limit. */
  INBOX_DISCARDED,
  /** Deletes a row: consumer, id. */
  INBOX_DELETE,

  /**
   * Tables and views that are there, with what is wrong with one, or nothing: the names on
   * PostgreSQL, else the schema; so with the next four.
   */
  CATALOG_TABLES,
  /** Columns, each after its table. */
  CATALOG_COLUMNS,
  /** Primary keys and CHECKs, each after its table. */
  CATALOG_CONSTRAINTS,
  /** Indexes that can be used, each after its table. */
  CATALOG_INDEXES,
  /** Triggers that may run, each after its table. */
  CATALOG_TRIGGERS,
  /** Up to three schemas with a table of this name: name. */
  CATALOG_ELSEWHERE,
  /** Settings that a promise rests on, each named by its column. */
  CATALOG_SETTINGS,
  /** How many of the columns version and layout are there, PostgreSQL only. */
  CATALOG_HAS_VERSION,
  /** Version and layout, the newest first. */
  CATALOG_VERSION,
}
