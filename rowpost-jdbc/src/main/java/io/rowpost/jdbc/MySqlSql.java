package io.rowpost.jdbc;

import static java.util.Map.entry;

import java.util.Map;

/**
 * Statements of MySQL and MariaDB.
 *
 * <p>Neither has arrays, so lists of keys are the text of a JSON array each; no statement has
 * variants. STRAIGHT_JOIN makes the list the outer side and FORCE INDEX keeps the other one on its
 * key, whatever the statistics say: a scan would wait for the locks of rows not yet committed.
 */
final class MySqlSql {
  private MySqlSql() {}

  /** All times are UTC, whatever the session's time zone is. */
  static final String NOW = "UTC_TIMESTAMP(6)";

  static final Map<Query, String> STATEMENTS =
      Map.ofEntries(
          entry(
              Query.PROBE,
              """
              SELECT r.changes, r.paused,
                     EXISTS (SELECT 1
                               FROM JSON_TABLE(?, '$[*]' COLUMNS (low bigint PATH '$[0]',
                                                                 high bigint PATH '$[1]')) AS g
                               STRAIGHT_JOIN {outbox} o FORCE INDEX (PRIMARY) ON o.seq BETWEEN g.low AND g.high
                              WHERE o.status = 'PENDING')
                     OR EXISTS (SELECT 1 FROM {outbox} WHERE seq > ? AND status = 'PENDING')
                     OR EXISTS (SELECT 1 FROM {outbox_parked} p
                                 WHERE p.relay = r.relay AND p.in_flight = FALSE
                                   AND p.next_attempt_at <= {now} AND p.status = 'PENDING'
                                   AND (p.blocking = FALSE
                                        OR NOT EXISTS (SELECT 1 FROM {outbox_parked} e
                                                        WHERE e.relay = p.relay
                                                          AND e.blocking = TRUE
                                                          AND e.order_key = p.order_key
                                                          AND e.place <= p.place
                                                          AND (e.place < p.place
                                                               OR e.seq < p.seq)))) AS found
                FROM {relay} r
               WHERE r.relay = ? AND r.shard = 0 AND r.owner = ? AND r.token = ?"""),
          entry(
              Query.DELETE_ROWS,
              """
              DELETE o
                FROM JSON_TABLE(?, '$[*]' COLUMNS (seq bigint PATH '$')) AS k
                STRAIGHT_JOIN {outbox} o FORCE INDEX (PRIMARY) ON o.seq = k.seq AND o.status = 'PENDING'"""),
          entry(
              Query.KEEP_ROWS,
              """
              UPDATE JSON_TABLE(?, '$[*]' COLUMNS (seq bigint PATH '$')) AS k
                STRAIGHT_JOIN {outbox} o FORCE INDEX (PRIMARY) ON o.seq = k.seq
                 SET o.status = 'SENT', o.sent_at = {now}
               WHERE o.status = 'PENDING'"""),
          // One text for all rows: MariaDB's driver cannot batch an INSERT ... SELECT.
          entry(
              Query.PARK,
              """
              INSERT INTO {outbox_parked}
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
                STRAIGHT_JOIN {outbox} o FORCE INDEX (PRIMARY) ON o.seq = k.seq AND o.status = 'PENDING'"""),
          entry(
              Query.PARKED_STATES,
              """
              SELECT p.seq, p.place, p.attempts, p.in_flight,
                     p.discarded_at IS NOT NULL AS discarded
                FROM JSON_TABLE(?, '$[*]' COLUMNS (seq bigint PATH '$')) AS k
                STRAIGHT_JOIN {outbox_parked} p FORCE INDEX (PRIMARY) ON p.seq = k.seq AND p.relay = ?"""),
          entry(
              Query.LAST_PLACES,
              """
              SELECT k.order_key,
                     (SELECT max(p.place) FROM {outbox_parked} p
                       WHERE p.relay = ? AND p.blocking = TRUE AND p.order_key = k.order_key)
                       AS place
                FROM JSON_TABLE(?, '$[*]' COLUMNS (order_key bigint PATH '$')) AS k"""),
          entry(
              Query.KEEP_PARKED,
              """
              INSERT INTO {outbox}
                (seq, id, bucket, topic, message_key, type, source, content_type, headers,
                 traceparent, payload, created_at, available_at, status, sent_at)
              SELECT p.seq, p.id, p.bucket, p.topic, p.message_key, p.type, p.source,
                     p.content_type, p.headers, p.traceparent, p.payload, p.created_at,
                     p.available_at, 'SENT', {now}
                FROM JSON_TABLE(?, '$[*]' COLUMNS (seq bigint PATH '$')) AS k
                STRAIGHT_JOIN {outbox_parked} p FORCE INDEX (PRIMARY) ON p.seq = k.seq AND p.relay = ?"""),
          entry(
              Query.DELETE_PARKED,
              """
              DELETE p
                FROM JSON_TABLE(?, '$[*]' COLUMNS (seq bigint PATH '$')) AS k
                STRAIGHT_JOIN {outbox_parked} p FORCE INDEX (PRIMARY) ON p.seq = k.seq AND p.relay = ?"""),
          entry(
              Query.LAND,
              """
              UPDATE JSON_TABLE(?, '$[*]' COLUMNS (seq bigint PATH '$')) AS k
                STRAIGHT_JOIN {outbox_parked} p FORCE INDEX (PRIMARY) ON p.seq = k.seq AND p.relay = ?
                 SET p.in_flight = FALSE, p.version = p.version + 1"""),
          entry(
              Query.HEADS,
              """
              SELECT h.order_key, p.seq, p.status, p.next_attempt_at IS NOT NULL AS dated
                FROM (SELECT k.order_key,
                             (SELECT q.seq FROM {outbox_parked} q
                               WHERE q.relay = ? AND q.blocking = TRUE
                                 AND q.order_key = k.order_key
                               ORDER BY q.place, q.seq
                               LIMIT 1) AS seq
                        FROM JSON_TABLE(?, '$[*]' COLUMNS (order_key bigint PATH '$')) AS k) h
                JOIN {outbox_parked} p ON p.relay = ? AND p.seq = h.seq"""),
          entry(
              Query.REOPEN,
              """
              UPDATE JSON_TABLE(?, '$[*]' COLUMNS (seq bigint PATH '$')) AS k
                STRAIGHT_JOIN {outbox_parked} p FORCE INDEX (PRIMARY) ON p.seq = k.seq AND p.relay = ?
                 SET p.status = 'PENDING', p.attempts = 0, p.version = p.version + 1,
                     p.next_attempt_at = CASE WHEN p.blocking THEN NULL ELSE {now} END"""),
          entry(
              Query.REPLAY,
              """
              INSERT INTO {outbox}
                (id, bucket, topic, message_key, type, source, content_type, headers,
                 traceparent, payload, created_at, available_at)
              SELECT o.id, o.bucket, o.topic, o.message_key, o.type, o.source, o.content_type,
                     o.headers, o.traceparent, o.payload, o.created_at, o.available_at
                FROM JSON_TABLE(?, '$[*]' COLUMNS (seq bigint PATH '$')) AS k
                STRAIGHT_JOIN {outbox} o FORCE INDEX (PRIMARY) ON o.seq = k.seq AND o.status = 'SENT'
               ORDER BY o.seq"""),
          entry(
              Query.PURGE_ROWS,
              """
              DELETE o
                FROM JSON_TABLE(?, '$[*]' COLUMNS (seq bigint PATH '$')) AS k
                STRAIGHT_JOIN {outbox} o FORCE INDEX (PRIMARY) ON o.seq = k.seq AND o.status = 'SENT'"""),
          entry(
              Query.MARK,
              """
              UPDATE JSON_TABLE(?, '$[*]' COLUMNS (seq bigint PATH '$')) AS k
                STRAIGHT_JOIN {outbox_parked} p FORCE INDEX (PRIMARY) ON p.seq = k.seq AND p.relay = ?
                 SET p.in_flight = TRUE"""),
          entry(
              Query.PARKED_ROWS,
              """
              SELECT p.seq, p.id, p.topic, p.message_key, p.type, p.source, p.content_type,
                     p.headers, p.traceparent, p.created_at, p.available_at,
                     octet_length(p.payload) AS size, p.payload, p.attempts, p.last_error
                FROM JSON_TABLE(?, '$[*]' COLUMNS (seq bigint PATH '$')) AS k
                STRAIGHT_JOIN {outbox_parked} p FORCE INDEX (PRIMARY) ON p.seq = k.seq AND p.relay = ?"""),
          entry(
              Query.FETCH,
              """
              (SELECT o.seq, o.id, o.topic, o.message_key, o.type, o.source, o.content_type,
                      o.headers, o.traceparent, o.created_at, o.available_at,
                      octet_length(o.payload) AS size,
                      CASE WHEN octet_length(o.payload) <= ? THEN o.payload END AS payload
                 FROM JSON_TABLE(?, '$[*]' COLUMNS (low bigint PATH '$[0]',
                                                   high bigint PATH '$[1]')) AS g
                 STRAIGHT_JOIN {outbox} o FORCE INDEX (PRIMARY) ON o.seq BETWEEN g.low AND g.high
                WHERE o.status = 'PENDING'
                ORDER BY o.seq
                LIMIT ?)
              UNION ALL
              (SELECT seq, id, topic, message_key, type, source, content_type,
                      headers, traceparent, created_at, available_at,
                      octet_length(payload) AS size,
                      CASE WHEN octet_length(payload) <= ? THEN payload END AS payload
                 FROM {outbox} FORCE INDEX (PRIMARY)
                WHERE seq > ? AND status = 'PENDING'
                ORDER BY seq
                LIMIT ?)"""),
          entry(
              Query.ROW_PAYLOADS,
              """
              SELECT o.seq, o.payload
                FROM JSON_TABLE(?, '$[*]' COLUMNS (seq bigint PATH '$')) AS k
                STRAIGHT_JOIN {outbox} o FORCE INDEX (PRIMARY) ON o.seq = k.seq"""),
          // Needs the privilege PROCESS; without it gaps are kept in mind until the next lease.
          // Until a transaction writes, its id is 0 or a stand-in of 2^48 or more; its thread and
          // beginning stay, but for a prepared one (XA), which outlives its thread.
          entry(
              Query.WRITERS,
              """
              SELECT concat(trx_mysql_thread_id, ' since ', trx_started),
                     CASE WHEN trx_id BETWEEN 1 AND 281474976710655 THEN trx_id END
                FROM information_schema.innodb_trx"""));
}
