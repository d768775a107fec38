package io.rowpost.jdbc;

import static java.util.Map.entry;

import java.util.Map;

/**
 * Statements of PostgreSQL. Lists of keys are one array each, so no statement has variants.
 *
 * <p>What is parked is usually nothing, and that is what the planner knows of it when suddenly a
 * hundred thousand records wait behind one. Then all indexes look alike to it, and any of them may
 * be read from end to end. So each statement that looks for one parked row asks for the first in
 * the order of the index that is meant: no other gives that order. What is asked for by many seqs
 * is looked up one by one: a condition on all of them at once may be tried on each row of a relay.
 * Rows to be changed are then found by where they lie; the lock on the relay's row keeps them
 * there.
 */
final class PostgresSql {
  private PostgresSql() {}

  static final String NOW = "clock_timestamp()";

  /**
   * Where an index gives the order that is asked for, it is the one that is meant. A plan that
   * cannot avoid all of this seems so dear that the server would compile it each time. Without
   * workers the parts of a UNION ALL come in their order.
   */
  static final String PLANS =
      """
      SELECT set_config('enable_seqscan', 'off', TRUE),
             set_config('enable_bitmapscan', 'off', TRUE),
             set_config('enable_sort', 'off', TRUE),
             set_config('max_parallel_workers_per_gather', '0', TRUE),
             set_config('jit', 'off', TRUE)""";

