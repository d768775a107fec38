package io.rowpost.jdbc;

import static java.util.Map.entry;

import java.util.Map;

/**
 * Statements of PostgreSQL that differ in the log layout.
 *
 * <p>Two indexes serve the reading: that on xid finds the rows of a small window, whatever their
 * seq; the primary key pages through a large one. Statistics must never make the planner take the
 * other one, which may lead through all history. So where the rows of a window are meant no order
 * is asked for, and where it is paged its ends are tested by a function that no index knows.
 */
final class PostgresLogSql {
  private PostgresLogSql() {}

  /**
   * One plan whatever the values are, for to plan anew each time takes longer than to run. And the
   * commit is flushed: a cursor that a crash can undo could have passed what the same crash undoes.
   */
  static final String PLANS =
      """
      SELECT set_config('enable_seqscan', 'off', TRUE),
             set_config('enable_bitmapscan', 'off', TRUE),
             set_config('enable_sort', 'off', TRUE),
             set_config('max_parallel_workers_per_gather', '0', TRUE),
             set_config('jit', 'off', TRUE),
             set_config('plan_cache_mode', 'force_generic_plan', TRUE),
             set_config('synchronous_commit',
                        CASE current_setting('synchronous_commit')
                             WHEN 'off' THEN 'local'
                             ELSE current_setting('synchronous_commit') END, TRUE)""";

