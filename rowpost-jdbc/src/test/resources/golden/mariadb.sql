-- APPEND
INSERT INTO `rowpost_outbox`
  (id, bucket, topic, message_key, type, source, content_type, headers,
   traceparent, payload, available_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- REMEMBER_ID
INSERT INTO `rowpost_outbox_once` (id) VALUES (?);

-- RELAYS
SELECT relay FROM `rowpost_relay` WHERE shard = 0;

-- READ_RELAY
SELECT owner, token, renewals, lease_until, UTC_TIMESTAMP(6) AS now_at
  FROM `rowpost_relay`
 WHERE relay = ? AND shard = 0;

-- LOCK_RELAY
SELECT owner, token, renewals, lease_until, UTC_TIMESTAMP(6) AS now_at
  FROM `rowpost_relay`
 WHERE relay = ? AND shard = 0
   FOR UPDATE;

-- CREATE_RELAY
INSERT INTO `rowpost_relay` (relay, shard, token, renewals, paused, changes)
VALUES (?, 0, 0, 0, FALSE, 0);

-- GRANT
UPDATE `rowpost_relay`
   SET owner = ?, token = ?, lease_until = ?, renewals = 0
 WHERE relay = ? AND shard = 0;

-- LAND_ALL
UPDATE `rowpost_outbox_parked`
   SET in_flight = FALSE
 WHERE relay = ? AND in_flight = TRUE;

-- RELEASE
UPDATE `rowpost_relay`
   SET owner = NULL, lease_until = NULL
 WHERE relay = ? AND shard = 0 AND owner = ? AND token = ?;

-- LEAVE_OFF
UPDATE `rowpost_relay`
   SET low_seq = ?
 WHERE relay = ? AND shard = 0 AND owner = ? AND token = ?;

-- BLOCKED_KEYS
SELECT DISTINCT order_key
  FROM `rowpost_outbox_parked`
 WHERE relay = ? AND blocking = TRUE
 LIMIT ?;

-- PROBE
SELECT r.changes, r.paused,
       EXISTS (SELECT 1
                 FROM JSON_TABLE(?, '$[*]' COLUMNS (low bigint PATH '$[0]',
                                                   high bigint PATH '$[1]')) AS g
                 STRAIGHT_JOIN `rowpost_outbox` o FORCE INDEX (PRIMARY) ON o.seq BETWEEN g.low AND g.high
                WHERE o.status = 'PENDING')
       OR EXISTS (SELECT 1 FROM `rowpost_outbox` WHERE seq > ? AND status = 'PENDING')
       OR EXISTS (SELECT 1 FROM `rowpost_outbox_parked` p
                   WHERE p.relay = r.relay AND p.in_flight = FALSE
                     AND p.next_attempt_at <= UTC_TIMESTAMP(6) AND p.status = 'PENDING'
                     AND (p.blocking = FALSE
                          OR NOT EXISTS (SELECT 1 FROM `rowpost_outbox_parked` e
                                          WHERE e.relay = p.relay
                                            AND e.blocking = TRUE
                                            AND e.order_key = p.order_key
                                            AND e.place <= p.place
                                            AND (e.place < p.place
                                                 OR e.seq < p.seq)))) AS found
  FROM `rowpost_relay` r
 WHERE r.relay = ? AND r.shard = 0 AND r.owner = ? AND r.token = ?;

-- FENCE
SELECT r.paused, r.changes, UTC_TIMESTAMP(6) AS now_at,
       EXISTS (SELECT 1 FROM `rowpost_outbox_parked` p
                WHERE p.relay = r.relay AND p.in_flight = FALSE
                  AND p.next_attempt_at <= UTC_TIMESTAMP(6)) AS due
  FROM `rowpost_relay` r
 WHERE r.relay = ? AND r.shard = 0 AND r.owner = ? AND r.token = ?
   FOR UPDATE;

-- SETTLED_UP_TO
SELECT r.low_seq
  FROM `rowpost_relay` r
 WHERE r.relay = ? AND r.shard = 0
   AND NOT EXISTS (SELECT 1
                     FROM (SELECT seq, status FROM `rowpost_outbox` ORDER BY seq LIMIT 1) o
                    WHERE o.seq <= r.low_seq AND o.status = 'PENDING');

-- RENEW
UPDATE `rowpost_relay`
   SET lease_until = ?, renewals = renewals + 1, low_seq = ?
 WHERE relay = ? AND shard = 0;

-- BUMP_CHANGES
UPDATE `rowpost_relay` SET changes = changes + 1 WHERE relay = ? AND shard = 0;

-- DELETE_ROWS
DELETE o
  FROM JSON_TABLE(?, '$[*]' COLUMNS (seq bigint PATH '$')) AS k
  STRAIGHT_JOIN `rowpost_outbox` o FORCE INDEX (PRIMARY) ON o.seq = k.seq AND o.status = 'PENDING';

-- KEEP_ROWS
UPDATE JSON_TABLE(?, '$[*]' COLUMNS (seq bigint PATH '$')) AS k
  STRAIGHT_JOIN `rowpost_outbox` o FORCE INDEX (PRIMARY) ON o.seq = k.seq
   SET o.status = 'SENT', o.sent_at = UTC_TIMESTAMP(6)
 WHERE o.status = 'PENDING';

-- PARK
INSERT INTO `rowpost_outbox_parked`
  (relay, seq, id, bucket, topic, message_key, type, source, content_type, headers,
   traceparent, payload, created_at, available_at, order_key, place, status,
   attempts, next_attempt_at, blocking, in_flight, version, last_error)
SELECT ?, o.seq, o.id, o.bucket, o.topic, o.message_key, o.type, o.source,
       o.content_type, o.headers, o.traceparent, o.payload, o.created_at,
       o.available_at, k.order_key, o.seq * 1024, k.status, k.attempts,
       k.next_attempt_at, k.blocking, FALSE, 1, k.last_error
  FROM JSON_TABLE(?, '$[*]' COLUMNS (
         seq bigint PATH '$[0]',
         order_key bigint PATH '$[1]',
         status varchar(7) PATH '$[2]',
         attempts integer PATH '$[3]',
         next_attempt_at datetime(6) PATH '$[4]',
         blocking boolean PATH '$[5]',
         last_error varchar(4096) CHARACTER SET utf8mb4 PATH '$[6]')) AS k
  STRAIGHT_JOIN `rowpost_outbox` o FORCE INDEX (PRIMARY) ON o.seq = k.seq AND o.status = 'PENDING';

-- PARKED_STATES
SELECT p.seq, p.place, p.attempts, p.in_flight,
       p.discarded_at IS NOT NULL AS discarded
  FROM JSON_TABLE(?, '$[*]' COLUMNS (seq bigint PATH '$')) AS k
  STRAIGHT_JOIN `rowpost_outbox_parked` p FORCE INDEX (PRIMARY) ON p.seq = k.seq AND p.relay = ?;

-- LAST_PLACES
SELECT k.order_key,
       (SELECT max(p.place) FROM `rowpost_outbox_parked` p
         WHERE p.relay = ? AND p.blocking = TRUE AND p.order_key = k.order_key)
         AS place
  FROM JSON_TABLE(?, '$[*]' COLUMNS (order_key bigint PATH '$')) AS k;

-- SETTLE_PARKED
UPDATE `rowpost_outbox_parked`
   SET place = ?, status = ?, attempts = ?, next_attempt_at = ?, blocking = ?,
       last_error = ?, in_flight = FALSE, version = version + 1
 WHERE relay = ? AND seq = ?;

-- KEEP_PARKED
INSERT INTO `rowpost_outbox`
  (seq, id, bucket, topic, message_key, type, source, content_type, headers,
   traceparent, payload, created_at, available_at, status, sent_at)
SELECT p.seq, p.id, p.bucket, p.topic, p.message_key, p.type, p.source,
       p.content_type, p.headers, p.traceparent, p.payload, p.created_at,
       p.available_at, 'SENT', UTC_TIMESTAMP(6)
  FROM JSON_TABLE(?, '$[*]' COLUMNS (seq bigint PATH '$')) AS k
  STRAIGHT_JOIN `rowpost_outbox_parked` p FORCE INDEX (PRIMARY) ON p.seq = k.seq AND p.relay = ?;

-- DELETE_PARKED
DELETE p
  FROM JSON_TABLE(?, '$[*]' COLUMNS (seq bigint PATH '$')) AS k
  STRAIGHT_JOIN `rowpost_outbox_parked` p FORCE INDEX (PRIMARY) ON p.seq = k.seq AND p.relay = ?;

-- LAND
UPDATE JSON_TABLE(?, '$[*]' COLUMNS (seq bigint PATH '$')) AS k
  STRAIGHT_JOIN `rowpost_outbox_parked` p FORCE INDEX (PRIMARY) ON p.seq = k.seq AND p.relay = ?
   SET p.in_flight = FALSE, p.version = p.version + 1;

-- HEADS
SELECT h.order_key, p.seq, p.status, p.next_attempt_at IS NOT NULL AS dated
  FROM (SELECT k.order_key,
               (SELECT q.seq FROM `rowpost_outbox_parked` q
                 WHERE q.relay = ? AND q.blocking = TRUE
                   AND q.order_key = k.order_key
                 ORDER BY q.place, q.seq
                 LIMIT 1) AS seq
          FROM JSON_TABLE(?, '$[*]' COLUMNS (order_key bigint PATH '$')) AS k) h
  JOIN `rowpost_outbox_parked` p ON p.relay = ? AND p.seq = h.seq;

-- SET_DUE
UPDATE `rowpost_outbox_parked` SET next_attempt_at = ? WHERE relay = ? AND seq = ?;

-- AUDIT
INSERT INTO `rowpost_audit` (actor, act, subject, ids, affected, reason)
VALUES (?, ?, ?, ?, ?, ?);

-- DUE
SELECT p.seq, p.order_key, p.place, p.blocking, octet_length(p.payload) AS size
  FROM `rowpost_outbox_parked` p
 WHERE p.relay = ? AND p.in_flight = FALSE AND p.next_attempt_at <= ?
   AND p.status = 'PENDING' AND p.seq <= ?
   AND (p.blocking = FALSE
        OR NOT EXISTS (SELECT 1 FROM `rowpost_outbox_parked` e
                        WHERE e.relay = p.relay AND e.blocking = TRUE
                          AND e.order_key = p.order_key AND e.place <= p.place
                          AND (e.place < p.place OR e.seq < p.seq)))
 ORDER BY p.next_attempt_at, p.seq
 LIMIT ?;

-- SUCCESSORS
(SELECT seq, order_key, place, status, in_flight,
        next_attempt_at IS NOT NULL AS dated, octet_length(payload) AS size
   FROM `rowpost_outbox_parked`
  WHERE relay = ? AND blocking = TRUE AND order_key = ?
    AND place >= ? AND (place > ? OR seq > ?)
  ORDER BY place, seq
  LIMIT ?);

-- MARK
UPDATE JSON_TABLE(?, '$[*]' COLUMNS (seq bigint PATH '$')) AS k
  STRAIGHT_JOIN `rowpost_outbox_parked` p FORCE INDEX (PRIMARY) ON p.seq = k.seq AND p.relay = ?
   SET p.in_flight = TRUE;

-- PARKED_ROWS
SELECT p.seq, p.id, p.topic, p.message_key, p.type, p.source, p.content_type,
       p.headers, p.traceparent, p.created_at, p.available_at,
       octet_length(p.payload) AS size, p.payload, p.attempts, p.last_error
  FROM JSON_TABLE(?, '$[*]' COLUMNS (seq bigint PATH '$')) AS k
  STRAIGHT_JOIN `rowpost_outbox_parked` p FORCE INDEX (PRIMARY) ON p.seq = k.seq AND p.relay = ?;

-- FETCH
(SELECT o.seq, o.id, o.topic, o.message_key, o.type, o.source, o.content_type,
        o.headers, o.traceparent, o.created_at, o.available_at,
        octet_length(o.payload) AS size,
        CASE WHEN octet_length(o.payload) <= ? THEN o.payload END AS payload
   FROM JSON_TABLE(?, '$[*]' COLUMNS (low bigint PATH '$[0]',
                                     high bigint PATH '$[1]')) AS g
   STRAIGHT_JOIN `rowpost_outbox` o FORCE INDEX (PRIMARY) ON o.seq BETWEEN g.low AND g.high
  WHERE o.status = 'PENDING'
  ORDER BY o.seq
  LIMIT ?)
UNION ALL
(SELECT seq, id, topic, message_key, type, source, content_type,
        headers, traceparent, created_at, available_at,
        octet_length(payload) AS size,
        CASE WHEN octet_length(payload) <= ? THEN payload END AS payload
   FROM `rowpost_outbox` FORCE INDEX (PRIMARY)
  WHERE seq > ? AND status = 'PENDING'
  ORDER BY seq
  LIMIT ?);

-- ROW_PAYLOADS
SELECT o.seq, o.payload
  FROM JSON_TABLE(?, '$[*]' COLUMNS (seq bigint PATH '$')) AS k
  STRAIGHT_JOIN `rowpost_outbox` o FORCE INDEX (PRIMARY) ON o.seq = k.seq;

-- WRITERS
SELECT concat(trx_mysql_thread_id, ' since ', trx_started),
       CASE WHEN trx_id BETWEEN 1 AND 281474976710655 THEN trx_id END
  FROM information_schema.innodb_trx;

-- COUNTS
SELECT (SELECT count(*) FROM (SELECT 1 AS one FROM `rowpost_outbox`
                               WHERE status = 'PENDING' LIMIT 1000000) a),
       (SELECT count(*) FROM (SELECT 1 AS one FROM `rowpost_outbox_parked`
                               WHERE status = 'PENDING' LIMIT 1000000) b),
       (SELECT count(*) FROM (SELECT 1 AS one FROM `rowpost_outbox_parked`
                               WHERE status = 'FAILED' AND discarded_at IS NULL
                               LIMIT 1000000) c),
       (SELECT count(*) FROM (SELECT 1 AS one FROM `rowpost_outbox_parked`
                               WHERE discarded_at IS NOT NULL LIMIT 1000000) d),
       (SELECT count(*) FROM (SELECT 1 AS one FROM `rowpost_outbox`
                               WHERE status = 'SENT' LIMIT 1000000) e);

-- OLDEST
SELECT UTC_TIMESTAMP(6),
       (SELECT created_at FROM `rowpost_outbox`
         WHERE status = 'PENDING' ORDER BY seq LIMIT 1),
       (SELECT min(created_at) FROM `rowpost_outbox_parked` WHERE status = 'PENDING');

-- FIND
(SELECT seq, 0 AS version, id, topic, message_key, type,
        octet_length(payload) AS size, created_at, status, 0 AS attempts,
        NULL AS last_error, FALSE AS blocking, FALSE AS in_flight,
        NULL AS next_attempt_at, FALSE AS discarded
   FROM `rowpost_outbox`
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
   FROM `rowpost_outbox_parked`
  WHERE relay = (SELECT min(relay) FROM `rowpost_relay`) AND seq > ? AND seq <= ?
    AND (? = 0 OR status = ?) AND (? = 0 OR topic = ?)
    AND (? = 0 OR message_key = ?) AND (? = 0 OR type = ?)
    AND (? = 0 OR created_at >= ?) AND (? = 0 OR created_at < ?)
  ORDER BY seq
  LIMIT ?)
ORDER BY seq
LIMIT ?;

-- COUNT
SELECT (SELECT count(*)
          FROM (SELECT 1 AS one
                  FROM `rowpost_outbox`
                 WHERE seq > ? AND seq <= ?
                   AND (? = 0 OR status = ?) AND (? = 0 OR topic = ?)
                   AND (? = 0 OR message_key = ?) AND (? = 0 OR type = ?)
                   AND (? = 0 OR created_at >= ?) AND (? = 0 OR created_at < ?)
                 LIMIT 1000000) a)
       + (SELECT count(*)
            FROM (SELECT 1 AS one
                    FROM `rowpost_outbox_parked`
                   WHERE relay = (SELECT min(relay) FROM `rowpost_relay`)
                     AND seq > ? AND seq <= ?
                     AND (? = 0 OR status = ?) AND (? = 0 OR topic = ?)
                     AND (? = 0 OR message_key = ?) AND (? = 0 OR type = ?)
                     AND (? = 0 OR created_at >= ?) AND (? = 0 OR created_at < ?)
                   LIMIT 1000000) b);

-- GET
(SELECT seq, id, topic, message_key, type, source, content_type, headers,
        traceparent, created_at, available_at, octet_length(payload) AS size,
        payload, 0 AS attempts, NULL AS last_error, status
   FROM `rowpost_outbox`
  WHERE id = ?
  ORDER BY seq DESC
  LIMIT 1)
UNION ALL
(SELECT seq, id, topic, message_key, type, source, content_type, headers,
        traceparent, created_at, available_at, octet_length(payload) AS size,
        payload, attempts, last_error, status
   FROM `rowpost_outbox_parked`
  WHERE id = ?
  ORDER BY seq DESC
  LIMIT 1);

-- LOCK_RELAYS
SELECT relay, UTC_TIMESTAMP(6)
  FROM `rowpost_relay`
 ORDER BY relay, shard
   FOR UPDATE;

-- ACT_STATE
SELECT version, status, discarded_at IS NOT NULL AS discarded, in_flight, order_key
  FROM `rowpost_outbox_parked`
 WHERE relay = ? AND seq = ?;

-- REOPEN
UPDATE JSON_TABLE(?, '$[*]' COLUMNS (seq bigint PATH '$')) AS k
  STRAIGHT_JOIN `rowpost_outbox_parked` p FORCE INDEX (PRIMARY) ON p.seq = k.seq AND p.relay = ?
   SET p.status = 'PENDING', p.attempts = 0, p.version = p.version + 1,
       p.next_attempt_at = CASE WHEN p.blocking THEN NULL ELSE UTC_TIMESTAMP(6) END;

-- FAILED_PAGE
SELECT seq, order_key
  FROM `rowpost_outbox_parked`
 WHERE relay = ? AND seq > ? AND seq <= ?
   AND status = 'FAILED' AND discarded_at IS NULL
   AND (? = 0 OR status = ?) AND (? = 0 OR topic = ?)
   AND (? = 0 OR message_key = ?) AND (? = 0 OR type = ?)
   AND (? = 0 OR created_at >= ?) AND (? = 0 OR created_at < ?)
 ORDER BY seq
 LIMIT ?;

-- DISCARD
UPDATE `rowpost_outbox_parked`
   SET status = 'FAILED', blocking = FALSE, next_attempt_at = NULL,
       discarded_at = UTC_TIMESTAMP(6), discarded_by = ?, discard_reason = ?,
       version = version + 1
 WHERE relay = ? AND seq = ?;

-- LET_CONTINUE
UPDATE `rowpost_outbox_parked`
   SET blocking = FALSE, version = version + 1
 WHERE relay = ? AND seq = ?;

-- SENT_PAGE
SELECT seq
  FROM `rowpost_outbox`
 WHERE seq > ? AND seq <= ? AND status = 'SENT'
   AND (? = 0 OR status = ?) AND (? = 0 OR topic = ?)
   AND (? = 0 OR message_key = ?) AND (? = 0 OR type = ?)
   AND (? = 0 OR created_at >= ?) AND (? = 0 OR created_at < ?)
 ORDER BY seq
 LIMIT ?;

-- LAST_SEQ
SELECT max(seq) FROM `rowpost_outbox`;

-- REPLAY
INSERT INTO `rowpost_outbox`
  (id, bucket, topic, message_key, type, source, content_type, headers,
   traceparent, payload, created_at, available_at)
SELECT o.id, o.bucket, o.topic, o.message_key, o.type, o.source, o.content_type,
       o.headers, o.traceparent, o.payload, o.created_at, o.available_at
  FROM JSON_TABLE(?, '$[*]' COLUMNS (seq bigint PATH '$')) AS k
  STRAIGHT_JOIN `rowpost_outbox` o FORCE INDEX (PRIMARY) ON o.seq = k.seq AND o.status = 'SENT'
 ORDER BY o.seq;

-- PURGE_LOOK
SELECT max(s.seq) AS last_seq,
       max(CASE WHEN s.status = 'SENT' AND s.sent_at <= ? THEN 1 ELSE 0 END) AS old
  FROM (SELECT seq, status, sent_at
          FROM `rowpost_outbox`
         WHERE seq > ?
         ORDER BY seq
         LIMIT ?) s;

-- PURGE_PAGE
SELECT seq
  FROM `rowpost_outbox`
 WHERE seq > ? AND seq <= ? AND status = 'SENT' AND sent_at <= ?
 ORDER BY seq
   FOR UPDATE SKIP LOCKED;

-- PURGE_ROWS
DELETE o
  FROM JSON_TABLE(?, '$[*]' COLUMNS (seq bigint PATH '$')) AS k
  STRAIGHT_JOIN `rowpost_outbox` o FORCE INDEX (PRIMARY) ON o.seq = k.seq AND o.status = 'SENT';

-- PURGE_DISCARDED_PAGE
SELECT seq
  FROM `rowpost_outbox_parked`
 WHERE relay = ? AND discarded_at <= ? AND in_flight = FALSE
 LIMIT ?;

-- ONCE_PAGE
SELECT id
  FROM `rowpost_outbox_once`
 WHERE (? = 0 OR id > ?)
 ORDER BY id
 LIMIT ?;

-- PURGE_ONCE
DELETE FROM `rowpost_outbox_once`
 WHERE (? = 0 OR id > ?) AND id <= ? AND created_at <= ?;

-- PAUSE
UPDATE `rowpost_relay`
   SET paused = TRUE, changes = changes + 1
 WHERE relay = ? AND shard = 0 AND paused = FALSE;

-- RESUME
UPDATE `rowpost_relay`
   SET paused = FALSE, changes = changes + 1
 WHERE relay = ? AND shard = 0 AND paused = TRUE;

-- INBOX_CLAIM
INSERT INTO `rowpost_inbox` (consumer, message_id, status, message_time)
SELECT ?, ?, 'PROCESSING', m.time
  FROM (SELECT CAST(? AS datetime(6)) AS time) m
 WHERE m.time IS NULL
    OR m.time BETWEEN UTC_TIMESTAMP(6) - INTERVAL ? MICROSECOND AND UTC_TIMESTAMP(6) + INTERVAL 1 DAY;

-- INBOX_CLAIM_ROWS
INSERT INTO `rowpost_inbox` (consumer, message_id, status, message_time)
SELECT ?, m.id, 'PROCESSING', m.time
  FROM JSON_TABLE(?, '$[*]' COLUMNS (
         id varchar(512) CHARACTER SET utf8mb4 PATH '$[0]',
         time datetime(6) PATH '$[1]')) AS m;

-- INBOX_STATES
SELECT i.message_id, i.status
  FROM JSON_TABLE(?, '$[*]' COLUMNS (id varchar(512) CHARACTER SET utf8mb4 PATH '$[0]')) AS m
  STRAIGHT_JOIN `rowpost_inbox` i ON i.consumer = ? AND i.message_id = m.id
  LOCK IN SHARE MODE;

-- INBOX_CLOCK
SELECT UTC_TIMESTAMP(6);

-- INBOX_LOCK
SELECT status, attempts
  FROM `rowpost_inbox`
 WHERE consumer = ? AND message_id = ?
   FOR UPDATE;

-- INBOX_PARKED_STATE
SELECT retry_at IS NOT NULL AS reopened
  FROM `rowpost_inbox_parked`
 WHERE consumer = ? AND message_id = ?;

-- INBOX_TAKE
UPDATE `rowpost_inbox`
   SET status = 'PROCESSING'
 WHERE consumer = ? AND message_id = ? AND status = 'FAILED';

-- INBOX_COMPLETE
UPDATE `rowpost_inbox`
   SET status = 'COMPLETED', completed_at = UTC_TIMESTAMP(6)
 WHERE consumer = ? AND message_id = ? AND status = 'PROCESSING';

-- INBOX_COMPLETE_ROWS
UPDATE JSON_TABLE(?, '$[*]' COLUMNS (id varchar(512) CHARACTER SET utf8mb4 PATH '$[0]')) AS m
  STRAIGHT_JOIN `rowpost_inbox` i FORCE INDEX (PRIMARY)
     ON i.consumer = ? AND i.message_id = m.id
   SET i.status = 'COMPLETED', i.completed_at = UTC_TIMESTAMP(6)
 WHERE i.status = 'PROCESSING';

-- INBOX_RECEIVE
INSERT INTO `rowpost_inbox` (consumer, message_id, status, message_time)
VALUES (?, ?, 'FAILED', ?)
    ON DUPLICATE KEY UPDATE attempts = attempts;

-- INBOX_END
UPDATE `rowpost_inbox`
   SET attempts = attempts - 1, last_error = NULL
 WHERE consumer = ? AND message_id = ? AND status <> 'COMPLETED' AND attempts > 0;

-- INBOX_FAIL
UPDATE `rowpost_inbox`
   SET status = 'FAILED', attempts = ?, last_error = ?
 WHERE consumer = ? AND message_id = ? AND status <> 'COMPLETED';

-- INBOX_PARK
INSERT INTO `rowpost_inbox_parked`
  (consumer, message_id, original_id, topic, message_key, type, source,
   content_type, headers, traceparent, message_time, payload, reason)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- INBOX_UNPARK
DELETE FROM `rowpost_inbox_parked` WHERE consumer = ? AND message_id = ?;

-- INBOX_UNPARK_DISCARDED
DELETE FROM `rowpost_inbox_parked`
 WHERE consumer = ? AND message_id = ? AND discarded_at IS NOT NULL;

-- INBOX_COUNT
SELECT count(*)
  FROM (SELECT 1 AS one FROM `rowpost_inbox` WHERE status = ? LIMIT ?) c;

-- INBOX_COUNT_OF
SELECT count(*)
  FROM (SELECT 1 AS one FROM `rowpost_inbox` WHERE consumer = ? AND status = ? LIMIT ?) c;

-- INBOX_COUNT_PARKED
SELECT count(*)
  FROM (SELECT 1 AS one
          FROM `rowpost_inbox_parked`
         WHERE retry_at IS NULL AND discarded_at IS NULL
         LIMIT ?) c;

-- INBOX_COUNT_PARKED_OF
SELECT count(*)
  FROM (SELECT 1 AS one
          FROM `rowpost_inbox_parked`
         WHERE consumer = ? AND retry_at IS NULL AND discarded_at IS NULL
         LIMIT ?) c;

-- INBOX_PAGE
SELECT i.consumer, i.message_id, i.status, i.attempts, i.last_error,
       i.message_time, i.received_at, i.completed_at,
       p.message_id IS NOT NULL AND p.retry_at IS NULL AS parked,
       p.discarded_at IS NOT NULL AS discarded
  FROM `rowpost_inbox` i
  LEFT JOIN `rowpost_inbox_parked` p
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
  FROM `rowpost_inbox` i
  LEFT JOIN `rowpost_inbox_parked` p
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
  FROM `rowpost_inbox` i
  LEFT JOIN `rowpost_inbox_parked` p
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
  FROM `rowpost_inbox` i
  LEFT JOIN `rowpost_inbox_parked` p
    ON p.consumer = i.consumer AND p.message_id = i.message_id
 WHERE i.status = 'FAILED' AND i.consumer = ? AND i.message_id > ?
 ORDER BY i.message_id
 LIMIT ?;

-- INBOX_ROW
SELECT i.consumer, i.message_id, i.status, i.attempts, i.last_error,
       i.message_time, i.received_at, i.completed_at,
       p.message_id IS NOT NULL AND p.retry_at IS NULL AS parked,
       p.discarded_at IS NOT NULL AS discarded
  FROM `rowpost_inbox` i
  LEFT JOIN `rowpost_inbox_parked` p
    ON p.consumer = i.consumer AND p.message_id = i.message_id
 WHERE i.consumer = ? AND i.message_id = ?;

-- INBOX_PARKED
SELECT original_id, topic, message_key, type, source, content_type, headers,
       traceparent, message_time, payload
  FROM `rowpost_inbox_parked`
 WHERE consumer = ? AND message_id = ?;

-- INBOX_REOPENED
SELECT message_id
  FROM `rowpost_inbox_parked`
 WHERE consumer = ? AND retry_at IS NOT NULL
 ORDER BY parked_at, message_id
 LIMIT ?;

-- INBOX_REOPEN
UPDATE `rowpost_inbox_parked`
   SET retry_at = UTC_TIMESTAMP(6), version = version + 1
 WHERE consumer = ? AND message_id = ?
   AND retry_at IS NULL AND discarded_at IS NULL;

-- INBOX_RESET
UPDATE `rowpost_inbox` SET attempts = 0 WHERE consumer = ? AND message_id = ?;

-- INBOX_DISCARD
UPDATE `rowpost_inbox_parked`
   SET discarded_at = UTC_TIMESTAMP(6), discarded_by = ?, discard_reason = ?,
       version = version + 1
 WHERE consumer = ? AND message_id = ?
   AND retry_at IS NULL AND discarded_at IS NULL;

-- INBOX_FORGET
DELETE FROM `rowpost_inbox`
 WHERE consumer = ? AND message_id = ? AND status = 'COMPLETED';

-- INBOX_PURGE
DELETE FROM `rowpost_inbox`
 WHERE status = 'COMPLETED' AND message_time < UTC_TIMESTAMP(6) - INTERVAL ? MICROSECOND
 ORDER BY message_time
 LIMIT ?;

-- INBOX_DISCARDED
SELECT consumer, message_id
  FROM `rowpost_inbox_parked`
 WHERE discarded_at IS NOT NULL AND message_time < UTC_TIMESTAMP(6) - INTERVAL ? MICROSECOND
 LIMIT ?;

-- INBOX_DELETE
DELETE FROM `rowpost_inbox` WHERE consumer = ? AND message_id = ?;

-- CATALOG_TABLES
SELECT table_name, NULL FROM information_schema.tables WHERE table_schema = ?;

-- CATALOG_COLUMNS
SELECT table_name, column_name
  FROM information_schema.columns
 WHERE table_schema = ?;

-- CATALOG_CONSTRAINTS
SELECT table_name, constraint_name
  FROM information_schema.table_constraints
 WHERE table_schema = ?;

-- CATALOG_INDEXES
SELECT table_name, index_name
  FROM information_schema.statistics
 WHERE table_schema = ?;

-- CATALOG_TRIGGERS
SELECT event_object_table, trigger_name
  FROM information_schema.triggers
 WHERE event_object_schema = ?;

-- CATALOG_ELSEWHERE
SELECT table_schema
  FROM information_schema.tables
 WHERE table_name = ? AND table_type = 'BASE TABLE'
 ORDER BY table_schema
 LIMIT 3;

-- CATALOG_SETTINGS
SELECT @@GLOBAL.read_only AS read_only,
       @@GLOBAL.innodb_flush_log_at_trx_commit AS innodb_flush_log_at_trx_commit,
       IF(@@GLOBAL.log_bin, @@GLOBAL.sync_binlog, 1) AS sync_binlog,
       GREATEST(@@GLOBAL.auto_increment_increment,
                @@SESSION.auto_increment_increment) AS auto_increment_increment;

-- CATALOG_VERSION
SELECT version, layout FROM `rowpost_schema_version` ORDER BY version DESC;

-- APPEND of two
INSERT INTO `rowpost_outbox`
  (id, bucket, topic, message_key, type, source, content_type, headers,
   traceparent, payload, available_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?),
       (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- SUCCESSORS of two
(SELECT seq, order_key, place, status, in_flight,
        next_attempt_at IS NOT NULL AS dated, octet_length(payload) AS size
   FROM `rowpost_outbox_parked`
  WHERE relay = ? AND blocking = TRUE AND order_key = ?
    AND place >= ? AND (place > ? OR seq > ?)
  ORDER BY place, seq
  LIMIT ?)
UNION ALL
(SELECT seq, order_key, place, status, in_flight,
        next_attempt_at IS NOT NULL AS dated, octet_length(payload) AS size
   FROM `rowpost_outbox_parked`
  WHERE relay = ? AND blocking = TRUE AND order_key = ?
    AND place >= ? AND (place > ? OR seq > ?)
  ORDER BY place, seq
  LIMIT ?);

-- limits
SET SESSION innodb_lock_wait_timeout = 10, SESSION max_statement_time = 30,
    SESSION idle_transaction_timeout = 10;

-- kept limits
SET @rowpost_lock_wait = @@SESSION.innodb_lock_wait_timeout,
    @rowpost_statement_time = @@SESSION.max_statement_time,
    @rowpost_idle_time = @@SESSION.idle_transaction_timeout;

-- former limits
SET SESSION innodb_lock_wait_timeout = @rowpost_lock_wait,
    SESSION max_statement_time = @rowpost_statement_time,
    SESSION idle_transaction_timeout = @rowpost_idle_time;

