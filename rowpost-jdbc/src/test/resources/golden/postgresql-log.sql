-- APPEND
INSERT INTO "rowpost_outbox"
  (id, bucket, topic, message_key, type, source, content_type, headers,
   traceparent, payload, available_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- APPEND_AND_COMMIT
INSERT INTO "rowpost_outbox"
  (id, bucket, topic, message_key, type, source, content_type, headers,
   traceparent, payload, available_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);
COMMIT;

-- APPEND_ARRAYS
INSERT INTO "rowpost_outbox"
  (id, bucket, topic, message_key, type, source, content_type, headers,
   traceparent, payload, available_at)
SELECT id, bucket, topic, message_key, type, source, content_type, headers,
       traceparent, payload, available_at
  FROM unnest(?::uuid[], ?::smallint[], ?::text[], ?::text[], ?::text[], ?::text[],
              ?::text[], ?::text[], ?::text[], ?::bytea[], ?::timestamptz[])
       WITH ORDINALITY
    AS r (id, bucket, topic, message_key, type, source, content_type, headers,
          traceparent, payload, available_at, n)
 ORDER BY n;

-- REMEMBER_ID
INSERT INTO "rowpost_outbox_once" (id) VALUES (?) ON CONFLICT DO NOTHING;

-- RELAYS
SELECT relay FROM "rowpost_relay" WHERE shard = 0;

-- READ_RELAY
SELECT owner, token, renewals, lease_until, clock_timestamp() AS now_at
  FROM "rowpost_relay"
 WHERE relay = ? AND shard = 0;

-- LOCK_RELAY
SELECT owner, token, renewals, lease_until, clock_timestamp() AS now_at
  FROM "rowpost_relay"
 WHERE relay = ? AND shard = 0
   FOR NO KEY UPDATE;

-- CREATE_RELAY
INSERT INTO "rowpost_relay" (relay, shard, token, renewals, paused, changes)
VALUES (?, 0, 0, 0, FALSE, 0);

-- GRANT
UPDATE "rowpost_relay"
   SET owner = ?, token = ?, lease_until = ?, renewals = 0
 WHERE relay = ? AND shard = 0;

-- LAND_ALL
UPDATE "rowpost_outbox_parked"
   SET in_flight = FALSE
 WHERE relay = ? AND in_flight = TRUE;

-- RELEASE
UPDATE "rowpost_relay"
   SET owner = NULL, lease_until = NULL
 WHERE relay = ? AND shard = 0 AND owner = ? AND token = ?;

-- LEAVE_OFF
UPDATE "rowpost_relay"
   SET low_seq = ?
 WHERE relay = ? AND shard = 0 AND owner = ? AND token = ?;

-- BLOCKED_KEYS
SELECT DISTINCT order_key
  FROM "rowpost_outbox_parked"
 WHERE relay = ? AND blocking = TRUE
 LIMIT ?;

-- PROBE
SELECT r.changes, r.paused,
       EXISTS (SELECT 1
                 FROM unnest(?::bigint[], ?::bigint[]) AS g (low, high)
                CROSS JOIN LATERAL (SELECT 1
                                      FROM "rowpost_outbox"
                                     WHERE seq BETWEEN g.low AND g.high
                                       AND status = 'PENDING'
                                     LIMIT 1) o)
       OR EXISTS (SELECT 1 FROM "rowpost_outbox" WHERE seq > ? AND status = 'PENDING')
       OR EXISTS (SELECT 1
                    FROM (SELECT d.relay, d.seq, d.order_key, d.status, d.blocking
                            FROM "rowpost_outbox_parked" d
                           WHERE d.relay = r.relay AND d.in_flight = FALSE
                             AND d.next_attempt_at <= (SELECT clock_timestamp())
                           ORDER BY d.next_attempt_at) p
                   WHERE p.status = 'PENDING'
                     AND (p.blocking = FALSE
                          OR p.seq = (SELECT h.seq
                                        FROM "rowpost_outbox_parked" h
                                       WHERE h.relay = p.relay
                                         AND h.blocking = TRUE
                                         AND h.order_key = p.order_key
                                       ORDER BY h.place, h.seq
                                       LIMIT 1))) AS found
  FROM "rowpost_relay" r
 WHERE r.relay = ? AND r.shard = 0 AND r.owner = ? AND r.token = ?;

-- FENCE
SELECT r.paused, r.changes, clock_timestamp() AS now_at,
       (SELECT p.next_attempt_at
          FROM "rowpost_outbox_parked" p
         WHERE p.relay = r.relay AND p.in_flight = FALSE
           AND p.next_attempt_at IS NOT NULL
         ORDER BY p.next_attempt_at
         LIMIT 1) <= clock_timestamp() AS due
  FROM "rowpost_relay" r
 WHERE r.relay = ? AND r.shard = 0 AND r.owner = ? AND r.token = ?
   FOR NO KEY UPDATE OF r;

-- SETTLED_UP_TO
SELECT r.low_seq
  FROM "rowpost_relay" r
 WHERE r.relay = ? AND r.shard = 0
   AND NOT EXISTS (SELECT 1
                     FROM (SELECT seq, status FROM "rowpost_outbox" ORDER BY seq LIMIT 1) o
                    WHERE o.seq <= r.low_seq AND o.status = 'PENDING');

-- RENEW
UPDATE "rowpost_relay"
   SET lease_until = ?, renewals = renewals + 1, low_seq = ?
 WHERE relay = ? AND shard = 0;

-- FENCE_OR_FAIL
SELECT 1 / count(*) AS held, bool_or(f.paused) AS paused, max(f.changes) AS changes,
       clock_timestamp() AS now_at, max(d.next_attempt_at) <= clock_timestamp() AS due,
       count(d.next_attempt_at) AS dated
  FROM (SELECT r.relay, r.paused, r.changes
          FROM "rowpost_relay" r
         WHERE r.relay = ? AND r.shard = 0 AND r.owner = ? AND r.token = ?
           FOR NO KEY UPDATE) f
  JOIN "rowpost_relay_cursor" k ON k.relay = f.relay AND k.shard = 0 AND k.n = ?
  LEFT JOIN LATERAL (SELECT p.next_attempt_at
                       FROM "rowpost_outbox_parked" p
                      WHERE p.relay = f.relay AND p.in_flight = FALSE
                        AND p.next_attempt_at IS NOT NULL
                      ORDER BY p.next_attempt_at
                      LIMIT 1) d ON TRUE;

-- EXTEND
UPDATE "rowpost_relay"
   SET lease_until = clock_timestamp() + ? * interval '1 microsecond', renewals = renewals + 1
 WHERE relay = ? AND shard = 0;

-- NEWEST_CURSOR
SELECT n, consumed, reading, last_seq, low_seq, settled
  FROM "rowpost_relay_cursor"
 WHERE relay = ? AND shard = 0
 ORDER BY n DESC
 LIMIT 1;

-- FIRST_CURSOR
INSERT INTO "rowpost_relay_cursor" (relay, shard, n, consumed, last_seq, low_seq, settled)
VALUES (?, 0, 0, '3:3:', 0, 0, '{}');

-- MOVE_CURSOR
INSERT INTO "rowpost_relay_cursor"
  (relay, shard, n, consumed, reading, last_seq, low_seq, settled)
VALUES (?, 0, ?, ?, ?, ?, ?, ?);

-- CLEAR_CURSORS
DELETE FROM "rowpost_relay_cursor" WHERE relay = ? AND shard = 0 AND n >= ? AND n < ?;

-- CLUSTER
SELECT s.system_identifier,
       (SELECT r.cluster FROM "rowpost_relay" r
         WHERE r.cluster <> s.system_identifier LIMIT 1),
       (SELECT o.xid FROM "rowpost_outbox" o ORDER BY o.xid DESC LIMIT 1)
       >= pg_snapshot_xmax(pg_current_snapshot())
  FROM pg_control_system() s;

-- SET_CLUSTER
UPDATE "rowpost_relay"
   SET cluster = (SELECT system_identifier FROM pg_control_system())
 WHERE relay = ? AND shard = 0;

-- RAISE_SEQUENCES
SELECT setval(s.name, s.highest)
  FROM (VALUES (pg_get_serial_sequence('"rowpost_outbox"', 'seq')::regclass,
                greatest((SELECT max(seq) FROM "rowpost_outbox"),
                         (SELECT max(seq) FROM "rowpost_outbox_parked"))),
               (pg_get_serial_sequence('"rowpost_audit"', 'seq')::regclass,
                (SELECT max(seq) FROM "rowpost_audit"))) AS s (name, highest)
 WHERE s.highest > coalesce(pg_sequence_last_value(s.name), 0);

-- SNAPSHOT
SELECT pg_current_snapshot();

-- REBASE_CONSUMED
WITH k AS MATERIALIZED (
  SELECT r.relay, c.consumed, c.reading, c.last_seq, c.settled
    FROM "rowpost_relay" r
    LEFT JOIN LATERAL (SELECT *
                         FROM "rowpost_relay_cursor" n
                        WHERE n.relay = r.relay AND n.shard = r.shard
                        ORDER BY n.n DESC
                        LIMIT 1) c ON TRUE)
UPDATE "rowpost_outbox" o
   SET xid = '2'
 WHERE o.xid >= '3'
   AND EXISTS (SELECT 1 FROM k)
   AND NOT EXISTS (
     SELECT 1
       FROM k
      WHERE (o.seq = ANY (k.settled)
             OR EXISTS (SELECT 1 FROM "rowpost_outbox_parked" p
                         WHERE p.relay = k.relay AND p.seq = o.seq)
             OR ((o.xid >= pg_snapshot_xmax(pg_current_snapshot())
                  OR ((o.xmin::text::bigint - o.xid::text::bigint) & 4294967295)
                     >= 2147483648)
                 AND (pg_visible_in_snapshot(o.xid, k.consumed)
                      OR (o.seq <= k.last_seq
                          AND pg_visible_in_snapshot(o.xid, k.reading))))
            ) IS NOT TRUE);

-- REBASE_AGAIN
UPDATE "rowpost_outbox" o
   SET xid = pg_current_xact_id()
 WHERE o.xid >= '3'
   AND NOT EXISTS (SELECT 1 FROM "rowpost_outbox_parked" p WHERE p.seq = o.seq);

-- REBASE_COPIES
WITH parked AS (
  UPDATE "rowpost_outbox" o
     SET xid = '2'
   WHERE o.xid >= '3'
     AND EXISTS (SELECT 1 FROM "rowpost_outbox_parked" p WHERE p.seq = o.seq)
  RETURNING *)
INSERT INTO "rowpost_outbox"
  (id, bucket, topic, message_key, type, source, content_type, headers,
   traceparent, payload, created_at, available_at)
SELECT id, bucket, topic, message_key, type, source, content_type, headers,
       traceparent, payload, created_at, available_at
  FROM parked
 ORDER BY seq;

-- REBASE_CURSORS
INSERT INTO "rowpost_relay_cursor" (relay, shard, n, consumed, last_seq, low_seq, settled)
SELECT r.relay, r.shard,
       coalesce((SELECT max(c.n) FROM "rowpost_relay_cursor" c
                  WHERE c.relay = r.relay AND c.shard = r.shard), -1) + 1,
       ?, 0, 0, '{}'
  FROM "rowpost_relay" r;

-- REBASE_RELAYS
UPDATE "rowpost_relay"
   SET cluster = (SELECT system_identifier FROM pg_control_system()),
       owner = NULL, lease_until = NULL, changes = changes + 1;

-- PROBE_LOG
SELECT r.changes, r.paused,
       ?::boolean
       OR EXISTS (SELECT 1 FROM "rowpost_outbox" WHERE xid >= pg_snapshot_xmax(?))
       OR EXISTS (SELECT 1 FROM "rowpost_outbox"
                   WHERE xid = ANY (ARRAY(SELECT x FROM pg_snapshot_xip(?) AS x
                                           WHERE pg_visible_in_snapshot(
                                             x, pg_current_snapshot()))))
       OR EXISTS (SELECT 1
                    FROM (SELECT d.relay, d.seq, d.order_key, d.status, d.blocking
                            FROM "rowpost_outbox_parked" d
                           WHERE d.relay = r.relay AND d.in_flight = FALSE
                             AND d.next_attempt_at <= (SELECT clock_timestamp())
                           ORDER BY d.next_attempt_at) p
                   WHERE p.status = 'PENDING'
                     AND (p.blocking = FALSE
                          OR p.seq = (SELECT h.seq
                                        FROM "rowpost_outbox_parked" h
                                       WHERE h.relay = p.relay
                                         AND h.blocking = TRUE
                                         AND h.order_key = p.order_key
                                       ORDER BY h.place, h.seq
                                       LIMIT 1))) AS found
  FROM "rowpost_relay" r
 WHERE r.relay = ? AND r.shard = 0 AND r.owner = ? AND r.token = ?;

-- OPEN_WINDOW
WITH n AS MATERIALIZED (
  SELECT seq FROM "rowpost_outbox" WHERE xid >= pg_snapshot_xmax(?) LIMIT ?),
e AS MATERIALIZED (
  SELECT ARRAY(SELECT x FROM pg_snapshot_xip(?) AS x
                WHERE pg_visible_in_snapshot(x, pg_current_snapshot())) AS ended),
o AS MATERIALIZED (
  SELECT seq FROM "rowpost_outbox" WHERE xid = ANY ((SELECT ended FROM e)::xid8[]) LIMIT ?),
w AS MATERIALIZED (
  SELECT (SELECT count(*) FROM n) + (SELECT count(*) FROM o) <= ? AS is_small,
         CASE WHEN (SELECT count(*) FROM n) > 10000
                OR (SELECT count(*) FROM o) > 10000 THEN 0
              ELSE coalesce((SELECT min(seq) FROM n), 9223372036854775807)
         END AS low)
SELECT NULL::bigint AS seq, NULL::uuid AS id, NULL AS topic, NULL AS message_key,
       NULL AS type, NULL AS source, NULL AS content_type, NULL AS headers,
       NULL AS traceparent, NULL::timestamptz AS created_at,
       NULL::timestamptz AS available_at, NULL::integer AS size,
       NULL::bytea AS payload,
       pg_current_snapshot() AS snapshot, w.is_small, w.low
  FROM w
UNION ALL
(SELECT seq, id, topic, message_key, type, source, content_type, headers,
        traceparent, created_at, available_at, octet_length(payload),
        CASE WHEN octet_length(payload) <= ? THEN payload END, NULL, NULL, NULL
   FROM "rowpost_outbox"
  WHERE xid >= pg_snapshot_xmax(?) AND (SELECT is_small FROM w)
  LIMIT ?)
UNION ALL
(SELECT seq, id, topic, message_key, type, source, content_type, headers,
        traceparent, created_at, available_at, octet_length(payload),
        CASE WHEN octet_length(payload) <= ? THEN payload END, NULL, NULL, NULL
   FROM "rowpost_outbox"
  WHERE xid = ANY ((SELECT ended FROM e)::xid8[]) AND (SELECT is_small FROM w)
  LIMIT ?);

-- READ_WINDOW
(SELECT seq, id, topic, message_key, type, source, content_type, headers,
        traceparent, created_at, available_at, octet_length(payload) AS size,
        CASE WHEN octet_length(payload) <= ? THEN payload END AS payload,
        NULL::bigint AS passed
   FROM "rowpost_outbox"
  WHERE xid = ANY (ARRAY(SELECT x FROM pg_snapshot_xip(?) AS x
                          WHERE pg_visible_in_snapshot(x, ?)))
    AND seq + 0 > ? AND seq + 0 < ?
  ORDER BY seq + 0
  LIMIT ?)
UNION ALL
(SELECT seq, id, topic, message_key, type, source, content_type, headers,
        traceparent, created_at, available_at, octet_length(payload) AS size,
        CASE WHEN octet_length(payload) <= ? THEN payload END AS payload, NULL
   FROM (SELECT * FROM "rowpost_outbox" WHERE seq > ? ORDER BY seq LIMIT ?) s
  WHERE NOT pg_visible_in_snapshot(xid, ?) AND pg_visible_in_snapshot(xid, ?)
  ORDER BY seq
  LIMIT ?)
UNION ALL
(SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
        seq
   FROM "rowpost_outbox"
  WHERE seq > ?
  ORDER BY seq
  LIMIT 1 OFFSET ?)
LIMIT ?;

-- LOW_SEQ
WITH s AS MATERIALIZED (
  SELECT xid, seq
    FROM "rowpost_outbox"
   WHERE xid >= ?
   ORDER BY xid
   LIMIT ?)
SELECT (SELECT min(seq) FROM s), (SELECT xid::text FROM s OFFSET ? LIMIT 1);

-- LOW_SEQ_OF_ENDED
SELECT CASE WHEN count(*) = ? THEN 1 WHEN count(*) > 10000 THEN min(seq) END, NULL
  FROM (SELECT seq FROM "rowpost_outbox"
         WHERE xid = ANY (ARRAY(SELECT x FROM pg_snapshot_xip(?) AS x
                                 WHERE pg_visible_in_snapshot(x, ?)))
         LIMIT ?) s;

-- LOW_SEQ_OF_ONE
SELECT CASE count(*) WHEN ? THEN 1 ELSE min(seq) END,
       (SELECT n.xid::text FROM "rowpost_outbox" n WHERE n.xid > ? ORDER BY n.xid LIMIT 1)
  FROM (SELECT seq FROM "rowpost_outbox" WHERE xid = ? LIMIT ?) s;

-- BUMP_CHANGES
UPDATE "rowpost_relay" SET changes = changes + 1 WHERE relay = ? AND shard = 0;

-- DELETE_ROWS
DELETE FROM "rowpost_outbox" WHERE seq = ANY(?::bigint[]) AND status = 'PENDING';

-- KEEP_ROWS
UPDATE "rowpost_outbox"
   SET status = 'SENT', sent_at = clock_timestamp()
 WHERE seq = ANY(?::bigint[]) AND status = 'PENDING';

-- PARK
INSERT INTO "rowpost_outbox_parked"
  (relay, seq, id, bucket, topic, message_key, type, source, content_type, headers,
   traceparent, payload, created_at, available_at, order_key, place, status,
   attempts, next_attempt_at, blocking, in_flight, version, last_error)
SELECT ?::varchar, o.seq, o.id, o.bucket, o.topic, o.message_key, o.type, o.source,
       o.content_type, o.headers, o.traceparent, o.payload, o.created_at,
       o.available_at, (k.change->>1)::bigint, o.seq * 1024, k.change->>2,
       (k.change->>3)::integer, (k.change->>4)::timestamp AT TIME ZONE 'UTC',
       (k.change->>5)::integer::boolean, FALSE, 1, k.change->>6
  FROM json_array_elements(?::json) AS k (change)
 CROSS JOIN LATERAL (SELECT * FROM "rowpost_outbox"
                      WHERE seq = (k.change->>0)::bigint
                      LIMIT 1) o;

-- PARKED_STATES
SELECT seq, place, attempts, in_flight, discarded_at IS NOT NULL AS discarded
  FROM unnest(?::bigint[]) AS k (wanted)
 CROSS JOIN LATERAL (SELECT * FROM "rowpost_outbox_parked"
                      WHERE seq = k.wanted AND relay = ? LIMIT 1) p;

-- LAST_PLACES
SELECT k.order_key,
       (SELECT p.place FROM "rowpost_outbox_parked" p
         WHERE p.relay = ? AND p.blocking = TRUE AND p.order_key = k.order_key
         ORDER BY p.place DESC
         LIMIT 1) AS place
  FROM unnest(?::bigint[]) AS k (order_key);

-- SETTLE_PARKED
UPDATE "rowpost_outbox_parked"
   SET place = ?, status = ?, attempts = ?, next_attempt_at = ?, blocking = ?,
       last_error = ?, in_flight = FALSE, version = version + 1
 WHERE relay = ? AND seq = ?;

-- KEEP_PARKED
INSERT INTO "rowpost_outbox"
  (seq, id, bucket, topic, message_key, type, source, content_type, headers,
   traceparent, payload, created_at, available_at, status, sent_at)
OVERRIDING SYSTEM VALUE
SELECT seq, id, bucket, topic, message_key, type, source, content_type, headers,
       traceparent, payload, created_at, available_at, 'SENT', clock_timestamp()
  FROM unnest(?::bigint[]) AS k (wanted)
 CROSS JOIN LATERAL (SELECT * FROM "rowpost_outbox_parked"
                      WHERE seq = k.wanted AND relay = ? LIMIT 1) p;

-- DELETE_PARKED
DELETE FROM "rowpost_outbox_parked"
 WHERE ctid = ANY (ARRAY(
         SELECT p.ctid
           FROM unnest(?::bigint[]) AS k (wanted)
          CROSS JOIN LATERAL (SELECT ctid FROM "rowpost_outbox_parked"
                               WHERE seq = k.wanted AND relay = ? LIMIT 1) p));

-- LAND
UPDATE "rowpost_outbox_parked"
   SET in_flight = FALSE, version = version + 1
 WHERE ctid = ANY (ARRAY(
         SELECT p.ctid
           FROM unnest(?::bigint[]) AS k (wanted)
          CROSS JOIN LATERAL (SELECT ctid FROM "rowpost_outbox_parked"
                               WHERE seq = k.wanted AND relay = ? LIMIT 1) p));

-- HEADS
SELECT k.order_key, p.seq, p.status, p.next_attempt_at IS NOT NULL AS dated
  FROM (SELECT ?::varchar AS relay) r
 CROSS JOIN unnest(?::bigint[]) AS k (order_key)
  JOIN LATERAL (SELECT q.relay, q.seq, q.status, q.next_attempt_at
                  FROM "rowpost_outbox_parked" q
                 WHERE q.relay = r.relay AND q.blocking = TRUE
                   AND q.order_key = k.order_key
                 ORDER BY q.place, q.seq
                 LIMIT 1) p ON p.relay = ?;

-- SET_DUE
UPDATE "rowpost_outbox_parked" SET next_attempt_at = ? WHERE relay = ? AND seq = ?;

-- AUDIT
INSERT INTO "rowpost_audit" (actor, act, subject, ids, affected, reason)
VALUES (?, ?, ?, ?, ?, ?);

-- DUE
SELECT p.seq, p.order_key, p.place, p.blocking, octet_length(p.payload) AS size
  FROM "rowpost_outbox_parked" p
 WHERE p.relay = ? AND p.in_flight = FALSE AND p.next_attempt_at <= ?
   AND p.status = 'PENDING' AND p.seq <= ?
   AND (p.blocking = FALSE
        OR p.seq = (SELECT h.seq
                      FROM "rowpost_outbox_parked" h
                     WHERE h.relay = p.relay AND h.blocking = TRUE
                       AND h.order_key = p.order_key
                     ORDER BY h.place, h.seq
                     LIMIT 1))
 ORDER BY p.next_attempt_at, p.seq
 LIMIT ?;

-- SUCCESSORS
(SELECT seq, order_key, place, status, in_flight,
        next_attempt_at IS NOT NULL AS dated, octet_length(payload) AS size
   FROM "rowpost_outbox_parked"
  WHERE relay = ? AND blocking = TRUE AND order_key = ?
    AND place >= ? AND (place > ? OR seq > ?)
  ORDER BY place, seq
  LIMIT ?);

-- MARK
UPDATE "rowpost_outbox_parked"
   SET in_flight = TRUE
 WHERE ctid = ANY (ARRAY(
         SELECT p.ctid
           FROM unnest(?::bigint[]) AS k (wanted)
          CROSS JOIN LATERAL (SELECT ctid FROM "rowpost_outbox_parked"
                               WHERE seq = k.wanted AND relay = ? LIMIT 1) p));

-- PARKED_ROWS
SELECT seq, id, topic, message_key, type, source, content_type, headers,
       traceparent, created_at, available_at, octet_length(payload) AS size,
       payload, attempts, last_error
  FROM unnest(?::bigint[]) AS k (wanted)
 CROSS JOIN LATERAL (SELECT * FROM "rowpost_outbox_parked"
                      WHERE seq = k.wanted AND relay = ? LIMIT 1) p;

-- FETCH
(SELECT o.seq, o.id, o.topic, o.message_key, o.type, o.source, o.content_type,
        o.headers, o.traceparent, o.created_at, o.available_at,
        octet_length(o.payload) AS size,
        CASE WHEN octet_length(o.payload) <= ? THEN o.payload END AS payload
   FROM unnest(?::bigint[], ?::bigint[]) AS g (low, high)
  CROSS JOIN LATERAL (SELECT *
                        FROM "rowpost_outbox"
                       WHERE seq BETWEEN g.low AND g.high AND status = 'PENDING'
                       ORDER BY seq) o
  LIMIT ?)
UNION ALL
(SELECT seq, id, topic, message_key, type, source, content_type,
        headers, traceparent, created_at, available_at,
        octet_length(payload) AS size,
        CASE WHEN octet_length(payload) <= ? THEN payload END AS payload
   FROM "rowpost_outbox"
  WHERE seq > ? AND status = 'PENDING'
  ORDER BY seq
  LIMIT ?);

-- ROW_PAYLOADS
SELECT seq, payload FROM "rowpost_outbox" WHERE seq = ANY(?::bigint[]);

-- WRITERS
SELECT virtualtransaction
  FROM pg_locks
 WHERE locktype = 'relation' AND relation = '"rowpost_outbox"'::regclass
   AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
   AND mode = 'RowExclusiveLock'
   AND pid IS DISTINCT FROM pg_backend_pid();

-- COUNTS
WITH k AS MATERIALIZED (
  SELECT coalesce(c.consumed, '3:3:') AS consumed, c.reading, c.last_seq, c.settled
    FROM (SELECT min(relay) AS relay FROM "rowpost_relay") r
    LEFT JOIN LATERAL (SELECT *
                         FROM "rowpost_relay_cursor" n
                        WHERE n.relay = r.relay AND n.shard = 0
                        ORDER BY n.n DESC
                        LIMIT 1) c ON TRUE)
SELECT (SELECT count(*)
          FROM (SELECT 1
                  FROM (SELECT xid, seq
                          FROM "rowpost_outbox"
                         WHERE xid >= (SELECT pg_snapshot_xmax(consumed) FROM k)
                         UNION ALL
                        SELECT xid, seq
                          FROM "rowpost_outbox"
                         WHERE xid = ANY (ARRAY(SELECT pg_snapshot_xip(consumed)
                                                  FROM k))) o,
                       k
                 WHERE ((o.seq <= k.last_seq
                         AND pg_visible_in_snapshot(o.xid, k.reading))
                        OR o.seq = ANY (k.settled)) IS NOT TRUE
                 LIMIT 1000000) a),
       (SELECT count(*) FROM (SELECT 1 FROM "rowpost_outbox_parked"
                               WHERE status = 'PENDING' LIMIT 1000000) b),
       (SELECT count(*) FROM (SELECT 1 FROM "rowpost_outbox_parked"
                               WHERE status = 'FAILED' AND discarded_at IS NULL
                               LIMIT 1000000) c),
       (SELECT count(*) FROM (SELECT 1 FROM "rowpost_outbox_parked"
                               WHERE discarded_at IS NOT NULL LIMIT 1000000) d),
       (SELECT count(*)
          FROM (SELECT 1
                  FROM "rowpost_outbox" o, k
                 WHERE (pg_visible_in_snapshot(o.xid, k.consumed)
                        OR (o.seq <= k.last_seq
                            AND pg_visible_in_snapshot(o.xid, k.reading))
                        OR o.seq = ANY (k.settled))
                   AND NOT EXISTS (SELECT 1 FROM "rowpost_outbox_parked" p
                                    WHERE p.seq = o.seq)
                 LIMIT 1000000) e);

-- OLDEST
WITH k AS MATERIALIZED (
  SELECT coalesce(c.consumed, '3:3:') AS consumed, c.reading, c.last_seq, c.settled
    FROM (SELECT min(relay) AS relay FROM "rowpost_relay") r
    LEFT JOIN LATERAL (SELECT *
                         FROM "rowpost_relay_cursor" n
                        WHERE n.relay = r.relay AND n.shard = 0
                        ORDER BY n.n DESC
                        LIMIT 1) c ON TRUE)
SELECT clock_timestamp(),
       (SELECT min(o.created_at)
          FROM (SELECT xid, seq, created_at
                  FROM "rowpost_outbox"
                 WHERE xid >= (SELECT pg_snapshot_xmax(consumed) FROM k)
                 UNION ALL
                SELECT xid, seq, created_at
                  FROM "rowpost_outbox"
                 WHERE xid = ANY (ARRAY(SELECT pg_snapshot_xip(consumed) FROM k))) o,
               k
         WHERE ((o.seq <= k.last_seq AND pg_visible_in_snapshot(o.xid, k.reading))
                OR o.seq = ANY (k.settled)) IS NOT TRUE),
       (SELECT min(created_at) FROM "rowpost_outbox_parked" WHERE status = 'PENDING');

-- FIND
WITH k AS MATERIALIZED (
  SELECT r.relay, c.consumed, c.reading, c.last_seq, c.settled
    FROM (SELECT min(relay) AS relay FROM "rowpost_relay") r
    LEFT JOIN LATERAL (SELECT *
                         FROM "rowpost_relay_cursor" n
                        WHERE n.relay = r.relay AND n.shard = 0
                        ORDER BY n.n DESC
                        LIMIT 1) c ON TRUE)
(SELECT *
   FROM (SELECT o.seq, 0::bigint AS version, o.id, o.topic, o.message_key, o.type,
                octet_length(o.payload) AS size, o.created_at,
                CASE WHEN pg_visible_in_snapshot(o.xid, k.consumed)
                          OR (o.seq <= k.last_seq
                              AND pg_visible_in_snapshot(o.xid, k.reading))
                          OR o.seq = ANY (k.settled) THEN 'SENT'
                     ELSE 'PENDING' END AS status,
                0 AS attempts, NULL::varchar AS last_error, FALSE AS blocking,
                FALSE AS in_flight, NULL::timestamptz AS next_attempt_at,
                FALSE AS discarded
           FROM "rowpost_outbox" o, k
          WHERE NOT EXISTS (SELECT 1 FROM "rowpost_outbox_parked" p
                             WHERE p.relay = k.relay AND p.seq = o.seq)) s
  WHERE seq > ? AND seq <= ?
    AND (? = 0 OR status = ?) AND (? = 0 OR topic = ?)
    AND (? = 0 OR message_key = ?) AND (? = 0 OR type = ?)
    AND (? = 0 OR created_at >= ?) AND (? = 0 OR created_at < ?)
  ORDER BY seq
  LIMIT ?)
UNION ALL
(SELECT seq, version, id, topic, message_key, type,
        octet_length(payload) AS size, created_at, status, attempts,
        last_error, blocking, in_flight,
        next_attempt_at, discarded_at IS NOT NULL AS discarded
   FROM "rowpost_outbox_parked"
  WHERE relay = (SELECT relay FROM k) AND seq > ? AND seq <= ?
    AND (? = 0 OR status = ?) AND (? = 0 OR topic = ?)
    AND (? = 0 OR message_key = ?) AND (? = 0 OR type = ?)
    AND (? = 0 OR created_at >= ?) AND (? = 0 OR created_at < ?)
  ORDER BY seq
  LIMIT ?)
ORDER BY seq
LIMIT ?;

-- COUNT
WITH k AS MATERIALIZED (
  SELECT r.relay, c.consumed, c.reading, c.last_seq, c.settled
    FROM (SELECT min(relay) AS relay FROM "rowpost_relay") r
    LEFT JOIN LATERAL (SELECT *
                         FROM "rowpost_relay_cursor" n
                        WHERE n.relay = r.relay AND n.shard = 0
                        ORDER BY n.n DESC
                        LIMIT 1) c ON TRUE)
SELECT (SELECT count(*)
          FROM (SELECT 1
                  FROM (SELECT o.seq, o.topic, o.message_key, o.type, o.created_at,
                               CASE WHEN pg_visible_in_snapshot(o.xid, k.consumed)
                                         OR (o.seq <= k.last_seq
                                             AND pg_visible_in_snapshot(o.xid,
                                                                        k.reading))
                                         OR o.seq = ANY (k.settled) THEN 'SENT'
                                    ELSE 'PENDING' END AS status
                          FROM "rowpost_outbox" o, k
                         WHERE NOT EXISTS (SELECT 1 FROM "rowpost_outbox_parked" p
                                            WHERE p.relay = k.relay
                                              AND p.seq = o.seq)) s
                 WHERE seq > ? AND seq <= ?
                   AND (? = 0 OR status = ?) AND (? = 0 OR topic = ?)
                   AND (? = 0 OR message_key = ?) AND (? = 0 OR type = ?)
                   AND (? = 0 OR created_at >= ?) AND (? = 0 OR created_at < ?)
                 LIMIT 1000000) a)
       + (SELECT count(*)
            FROM (SELECT 1
                    FROM "rowpost_outbox_parked"
                   WHERE relay = (SELECT relay FROM k)
                     AND seq > ? AND seq <= ?
                     AND (? = 0 OR status = ?) AND (? = 0 OR topic = ?)
                     AND (? = 0 OR message_key = ?) AND (? = 0 OR type = ?)
                     AND (? = 0 OR created_at >= ?) AND (? = 0 OR created_at < ?)
                   LIMIT 1000000) b);

-- GET
WITH k AS MATERIALIZED (
  SELECT r.relay, c.consumed, c.reading, c.last_seq, c.settled
    FROM (SELECT min(relay) AS relay FROM "rowpost_relay") r
    LEFT JOIN LATERAL (SELECT *
                         FROM "rowpost_relay_cursor" n
                        WHERE n.relay = r.relay AND n.shard = 0
                        ORDER BY n.n DESC
                        LIMIT 1) c ON TRUE)
(SELECT o.seq, o.id, o.topic, o.message_key, o.type, o.source, o.content_type,
        o.headers, o.traceparent, o.created_at, o.available_at,
        octet_length(o.payload) AS size, o.payload, 0 AS attempts,
        NULL::varchar AS last_error,
        CASE WHEN pg_visible_in_snapshot(o.xid, k.consumed)
                  OR (o.seq <= k.last_seq
                      AND pg_visible_in_snapshot(o.xid, k.reading))
                  OR o.seq = ANY (k.settled) THEN 'SENT'
             ELSE 'PENDING' END AS status
   FROM "rowpost_outbox" o, k
  WHERE o.id = ?
    AND NOT EXISTS (SELECT 1 FROM "rowpost_outbox_parked" p
                     WHERE p.relay = k.relay AND p.seq = o.seq)
  ORDER BY o.seq DESC
  LIMIT 1)
UNION ALL
(SELECT seq, id, topic, message_key, type, source, content_type, headers,
        traceparent, created_at, available_at, octet_length(payload) AS size,
        payload, attempts, last_error, status
   FROM "rowpost_outbox_parked"
  WHERE id = ?
  ORDER BY seq DESC
  LIMIT 1);

-- LOCK_RELAYS
SELECT relay, clock_timestamp()
  FROM "rowpost_relay"
 ORDER BY relay, shard
   FOR UPDATE;

-- ACT_STATE
SELECT version, status, discarded_at IS NOT NULL AS discarded, in_flight, order_key
  FROM "rowpost_outbox_parked"
 WHERE relay = ? AND seq = ?;

-- REOPEN
UPDATE "rowpost_outbox_parked"
   SET status = 'PENDING', attempts = 0, version = version + 1,
       next_attempt_at = CASE WHEN blocking THEN NULL ELSE clock_timestamp() END
 WHERE ctid = ANY (ARRAY(
         SELECT p.ctid
           FROM unnest(?::bigint[]) AS k (wanted)
          CROSS JOIN LATERAL (SELECT ctid FROM "rowpost_outbox_parked"
                               WHERE seq = k.wanted AND relay = ? LIMIT 1) p));

-- FAILED_PAGE
SELECT seq, order_key
  FROM "rowpost_outbox_parked"
 WHERE relay = ? AND seq > ? AND seq <= ?
   AND status = 'FAILED' AND discarded_at IS NULL
   AND (? = 0 OR status = ?) AND (? = 0 OR topic = ?)
   AND (? = 0 OR message_key = ?) AND (? = 0 OR type = ?)
   AND (? = 0 OR created_at >= ?) AND (? = 0 OR created_at < ?)
 ORDER BY seq
 LIMIT ?;

-- DISCARD
UPDATE "rowpost_outbox_parked"
   SET status = 'FAILED', blocking = FALSE, next_attempt_at = NULL,
       discarded_at = clock_timestamp(), discarded_by = ?, discard_reason = ?,
       version = version + 1
 WHERE relay = ? AND seq = ?;

-- LET_CONTINUE
UPDATE "rowpost_outbox_parked"
   SET blocking = FALSE, version = version + 1
 WHERE relay = ? AND seq = ?;

-- SENT_PAGE
WITH k AS MATERIALIZED (
  SELECT r.relay, c.consumed, c.reading, c.last_seq, c.settled
    FROM (SELECT min(relay) AS relay FROM "rowpost_relay") r
    LEFT JOIN LATERAL (SELECT *
                         FROM "rowpost_relay_cursor" n
                        WHERE n.relay = r.relay AND n.shard = 0
                        ORDER BY n.n DESC
                        LIMIT 1) c ON TRUE)
SELECT seq
  FROM (SELECT o.seq, o.topic, o.message_key, o.type, o.created_at,
               'SENT' AS status
          FROM "rowpost_outbox" o, k
         WHERE (pg_visible_in_snapshot(o.xid, k.consumed)
                OR (o.seq <= k.last_seq
                    AND pg_visible_in_snapshot(o.xid, k.reading))
                OR o.seq = ANY (k.settled))
           AND NOT EXISTS (SELECT 1 FROM "rowpost_outbox_parked" p
                            WHERE p.relay = k.relay AND p.seq = o.seq)) s
 WHERE seq > ? AND seq <= ?
   AND (? = 0 OR status = ?) AND (? = 0 OR topic = ?)
   AND (? = 0 OR message_key = ?) AND (? = 0 OR type = ?)
   AND (? = 0 OR created_at >= ?) AND (? = 0 OR created_at < ?)
 ORDER BY seq
 LIMIT ?;

-- LAST_SEQ
SELECT max(seq) FROM "rowpost_outbox";

-- REPLAY
INSERT INTO "rowpost_outbox"
  (id, bucket, topic, message_key, type, source, content_type, headers,
   traceparent, payload, created_at, available_at)
SELECT id, bucket, topic, message_key, type, source, content_type, headers,
       traceparent, payload, created_at, available_at
  FROM "rowpost_outbox"
 WHERE seq = ANY(?::bigint[])
 ORDER BY seq;

-- PURGE_LOOK
SELECT max(s.seq) AS last_seq,
       max(CASE WHEN s.status = 'SENT' AND s.sent_at <= ? THEN 1 ELSE 0 END) AS old
  FROM (SELECT seq, status, sent_at
          FROM "rowpost_outbox"
         WHERE seq > ?
         ORDER BY seq
         LIMIT ?) s;

-- PURGE_PAGE
SELECT seq
  FROM "rowpost_outbox"
 WHERE seq > ? AND seq <= ? AND status = 'SENT' AND sent_at <= ?
 ORDER BY seq
   FOR UPDATE SKIP LOCKED;

-- PURGE_LOG
WITH k AS MATERIALIZED (
  SELECT c.consumed
    FROM "rowpost_relay" r
    LEFT JOIN LATERAL (SELECT *
                         FROM "rowpost_relay_cursor" n
                        WHERE n.relay = r.relay AND n.shard = r.shard
                        ORDER BY n.n DESC
                        LIMIT 1) c ON TRUE),
page AS MATERIALIZED (
  SELECT max(s.seq) AS last_seq, bool_or(s.created_at <= ?) AS old
    FROM (SELECT seq, created_at
            FROM "rowpost_outbox"
           WHERE seq > ?
           ORDER BY seq
           LIMIT ?) s),
gone AS (
  DELETE FROM "rowpost_outbox" o
   WHERE o.seq > ? AND o.seq <= (SELECT last_seq FROM page)
     AND o.created_at <= ?
     AND (o.xid < (SELECT min(pg_snapshot_xmin(consumed))
                     FROM k
                   HAVING bool_and(consumed IS NOT NULL))
          OR EXISTS (SELECT 1 FROM k)
             AND NOT EXISTS (SELECT 1 FROM k
                              WHERE pg_visible_in_snapshot(o.xid, k.consumed)
                                    IS NOT TRUE))
     AND NOT EXISTS (SELECT 1 FROM "rowpost_outbox_parked" p
                      WHERE p.seq = o.seq)
  RETURNING 1)
SELECT (SELECT count(*) FROM gone), last_seq, old
  FROM page;

-- HOLD_RELAYS
SELECT relay
  FROM "rowpost_relay"
 ORDER BY relay, shard
   FOR KEY SHARE;

-- PURGE_ROWS
DELETE FROM "rowpost_outbox" WHERE seq = ANY(?::bigint[]);

-- PURGE_DISCARDED_PAGE
WITH k AS MATERIALIZED (
  SELECT c.consumed
    FROM "rowpost_relay" r
    LEFT JOIN LATERAL (SELECT *
                         FROM "rowpost_relay_cursor" n
                        WHERE n.relay = r.relay AND n.shard = r.shard
                        ORDER BY n.n DESC
                        LIMIT 1) c ON TRUE)
SELECT p.seq
  FROM "rowpost_outbox_parked" p
  LEFT JOIN "rowpost_outbox" o ON o.seq = p.seq
 WHERE p.relay = ? AND p.discarded_at <= ? AND p.in_flight = FALSE
   AND (o.seq IS NULL
        OR NOT EXISTS (SELECT 1 FROM k
                        WHERE pg_visible_in_snapshot(o.xid, k.consumed)
                              IS NOT TRUE))
 LIMIT ?;

-- ONCE_PAGE
SELECT id
  FROM "rowpost_outbox_once"
 WHERE (? = 0 OR id > ?)
 ORDER BY id
 LIMIT ?;

-- PURGE_ONCE
DELETE FROM "rowpost_outbox_once"
 WHERE (? = 0 OR id > ?) AND id <= ? AND created_at <= ?;

-- PAUSE
UPDATE "rowpost_relay"
   SET paused = TRUE, changes = changes + 1
 WHERE relay = ? AND shard = 0 AND paused = FALSE;

-- RESUME
UPDATE "rowpost_relay"
   SET paused = FALSE, changes = changes + 1
 WHERE relay = ? AND shard = 0 AND paused = TRUE;

-- INBOX_CLAIM
INSERT INTO "rowpost_inbox" (consumer, message_id, status, message_time, completed_at)
SELECT ?, ?, 'COMPLETED', m.time, clock_timestamp()
  FROM (SELECT ?::timestamptz AS time) m
 CROSS JOIN (SELECT CASE current_setting('idle_in_transaction_session_timeout')
                    WHEN '0'
                    THEN set_config('idle_in_transaction_session_timeout', ?, TRUE)
                     END) idle
 WHERE m.time IS NULL
    OR m.time BETWEEN clock_timestamp() - ?::bigint * interval '1 microsecond'
                  AND clock_timestamp() + interval '1 day'
    ON CONFLICT (consumer, message_id) DO NOTHING;

-- INBOX_CLAIM_ARRAYS
INSERT INTO "rowpost_inbox" (consumer, message_id, status, message_time, completed_at)
SELECT ?, m.id, 'COMPLETED', m.time, clock_timestamp()
  FROM unnest(?::text[], ?::timestamptz[]) WITH ORDINALITY AS m (id, time, n)
 CROSS JOIN (SELECT CASE current_setting('idle_in_transaction_session_timeout')
                    WHEN '0'
                    THEN set_config('idle_in_transaction_session_timeout', ?, TRUE)
                     END) idle
 WHERE m.time IS NULL
    OR m.time BETWEEN clock_timestamp() - ?::bigint * interval '1 microsecond'
                  AND clock_timestamp() + interval '1 day'
 ORDER BY m.n
    ON CONFLICT (consumer, message_id) DO NOTHING
RETURNING message_id;

-- INBOX_STATES
SELECT message_id, status
  FROM "rowpost_inbox"
 WHERE consumer = ? AND message_id = ANY(?::text[]);

-- INBOX_CLOCK
SELECT clock_timestamp();

-- INBOX_LOCK
SELECT status, attempts
  FROM "rowpost_inbox"
 WHERE consumer = ? AND message_id = ?
   FOR UPDATE;

-- INBOX_PARKED_STATE
SELECT retry_at IS NOT NULL AS reopened
  FROM "rowpost_inbox_parked"
 WHERE consumer = ? AND message_id = ?;

-- INBOX_TAKE
UPDATE "rowpost_inbox"
   SET status = 'PROCESSING'
 WHERE consumer = ? AND message_id = ? AND status = 'FAILED';

-- INBOX_COMPLETE
UPDATE "rowpost_inbox"
   SET status = 'COMPLETED', completed_at = clock_timestamp()
 WHERE consumer = ? AND message_id = ? AND status = 'PROCESSING';

-- INBOX_RECEIVE
INSERT INTO "rowpost_inbox" (consumer, message_id, status, message_time)
VALUES (?, ?, 'FAILED', ?)
    ON CONFLICT (consumer, message_id) DO NOTHING;

-- INBOX_END
UPDATE "rowpost_inbox"
   SET attempts = attempts - 1, last_error = NULL
 WHERE consumer = ? AND message_id = ? AND status <> 'COMPLETED' AND attempts > 0;

-- INBOX_FAIL
UPDATE "rowpost_inbox"
   SET status = 'FAILED', attempts = ?, last_error = ?
 WHERE consumer = ? AND message_id = ? AND status <> 'COMPLETED';

-- INBOX_PARK
INSERT INTO "rowpost_inbox_parked"
  (consumer, message_id, original_id, topic, message_key, type, source,
   content_type, headers, traceparent, message_time, payload, reason)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- INBOX_UNPARK
DELETE FROM "rowpost_inbox_parked" WHERE consumer = ? AND message_id = ?;

-- INBOX_UNPARK_DISCARDED
DELETE FROM "rowpost_inbox_parked"
 WHERE consumer = ? AND message_id = ? AND discarded_at IS NOT NULL;

-- INBOX_COUNT
SELECT count(*)
  FROM (SELECT 1 AS one FROM "rowpost_inbox" WHERE status = ? LIMIT ?) c;

-- INBOX_COUNT_OF
SELECT count(*)
  FROM (SELECT 1 AS one FROM "rowpost_inbox" WHERE consumer = ? AND status = ? LIMIT ?) c;

-- INBOX_COUNT_PARKED
SELECT count(*)
  FROM (SELECT 1 AS one
          FROM "rowpost_inbox_parked"
         WHERE retry_at IS NULL AND discarded_at IS NULL
         LIMIT ?) c;

-- INBOX_COUNT_PARKED_OF
SELECT count(*)
  FROM (SELECT 1 AS one
          FROM "rowpost_inbox_parked"
         WHERE consumer = ? AND retry_at IS NULL AND discarded_at IS NULL
         LIMIT ?) c;

-- INBOX_PAGE
SELECT i.consumer, i.message_id, i.status, i.attempts, i.last_error,
       i.message_time, i.received_at, i.completed_at,
       p.message_id IS NOT NULL AND p.retry_at IS NULL AS parked,
       p.discarded_at IS NOT NULL AS discarded
  FROM "rowpost_inbox" i
  LEFT JOIN "rowpost_inbox_parked" p
    ON p.consumer = i.consumer AND p.message_id = i.message_id
 WHERE i.consumer >= ? AND (i.consumer > ? OR i.message_id > ?)
   AND i.status = COALESCE(?, i.status)
 ORDER BY i.consumer, i.message_id
 LIMIT ?;

-- INBOX_PAGE_OF
SELECT i.consumer, i.message_id, i.status, i.attempts, i.last_error,
       i.message_time, i.received_at, i.completed_at,
       p.message_id IS NOT NULL AND p.retry_at IS NULL AS parked,
       p.discarded_at IS NOT NULL AS discarded
  FROM "rowpost_inbox" i
  LEFT JOIN "rowpost_inbox_parked" p
    ON p.consumer = i.consumer AND p.message_id = i.message_id
 WHERE i.consumer = ? AND i.message_id > ?
   AND i.status = COALESCE(?, i.status)
 ORDER BY i.message_id
 LIMIT ?;

-- INBOX_FAILED
SELECT i.consumer, i.message_id, i.status, i.attempts, i.last_error,
       i.message_time, i.received_at, i.completed_at,
       p.message_id IS NOT NULL AND p.retry_at IS NULL AS parked,
       p.discarded_at IS NOT NULL AS discarded
  FROM "rowpost_inbox" i
  LEFT JOIN "rowpost_inbox_parked" p
    ON p.consumer = i.consumer AND p.message_id = i.message_id
 WHERE i.status = 'FAILED'
   AND i.consumer >= ? AND (i.consumer > ? OR i.message_id > ?)
 ORDER BY i.consumer, i.message_id
 LIMIT ?;

-- INBOX_FAILED_OF
SELECT i.consumer, i.message_id, i.status, i.attempts, i.last_error,
       i.message_time, i.received_at, i.completed_at,
       p.message_id IS NOT NULL AND p.retry_at IS NULL AS parked,
       p.discarded_at IS NOT NULL AS discarded
  FROM "rowpost_inbox" i
  LEFT JOIN "rowpost_inbox_parked" p
    ON p.consumer = i.consumer AND p.message_id = i.message_id
 WHERE i.status = 'FAILED' AND i.consumer = ? AND i.message_id > ?
 ORDER BY i.message_id
 LIMIT ?;

-- INBOX_ROW
SELECT i.consumer, i.message_id, i.status, i.attempts, i.last_error,
       i.message_time, i.received_at, i.completed_at,
       p.message_id IS NOT NULL AND p.retry_at IS NULL AS parked,
       p.discarded_at IS NOT NULL AS discarded
  FROM "rowpost_inbox" i
  LEFT JOIN "rowpost_inbox_parked" p
    ON p.consumer = i.consumer AND p.message_id = i.message_id
 WHERE i.consumer = ? AND i.message_id = ?;

-- INBOX_PARKED
SELECT original_id, topic, message_key, type, source, content_type, headers,
       traceparent, message_time, payload
  FROM "rowpost_inbox_parked"
 WHERE consumer = ? AND message_id = ?;

-- INBOX_REOPENED
SELECT message_id
  FROM "rowpost_inbox_parked"
 WHERE consumer = ? AND retry_at IS NOT NULL
 ORDER BY parked_at, message_id
 LIMIT ?;

-- INBOX_REOPEN
UPDATE "rowpost_inbox_parked"
   SET retry_at = clock_timestamp(), version = version + 1
 WHERE consumer = ? AND message_id = ?
   AND retry_at IS NULL AND discarded_at IS NULL;

-- INBOX_RESET
UPDATE "rowpost_inbox" SET attempts = 0 WHERE consumer = ? AND message_id = ?;

-- INBOX_DISCARD
UPDATE "rowpost_inbox_parked"
   SET discarded_at = clock_timestamp(), discarded_by = ?, discard_reason = ?,
       version = version + 1
 WHERE consumer = ? AND message_id = ?
   AND retry_at IS NULL AND discarded_at IS NULL;

-- INBOX_FORGET
DELETE FROM "rowpost_inbox"
 WHERE consumer = ? AND message_id = ? AND status = 'COMPLETED';

-- INBOX_PURGE
DELETE FROM "rowpost_inbox" i
 USING (SELECT consumer, message_id
          FROM "rowpost_inbox"
         WHERE status = 'COMPLETED'
           AND message_time < clock_timestamp() - ?::bigint * interval '1 microsecond'
         ORDER BY message_time
         LIMIT ?
           FOR UPDATE SKIP LOCKED) old
 WHERE i.consumer = old.consumer AND i.message_id = old.message_id;

-- INBOX_DISCARDED
SELECT consumer, message_id
  FROM "rowpost_inbox_parked"
 WHERE discarded_at IS NOT NULL
   AND message_time < clock_timestamp() - ?::bigint * interval '1 microsecond'
 LIMIT ?;

-- INBOX_DELETE
DELETE FROM "rowpost_inbox" WHERE consumer = ? AND message_id = ?;

-- CATALOG_TABLES
SELECT c.relname, CASE WHEN c.relpersistence = 'u' THEN 'UNLOGGED' END
  FROM unnest(?::text[]) AS n (name)
  JOIN pg_class c ON c.oid = to_regclass(n.name);

-- CATALOG_COLUMNS
SELECT c.relname, a.attname
  FROM unnest(?::text[]) AS n (name)
  JOIN pg_class c ON c.oid = to_regclass(n.name)
  JOIN pg_attribute a ON a.attrelid = c.oid AND NOT a.attisdropped;

-- CATALOG_CONSTRAINTS
SELECT c.relname, k.conname
  FROM unnest(?::text[]) AS n (name)
  JOIN pg_class c ON c.oid = to_regclass(n.name)
  JOIN pg_constraint k ON k.conrelid = c.oid AND k.contype IN ('p', 'c');

-- CATALOG_INDEXES
SELECT c.relname, i.relname
  FROM unnest(?::text[]) AS n (name)
  JOIN pg_class c ON c.oid = to_regclass(n.name)
  JOIN pg_index x ON x.indrelid = c.oid AND x.indisvalid
  JOIN pg_class i ON i.oid = x.indexrelid;

-- CATALOG_TRIGGERS
SELECT c.relname, t.tgname
  FROM unnest(?::text[]) AS n (name)
  JOIN pg_class c ON c.oid = to_regclass(n.name)
  JOIN pg_trigger t ON t.tgrelid = c.oid
 WHERE NOT t.tgisinternal AND t.tgenabled <> 'D';

-- CATALOG_ELSEWHERE
SELECT n.nspname
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relname = ? AND c.relkind = 'r'
 ORDER BY n.nspname
 LIMIT 3;

-- CATALOG_SETTINGS
SELECT pg_is_in_recovery()::text AS pg_is_in_recovery,
       current_setting('default_transaction_read_only')
         AS default_transaction_read_only,
       current_setting('fsync') AS fsync,
       current_setting('full_page_writes') AS full_page_writes,
       current_setting('synchronous_commit') AS synchronous_commit,
       current_setting('server_encoding') AS server_encoding,
       s.seqcache AS seq_cache, s.seqincrement AS seq_increment
  FROM (SELECT to_regclass('"rowpost_outbox"') AS oid) t
  LEFT JOIN pg_depend d
    ON d.refobjid = t.oid AND d.refclassid = 'pg_class'::regclass
       AND d.classid = 'pg_class'::regclass AND d.deptype IN ('i', 'a')
       AND d.refobjsubid = (SELECT attnum FROM pg_attribute
                             WHERE attrelid = t.oid AND attname = 'seq')
  LEFT JOIN pg_sequence s ON s.seqrelid = d.objid
 ORDER BY s.seqcache NULLS LAST
 LIMIT 1;

-- CATALOG_HAS_VERSION
SELECT count(*)
  FROM pg_attribute
 WHERE attrelid = to_regclass('"rowpost_schema_version"')
   AND attname IN ('version', 'layout');

-- CATALOG_VERSION
SELECT version, layout FROM "rowpost_schema_version" ORDER BY version DESC;

-- APPEND of two
INSERT INTO "rowpost_outbox"
  (id, bucket, topic, message_key, type, source, content_type, headers,
   traceparent, payload, available_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?),
       (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- SUCCESSORS of two
(SELECT seq, order_key, place, status, in_flight,
        next_attempt_at IS NOT NULL AS dated, octet_length(payload) AS size
   FROM "rowpost_outbox_parked"
  WHERE relay = ? AND blocking = TRUE AND order_key = ?
    AND place >= ? AND (place > ? OR seq > ?)
  ORDER BY place, seq
  LIMIT ?)
UNION ALL
(SELECT seq, order_key, place, status, in_flight,
        next_attempt_at IS NOT NULL AS dated, octet_length(payload) AS size
   FROM "rowpost_outbox_parked"
  WHERE relay = ? AND blocking = TRUE AND order_key = ?
    AND place >= ? AND (place > ? OR seq > ?)
  ORDER BY place, seq
  LIMIT ?);

-- limits
SELECT set_config('lock_timeout', '10000', TRUE),
       set_config('statement_timeout', '30000', TRUE),
       set_config('idle_in_transaction_session_timeout', '10000', TRUE);

-- plans of a relay
SELECT set_config('enable_seqscan', 'off', TRUE),
       set_config('enable_bitmapscan', 'off', TRUE),
       set_config('enable_sort', 'off', TRUE),
       set_config('max_parallel_workers_per_gather', '0', TRUE),
       set_config('jit', 'off', TRUE),
       set_config('plan_cache_mode', 'force_generic_plan', TRUE),
       set_config('synchronous_commit',
                  CASE current_setting('synchronous_commit')
                       WHEN 'off' THEN 'local'
                       ELSE current_setting('synchronous_commit') END, TRUE);