  static final Map<Query, String> STATEMENTS =
      Map.ofEntries(
          // 1 / 0 where a row is missing: an error ends everything that was sent behind it.
          entry(
              Query.FENCE_OR_FAIL,
              """
              SELECT 1 / count(*) AS held, bool_or(f.paused) AS paused, max(f.changes) AS changes,
                     {now} AS now_at, max(d.next_attempt_at) <= {now} AS due,
                     count(d.next_attempt_at) AS dated
                FROM (SELECT r.relay, r.paused, r.changes
                        FROM {relay} r
                       WHERE r.relay = ? AND r.shard = 0 AND r.owner = ? AND r.token = ?
                         FOR NO KEY UPDATE) f
                JOIN {relay_cursor} k ON k.relay = f.relay AND k.shard = 0 AND k.n = ?
                LEFT JOIN LATERAL (SELECT p.next_attempt_at
                                     FROM {outbox_parked} p
                                    WHERE p.relay = f.relay AND p.in_flight = FALSE
                                      AND p.next_attempt_at IS NOT NULL
                                    ORDER BY p.next_attempt_at
                                    LIMIT 1) d ON TRUE"""),
          entry(
              Query.EXTEND,
              """
              UPDATE {relay}
                 SET lease_until = {now} + ? * interval '1 microsecond', renewals = renewals + 1
               WHERE relay = ? AND shard = 0"""),
          entry(
              Query.NEWEST_CURSOR,
              """
              SELECT n, consumed, reading, last_seq, low_seq, settled
                FROM {relay_cursor}
               WHERE relay = ? AND shard = 0
               ORDER BY n DESC
               LIMIT 1"""),
          entry(
              Query.FIRST_CURSOR,
              """
              INSERT INTO {relay_cursor} (relay, shard, n, consumed, last_seq, low_seq, settled)
              VALUES (?, 0, 0, '3:3:', 0, 0, '{}')"""),
          entry(
              Query.MOVE_CURSOR,
              """
              INSERT INTO {relay_cursor}
                (relay, shard, n, consumed, reading, last_seq, low_seq, settled)
              VALUES (?, 0, ?, ?, ?, ?, ?, ?)"""),
          entry(
              Query.CLEAR_CURSORS,
              "DELETE FROM {relay_cursor} WHERE relay = ? AND shard = 0 AND n >= ? AND n < ?"),
          entry(
              Query.CLUSTER,
              """
              SELECT s.system_identifier,
                     (SELECT r.cluster FROM {relay} r
                       WHERE r.cluster <> s.system_identifier LIMIT 1),
                     (SELECT o.xid FROM {outbox} o ORDER BY o.xid DESC LIMIT 1)
                     >= pg_snapshot_xmax(pg_current_snapshot())
                FROM pg_control_system() s"""),
          entry(
              Query.SET_CLUSTER,
              """
              UPDATE {relay}
                 SET cluster = (SELECT system_identifier FROM pg_control_system())
               WHERE relay = ? AND shard = 0"""),
          entry(Query.SNAPSHOT, "SELECT pg_current_snapshot()"),
          // A row of this cluster has the xid of the transaction that wrote it, whose own xmin is
          // that or, of a subtransaction, a little later; and a row that is seen was written by one
          // that the snapshot knows. Where neither holds the row came from elsewhere. The lowest
          // xids belong to no transaction. A seq that a relay has written down means the same row.
          entry(
              Query.REBASE_CONSUMED,
              """
              WITH k AS MATERIALIZED (
                SELECT r.relay, c.consumed, c.reading, c.last_seq, c.settled
                  FROM {relay} r
                  LEFT JOIN LATERAL (SELECT *
                                       FROM {relay_cursor} n
                                      WHERE n.relay = r.relay AND n.shard = r.shard
                                      ORDER BY n.n DESC
                                      LIMIT 1) c ON TRUE)
              UPDATE {outbox} o
                 SET xid = '2'
               WHERE o.xid >= '3'
                 AND EXISTS (SELECT 1 FROM k)
                 AND NOT EXISTS (
                   SELECT 1
                     FROM k
                    WHERE (o.seq = ANY (k.settled)
                           OR EXISTS (SELECT 1 FROM {outbox_parked} p
                                       WHERE p.relay = k.relay AND p.seq = o.seq)
                           OR ((o.xid >= pg_snapshot_xmax(pg_current_snapshot())
                                OR ((o.xmin::text::bigint - o.xid::text::bigint) & 4294967295)
                                   >= 2147483648)
                               AND (pg_visible_in_snapshot(o.xid, k.consumed)
                                    OR (o.seq <= k.last_seq
                                        AND pg_visible_in_snapshot(o.xid, k.reading))))
                          ) IS NOT TRUE)"""),
          entry(
              Query.REBASE_AGAIN,
              """
              UPDATE {outbox} o
                 SET xid = pg_current_xact_id()
               WHERE o.xid >= '3'
                 AND NOT EXISTS (SELECT 1 FROM {outbox_parked} p WHERE p.seq = o.seq)"""),
          // One statement: what it copies is what it hides.
          entry(
              Query.REBASE_COPIES,
              """
              WITH parked AS (
                UPDATE {outbox} o
                   SET xid = '2'
                 WHERE o.xid >= '3'
                   AND EXISTS (SELECT 1 FROM {outbox_parked} p WHERE p.seq = o.seq)
                RETURNING *)
              INSERT INTO {outbox}
                (id, bucket, topic, message_key, type, source, content_type, headers,
                 traceparent, payload, created_at, available_at)
              SELECT id, bucket, topic, message_key, type, source, content_type, headers,
                     traceparent, payload, created_at, available_at
                FROM parked
               ORDER BY seq"""),
          entry(
              Query.REBASE_CURSORS,
              """
              INSERT INTO {relay_cursor} (relay, shard, n, consumed, last_seq, low_seq, settled)
              SELECT r.relay, r.shard,
                     coalesce((SELECT max(c.n) FROM {relay_cursor} c
                                WHERE c.relay = r.relay AND c.shard = r.shard), -1) + 1,
                     ?, 0, 0, '{}'
                FROM {relay} r"""),
          entry(
              Query.REBASE_RELAYS,
              """
              UPDATE {relay}
                 SET cluster = (SELECT system_identifier FROM pg_control_system()),
                     owner = NULL, lease_until = NULL, changes = changes + 1"""),
          entry(
              Query.PROBE_LOG,
              """
              SELECT r.changes, r.paused,
                     ?::boolean
                     OR EXISTS (SELECT 1 FROM {outbox} WHERE xid >= pg_snapshot_xmax(?))
                     OR EXISTS (SELECT 1 FROM {outbox}
                                 WHERE xid = ANY (ARRAY(SELECT x FROM pg_snapshot_xip(?) AS x
                                                         WHERE pg_visible_in_snapshot(
                                                           x, pg_current_snapshot()))))
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
          // One statement, so the snapshot it tells is the one by which its rows were chosen. They
          // come as the index has them: all of a small window, or none.
          entry(
              Query.OPEN_WINDOW,
              """
              WITH n AS MATERIALIZED (
                SELECT seq FROM {outbox} WHERE xid >= pg_snapshot_xmax(?) LIMIT ?),
              e AS MATERIALIZED (
                SELECT ARRAY(SELECT x FROM pg_snapshot_xip(?) AS x
                              WHERE pg_visible_in_snapshot(x, pg_current_snapshot())) AS ended),
              o AS MATERIALIZED (
                SELECT seq FROM {outbox} WHERE xid = ANY ((SELECT ended FROM e)::xid8[]) LIMIT ?),
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
                 FROM {outbox}
                WHERE xid >= pg_snapshot_xmax(?) AND (SELECT is_small FROM w)
                LIMIT ?)
              UNION ALL
              (SELECT seq, id, topic, message_key, type, source, content_type, headers,
                      traceparent, created_at, available_at, octet_length(payload),
                      CASE WHEN octet_length(payload) <= ? THEN payload END, NULL, NULL, NULL
                 FROM {outbox}
                WHERE xid = ANY ((SELECT ended FROM e)::xid8[]) AND (SELECT is_small FROM w)
                LIMIT ?)"""),
          // The last part is run where the others have not filled the page, and has a row where the
          // log goes on behind what a page may walk through.
          entry(
              Query.READ_WINDOW,
              """
              (SELECT seq, id, topic, message_key, type, source, content_type, headers,
                      traceparent, created_at, available_at, octet_length(payload) AS size,
                      CASE WHEN octet_length(payload) <= ? THEN payload END AS payload,
                      NULL::bigint AS passed
                 FROM {outbox}
                WHERE xid = ANY (ARRAY(SELECT x FROM pg_snapshot_xip(?) AS x
                                        WHERE pg_visible_in_snapshot(x, ?)))
                  AND seq + 0 > ? AND seq + 0 < ?
                ORDER BY seq + 0
                LIMIT ?)
              UNION ALL
              (SELECT seq, id, topic, message_key, type, source, content_type, headers,
                      traceparent, created_at, available_at, octet_length(payload) AS size,
                      CASE WHEN octet_length(payload) <= ? THEN payload END AS payload, NULL
                 FROM (SELECT * FROM {outbox} WHERE seq > ? ORDER BY seq LIMIT ?) s
                WHERE NOT pg_visible_in_snapshot(xid, ?) AND pg_visible_in_snapshot(xid, ?)
                ORDER BY seq
                LIMIT ?)
              UNION ALL
              (SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
                      seq
                 FROM {outbox}
                WHERE seq > ?
                ORDER BY seq
                LIMIT 1 OFFSET ?)
              LIMIT ?"""),
          entry(
              Query.LOW_SEQ,
              """
              WITH s AS MATERIALIZED (
                SELECT xid, seq
                  FROM {outbox}
                 WHERE xid >= ?
                 ORDER BY xid
                 LIMIT ?)
              SELECT (SELECT min(seq) FROM s), (SELECT xid::text FROM s OFFSET ? LIMIT 1)"""),
          entry(
              Query.LOW_SEQ_OF_ENDED,
              """
              SELECT CASE WHEN count(*) = ? THEN 1 WHEN count(*) > 10000 THEN min(seq) END, NULL
                FROM (SELECT seq FROM {outbox}
                       WHERE xid = ANY (ARRAY(SELECT x FROM pg_snapshot_xip(?) AS x
                                               WHERE pg_visible_in_snapshot(x, ?)))
                       LIMIT ?) s"""),
          // Not ORDER BY xid, which would be the text.
          entry(
              Query.LOW_SEQ_OF_ONE,
              """
              SELECT CASE count(*) WHEN ? THEN 1 ELSE min(seq) END,
                     (SELECT n.xid::text FROM {outbox} n WHERE n.xid > ? ORDER BY n.xid LIMIT 1)
                FROM (SELECT seq FROM {outbox} WHERE xid = ? LIMIT ?) s"""),
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
                                    WHERE seq = (k.change->>0)::bigint
                                    LIMIT 1) o"""),