  static final Map<Query, String> STATEMENTS =
      Map.ofEntries(
          // Two statements, which the driver sends in one round trip; the first to fail ends both.
          entry(
              Query.APPEND_AND_COMMIT,
              """
              INSERT INTO {outbox}
                (id, bucket, topic, message_key, type, source, content_type, headers,
                 traceparent, payload, available_at)
              VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);
              COMMIT"""),
          entry(
              Query.APPEND_ARRAYS,
              """
              INSERT INTO {outbox}
                (id, bucket, topic, message_key, type, source, content_type, headers,
                 traceparent, payload, available_at)
              SELECT id, bucket, topic, message_key, type, source, content_type, headers,
                     traceparent, payload, available_at
                FROM unnest(?::uuid[], ?::smallint[], ?::text[], ?::text[], ?::text[], ?::text[],
                            ?::text[], ?::text[], ?::text[], ?::bytea[], ?::timestamptz[])
                     WITH ORDINALITY
                  AS r (id, bucket, topic, message_key, type, source, content_type, headers,
                        traceparent, payload, available_at, n)
               ORDER BY n"""),
          // Neither a target nor RETURNING: the application's role may do no more than INSERT.
          entry(
              Query.REMEMBER_ID,
              "INSERT INTO {outbox_once} (id) VALUES (?) ON CONFLICT DO NOTHING"),
          // Weaker than FOR UPDATE, so that rows referring to the relay could be written meanwhile.
          entry(
              Query.LOCK_RELAY,
              """
              SELECT owner, token, renewals, lease_until, {now} AS now_at
                FROM {relay}
               WHERE relay = ? AND shard = 0
                 FOR NO KEY UPDATE"""),
          entry(
              Query.FENCE,
              """
              SELECT r.paused, r.changes, {now} AS now_at,
                     (SELECT p.next_attempt_at
                        FROM {outbox_parked} p
                       WHERE p.relay = r.relay AND p.in_flight = FALSE
                         AND p.next_attempt_at IS NOT NULL
                       ORDER BY p.next_attempt_at
                       LIMIT 1) <= {now} AS due
                FROM {relay} r
               WHERE r.relay = ? AND r.shard = 0 AND r.owner = ? AND r.token = ?
                 FOR NO KEY UPDATE OF r"""),
          entry(
              Query.PROBE,
              """
              SELECT r.changes, r.paused,
                     EXISTS (SELECT 1
                               FROM unnest(?::bigint[], ?::bigint[]) AS g (low, high)
                              CROSS JOIN LATERAL (SELECT 1
                                                    FROM {outbox}
                                                   WHERE seq BETWEEN g.low AND g.high
                                                     AND status = 'PENDING'
                                                   LIMIT 1) o)
                     OR EXISTS (SELECT 1 FROM {outbox} WHERE seq > ? AND status = 'PENDING')
                     OR EXISTS (SELECT 1
                                  FROM (SELECT d.relay, d.seq, d.order_key, d.status, d.blocking
                                          FROM {outbox_parked} d
                                         WHERE d.relay = r.relay AND d.in_flight = FALSE
                                           AND d.next_attempt_at <= (SELECT {now})
                                         ORDER BY d.next_attempt_at) p
                                 WHERE p.status = 'PENDING'
                                   AND (p.blocking = FALSE
                                        OR p.seq = (SELECT h.seq
                                                      FROM {outbox_parked} h
                                                     WHERE h.relay = p.relay
                                                       AND h.blocking = TRUE
                                                       AND h.order_key = p.order_key
                                                     ORDER BY h.place, h.seq
                                                     LIMIT 1))) AS found
                FROM {relay} r
               WHERE r.relay = ? AND r.shard = 0 AND r.owner = ? AND r.token = ?"""),
          entry(
              Query.DELETE_ROWS,
              "DELETE FROM {outbox} WHERE seq = ANY(?::bigint[]) AND status = 'PENDING'"),
          entry(
              Query.KEEP_ROWS,
              """
              UPDATE {outbox}
                 SET status = 'SENT', sent_at = {now}
               WHERE seq = ANY(?::bigint[]) AND status = 'PENDING'"""),
          entry(
              Query.PARK,
              """
              INSERT INTO {outbox_parked}
                (relay, seq, id, bucket, topic, message_key, type, source, content_type, headers,
                 traceparent, payload, created_at, available_at, order_key, place, status,
                 attempts, next_attempt_at, blocking, in_flight, version, last_error)
              SELECT ?::varchar, o.seq, o.id, o.bucket, o.topic, o.message_key, o.type, o.source,
                     o.content_type, o.headers, o.traceparent, o.payload, o.created_at,
                     o.available_at, (k.change->>1)::bigint, o.seq * 1024, k.change->>2,
                     (k.change->>3)::integer, (k.change->>4)::timestamp AT TIME ZONE 'UTC',
                     (k.change->>5)::integer::boolean, FALSE, 1, k.change->>6
                FROM json_array_elements(?::json) AS k (change)
               CROSS JOIN LATERAL (SELECT * FROM {outbox}
                                    WHERE seq = (k.change->>0)::bigint AND status = 'PENDING'
                                    LIMIT 1) o"""),
          entry(
              Query.PARKED_STATES,
              """
              SELECT seq, place, attempts, in_flight, discarded_at IS NOT NULL AS discarded
                FROM unnest(?::bigint[]) AS k (wanted)
               CROSS JOIN LATERAL (SELECT * FROM {outbox_parked}
                                    WHERE seq = k.wanted AND relay = ? LIMIT 1) p"""),
          entry(
              Query.LAST_PLACES,
              """
              SELECT k.order_key,
                     (SELECT p.place FROM {outbox_parked} p
                       WHERE p.relay = ? AND p.blocking = TRUE AND p.order_key = k.order_key
                       ORDER BY p.place DESC
                       LIMIT 1) AS place
                FROM unnest(?::bigint[]) AS k (order_key)"""),
          entry(
              Query.DUE,
              """
              SELECT p.seq, p.order_key, p.place, p.blocking, octet_length(p.payload) AS size
                FROM {outbox_parked} p
               WHERE p.relay = ? AND p.in_flight = FALSE AND p.next_attempt_at <= ?
                 AND p.status = 'PENDING' AND p.seq <= ?
                 AND (p.blocking = FALSE
                      OR p.seq = (SELECT h.seq
                                    FROM {outbox_parked} h
                                   WHERE h.relay = p.relay AND h.blocking = TRUE
                                     AND h.order_key = p.order_key
                                   ORDER BY h.place, h.seq
                                   LIMIT 1))
               ORDER BY p.next_attempt_at, p.seq
               LIMIT ?"""),
          entry(
              Query.KEEP_PARKED,
              """
              INSERT INTO {outbox}
                (seq, id, bucket, topic, message_key, type, source, content_type, headers,
                 traceparent, payload, created_at, available_at, status, sent_at)
              OVERRIDING SYSTEM VALUE
              SELECT seq, id, bucket, topic, message_key, type, source, content_type, headers,
                     traceparent, payload, created_at, available_at, 'SENT', {now}
                FROM unnest(?::bigint[]) AS k (wanted)
               CROSS JOIN LATERAL (SELECT * FROM {outbox_parked}
                                    WHERE seq = k.wanted AND relay = ? LIMIT 1) p"""),
          entry(
              Query.DELETE_PARKED,
              """
              DELETE FROM {outbox_parked}
               WHERE ctid = ANY (ARRAY(
                       SELECT p.ctid
                         FROM unnest(?::bigint[]) AS k (wanted)
                        CROSS JOIN LATERAL (SELECT ctid FROM {outbox_parked}
                                             WHERE seq = k.wanted AND relay = ? LIMIT 1) p))"""),
          entry(
              Query.LAND,
              """
              UPDATE {outbox_parked}
                 SET in_flight = FALSE, version = version + 1
               WHERE ctid = ANY (ARRAY(
                       SELECT p.ctid
                         FROM unnest(?::bigint[]) AS k (wanted)
                        CROSS JOIN LATERAL (SELECT ctid FROM {outbox_parked}
                                             WHERE seq = k.wanted AND relay = ? LIMIT 1) p))"""),
          entry(
              Query.HEADS,
              """
              SELECT k.order_key, p.seq, p.status, p.next_attempt_at IS NOT NULL AS dated
                FROM (SELECT ?::varchar AS relay) r
               CROSS JOIN unnest(?::bigint[]) AS k (order_key)
                JOIN LATERAL (SELECT q.relay, q.seq, q.status, q.next_attempt_at
                                FROM {outbox_parked} q
                               WHERE q.relay = r.relay AND q.blocking = TRUE
                                 AND q.order_key = k.order_key
                               ORDER BY q.place, q.seq
                               LIMIT 1) p ON p.relay = ?"""),
          entry(
              Query.REOPEN,
              """
              UPDATE {outbox_parked}
                 SET status = 'PENDING', attempts = 0, version = version + 1,
                     next_attempt_at = CASE WHEN blocking THEN NULL ELSE {now} END
               WHERE ctid = ANY (ARRAY(
                       SELECT p.ctid
                         FROM unnest(?::bigint[]) AS k (wanted)
                        CROSS JOIN LATERAL (SELECT ctid FROM {outbox_parked}
                                             WHERE seq = k.wanted AND relay = ? LIMIT 1) p))"""),
          entry(
              Query.REPLAY,
              """
              INSERT INTO {outbox}
                (id, bucket, topic, message_key, type, source, content_type, headers,
                 traceparent, payload, created_at, available_at)
              SELECT id, bucket, topic, message_key, type, source, content_type, headers,
                     traceparent, payload, created_at, available_at
                FROM {outbox}
               WHERE seq = ANY(?::bigint[]) AND status = 'SENT'
               ORDER BY seq"""),
          entry(
              Query.PURGE_ROWS,
              "DELETE FROM {outbox} WHERE seq = ANY(?::bigint[]) AND status = 'SENT'"),
          entry(
              Query.MARK,
              """
              UPDATE {outbox_parked}
                 SET in_flight = TRUE
               WHERE ctid = ANY (ARRAY(
                       SELECT p.ctid
                         FROM unnest(?::bigint[]) AS k (wanted)
                        CROSS JOIN LATERAL (SELECT ctid FROM {outbox_parked}
                                             WHERE seq = k.wanted AND relay = ? LIMIT 1) p))"""),
          entry(
              Query.PARKED_ROWS,
              """
              SELECT seq, id, topic, message_key, type, source, content_type, headers,
                     traceparent, created_at, available_at, octet_length(payload) AS size,
                     payload, attempts, last_error
                FROM unnest(?::bigint[]) AS k (wanted)
               CROSS JOIN LATERAL (SELECT * FROM {outbox_parked}
                                    WHERE seq = k.wanted AND relay = ? LIMIT 1) p"""),
          // LATERAL with an ORDER BY of its own: else the planner may walk the whole table instead.
          entry(
              Query.FETCH,
              """
              (SELECT o.seq, o.id, o.topic, o.message_key, o.type, o.source, o.content_type,
                      o.headers, o.traceparent, o.created_at, o.available_at,
                      octet_length(o.payload) AS size,
                      CASE WHEN octet_length(o.payload) <= ? THEN o.payload END AS payload
                 FROM unnest(?::bigint[], ?::bigint[]) AS g (low, high)
                CROSS JOIN LATERAL (SELECT *
                                      FROM {outbox}
                                     WHERE seq BETWEEN g.low AND g.high AND status = 'PENDING'
                                     ORDER BY seq) o
                LIMIT ?)
              UNION ALL
              (SELECT seq, id, topic, message_key, type, source, content_type,
                      headers, traceparent, created_at, available_at,
                      octet_length(payload) AS size,
                      CASE WHEN octet_length(payload) <= ? THEN payload END AS payload
                 FROM {outbox}
                WHERE seq > ? AND status = 'PENDING'
                ORDER BY seq
                LIMIT ?)"""),
          entry(
              Query.ROW_PAYLOADS, "SELECT seq, payload FROM {outbox} WHERE seq = ANY(?::bigint[])"),
          // What is parked has left the log in the row layout, but keeps its seq.
          entry(
              Query.RAISE_SEQUENCES,
              """
              SELECT setval(s.name, s.highest)
                FROM (VALUES (pg_get_serial_sequence('{outbox}', 'seq')::regclass,
                              greatest((SELECT max(seq) FROM {outbox}),
                                       (SELECT max(seq) FROM {outbox_parked}))),
                             (pg_get_serial_sequence('{audit}', 'seq')::regclass,
                              (SELECT max(seq) FROM {audit}))) AS s (name, highest)
               WHERE s.highest > coalesce(pg_sequence_last_value(s.name), 0)"""),
          // Everyone who may still write a seq drawn before holds this lock until he ends, since
          // an INSERT locks its table before it draws one.
          entry(
              Query.WRITERS,
              """
              SELECT virtualtransaction
                FROM pg_locks
               WHERE locktype = 'relation' AND relation = '{outbox}'::regclass
                 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                 AND mode = 'RowExclusiveLock'
                 AND pid IS DISTINCT FROM pg_backend_pid()"""));
}