          // ---- operators
          entry(
              Query.COUNTS,
              """
              WITH k AS MATERIALIZED (
                SELECT coalesce(c.consumed, '3:3:') AS consumed, c.reading, c.last_seq, c.settled
                  FROM (SELECT min(relay) AS relay FROM {relay}) r
                  LEFT JOIN LATERAL (SELECT *
                                       FROM {relay_cursor} n
                                      WHERE n.relay = r.relay AND n.shard = 0
                                      ORDER BY n.n DESC
                                      LIMIT 1) c ON TRUE)
              SELECT (SELECT count(*)
                        FROM (SELECT 1
                                FROM (SELECT xid, seq
                                        FROM {outbox}
                                       WHERE xid >= (SELECT pg_snapshot_xmax(consumed) FROM k)
                                       UNION ALL
                                      SELECT xid, seq
                                        FROM {outbox}
                                       WHERE xid = ANY (ARRAY(SELECT pg_snapshot_xip(consumed)
                                                                FROM k))) o,
                                     k
                               WHERE ((o.seq <= k.last_seq
                                       AND pg_visible_in_snapshot(o.xid, k.reading))
                                      OR o.seq = ANY (k.settled)) IS NOT TRUE
                               LIMIT 1000000) a),
                     (SELECT count(*) FROM (SELECT 1 FROM {outbox_parked}
                                             WHERE status = 'PENDING' LIMIT 1000000) b),
                     (SELECT count(*) FROM (SELECT 1 FROM {outbox_parked}
                                             WHERE status = 'FAILED' AND discarded_at IS NULL
                                             LIMIT 1000000) c),
                     (SELECT count(*) FROM (SELECT 1 FROM {outbox_parked}
                                             WHERE discarded_at IS NOT NULL LIMIT 1000000) d),
                     (SELECT count(*)
                        FROM (SELECT 1
                                FROM {outbox} o, k
                               WHERE (pg_visible_in_snapshot(o.xid, k.consumed)
                                      OR (o.seq <= k.last_seq
                                          AND pg_visible_in_snapshot(o.xid, k.reading))
                                      OR o.seq = ANY (k.settled))
                                 AND NOT EXISTS (SELECT 1 FROM {outbox_parked} p
                                                  WHERE p.seq = o.seq)
                               LIMIT 1000000) e)"""),
          entry(
              Query.OLDEST,
              """
              WITH k AS MATERIALIZED (
                SELECT coalesce(c.consumed, '3:3:') AS consumed, c.reading, c.last_seq, c.settled
                  FROM (SELECT min(relay) AS relay FROM {relay}) r
                  LEFT JOIN LATERAL (SELECT *
                                       FROM {relay_cursor} n
                                      WHERE n.relay = r.relay AND n.shard = 0
                                      ORDER BY n.n DESC
                                      LIMIT 1) c ON TRUE)
              SELECT {now},
                     (SELECT min(o.created_at)
                        FROM (SELECT xid, seq, created_at
                                FROM {outbox}
                               WHERE xid >= (SELECT pg_snapshot_xmax(consumed) FROM k)
                               UNION ALL
                              SELECT xid, seq, created_at
                                FROM {outbox}
                               WHERE xid = ANY (ARRAY(SELECT pg_snapshot_xip(consumed) FROM k))) o,
                             k
                       WHERE ((o.seq <= k.last_seq AND pg_visible_in_snapshot(o.xid, k.reading))
                              OR o.seq = ANY (k.settled)) IS NOT TRUE),
                     (SELECT min(created_at) FROM {outbox_parked} WHERE status = 'PENDING')"""),
          entry(
              Query.FIND,
              """
              WITH k AS MATERIALIZED (
                SELECT r.relay, c.consumed, c.reading, c.last_seq, c.settled
                  FROM (SELECT min(relay) AS relay FROM {relay}) r
                  LEFT JOIN LATERAL (SELECT *
                                       FROM {relay_cursor} n
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
                         FROM {outbox} o, k
                        WHERE NOT EXISTS (SELECT 1 FROM {outbox_parked} p
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
                 FROM {outbox_parked}
                WHERE relay = (SELECT relay FROM k) AND seq > ? AND seq <= ?
                  AND (? = 0 OR status = ?) AND (? = 0 OR topic = ?)
                  AND (? = 0 OR message_key = ?) AND (? = 0 OR type = ?)
                  AND (? = 0 OR created_at >= ?) AND (? = 0 OR created_at < ?)
                ORDER BY seq
                LIMIT ?)
              ORDER BY seq
              LIMIT ?"""),
          entry(
              Query.COUNT,
              """
              WITH k AS MATERIALIZED (
                SELECT r.relay, c.consumed, c.reading, c.last_seq, c.settled
                  FROM (SELECT min(relay) AS relay FROM {relay}) r
                  LEFT JOIN LATERAL (SELECT *
                                       FROM {relay_cursor} n
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
                                        FROM {outbox} o, k
                                       WHERE NOT EXISTS (SELECT 1 FROM {outbox_parked} p
                                                          WHERE p.relay = k.relay
                                                            AND p.seq = o.seq)) s
                               WHERE seq > ? AND seq <= ?
                                 AND (? = 0 OR status = ?) AND (? = 0 OR topic = ?)
                                 AND (? = 0 OR message_key = ?) AND (? = 0 OR type = ?)
                                 AND (? = 0 OR created_at >= ?) AND (? = 0 OR created_at < ?)
                               LIMIT 1000000) a)
                     + (SELECT count(*)
                          FROM (SELECT 1
                                  FROM {outbox_parked}
                                 WHERE relay = (SELECT relay FROM k)
                                   AND seq > ? AND seq <= ?
                                   AND (? = 0 OR status = ?) AND (? = 0 OR topic = ?)
                                   AND (? = 0 OR message_key = ?) AND (? = 0 OR type = ?)
                                   AND (? = 0 OR created_at >= ?) AND (? = 0 OR created_at < ?)
                                 LIMIT 1000000) b)"""),
          entry(
              Query.GET,
              """
              WITH k AS MATERIALIZED (
                SELECT r.relay, c.consumed, c.reading, c.last_seq, c.settled
                  FROM (SELECT min(relay) AS relay FROM {relay}) r
                  LEFT JOIN LATERAL (SELECT *
                                       FROM {relay_cursor} n
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
                 FROM {outbox} o, k
                WHERE o.id = ?
                  AND NOT EXISTS (SELECT 1 FROM {outbox_parked} p
                                   WHERE p.relay = k.relay AND p.seq = o.seq)
                ORDER BY o.seq DESC
                LIMIT 1)
              UNION ALL
              (SELECT seq, id, topic, message_key, type, source, content_type, headers,
                      traceparent, created_at, available_at, octet_length(payload) AS size,
                      payload, attempts, last_error, status
                 FROM {outbox_parked}
                WHERE id = ?
                ORDER BY seq DESC
                LIMIT 1)"""),
          entry(
              Query.SENT_PAGE,
              """
              WITH k AS MATERIALIZED (
                SELECT r.relay, c.consumed, c.reading, c.last_seq, c.settled
                  FROM (SELECT min(relay) AS relay FROM {relay}) r
                  LEFT JOIN LATERAL (SELECT *
                                       FROM {relay_cursor} n
                                      WHERE n.relay = r.relay AND n.shard = 0
                                      ORDER BY n.n DESC
                                      LIMIT 1) c ON TRUE)
              SELECT seq
                FROM (SELECT o.seq, o.topic, o.message_key, o.type, o.created_at,
                             'SENT' AS status
                        FROM {outbox} o, k
                       WHERE (pg_visible_in_snapshot(o.xid, k.consumed)
                              OR (o.seq <= k.last_seq
                                  AND pg_visible_in_snapshot(o.xid, k.reading))
                              OR o.seq = ANY (k.settled))
                         AND NOT EXISTS (SELECT 1 FROM {outbox_parked} p
                                          WHERE p.relay = k.relay AND p.seq = o.seq)) s
               WHERE seq > ? AND seq <= ?
                 AND (? = 0 OR status = ?) AND (? = 0 OR topic = ?)
                 AND (? = 0 OR message_key = ?) AND (? = 0 OR type = ?)
                 AND (? = 0 OR created_at >= ?) AND (? = 0 OR created_at < ?)
               ORDER BY seq
               LIMIT ?"""),
          entry(
              Query.REPLAY,
              """
              INSERT INTO {outbox}
                (id, bucket, topic, message_key, type, source, content_type, headers,
                 traceparent, payload, created_at, available_at)
              SELECT id, bucket, topic, message_key, type, source, content_type, headers,
                     traceparent, payload, created_at, available_at
                FROM {outbox}
               WHERE seq = ANY(?::bigint[])
               ORDER BY seq"""),
          // Not before its row in the log may go too, or that would seem to be sent.
          entry(
              Query.PURGE_DISCARDED_PAGE,
              """
              WITH k AS MATERIALIZED (
                SELECT c.consumed
                  FROM {relay} r
                  LEFT JOIN LATERAL (SELECT *
                                       FROM {relay_cursor} n
                                      WHERE n.relay = r.relay AND n.shard = r.shard
                                      ORDER BY n.n DESC
                                      LIMIT 1) c ON TRUE)
              SELECT p.seq
                FROM {outbox_parked} p
                LEFT JOIN {outbox} o ON o.seq = p.seq
               WHERE p.relay = ? AND p.discarded_at <= ? AND p.in_flight = FALSE
                 AND (o.seq IS NULL
                      OR NOT EXISTS (SELECT 1 FROM k
                                      WHERE pg_visible_in_snapshot(o.xid, k.consumed)
                                            IS NOT TRUE))
               LIMIT ?"""),
          // Passed by every relay; what is parked anywhere may not look SENT when it is not. Nearly
          // all rows are older than every transaction that any cursor has met open.
          entry(
              Query.PURGE_LOG,
              """
              WITH k AS MATERIALIZED (
                SELECT c.consumed
                  FROM {relay} r
                  LEFT JOIN LATERAL (SELECT *
                                       FROM {relay_cursor} n
                                      WHERE n.relay = r.relay AND n.shard = r.shard
                                      ORDER BY n.n DESC
                                      LIMIT 1) c ON TRUE),
              page AS MATERIALIZED (
                SELECT max(s.seq) AS last_seq, bool_or(s.created_at <= ?) AS old
                  FROM (SELECT seq, created_at
                          FROM {outbox}
                         WHERE seq > ?
                         ORDER BY seq
                         LIMIT ?) s),
              gone AS (
                DELETE FROM {outbox} o
                 WHERE o.seq > ? AND o.seq <= (SELECT last_seq FROM page)
                   AND o.created_at <= ?
                   AND (o.xid < (SELECT min(pg_snapshot_xmin(consumed))
                                   FROM k
                                 HAVING bool_and(consumed IS NOT NULL))
                        OR EXISTS (SELECT 1 FROM k)
                           AND NOT EXISTS (SELECT 1 FROM k
                                            WHERE pg_visible_in_snapshot(o.xid, k.consumed)
                                                  IS NOT TRUE))
                   AND NOT EXISTS (SELECT 1 FROM {outbox_parked} p
                                    WHERE p.seq = o.seq)
                RETURNING 1)
              SELECT (SELECT count(*) FROM gone), last_seq, old
                FROM page"""),
          entry(
              Query.HOLD_RELAYS,
              """
              SELECT relay
                FROM {relay}
               ORDER BY relay, shard
                 FOR KEY SHARE"""),
          entry(Query.PURGE_ROWS, "DELETE FROM {outbox} WHERE seq = ANY(?::bigint[])"));
}
