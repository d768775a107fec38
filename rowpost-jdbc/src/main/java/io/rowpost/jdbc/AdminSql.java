package io.rowpost.jdbc;

import static java.util.Map.entry;

import java.util.Map;

/**
 * Operators' statements that every database takes as they are.
 *
 * <p>A filter is two ends of seq, the first exclusive, and six pairs: whether it is given, and its
 * value.
 */
final class AdminSql {
  private AdminSql() {}

  static final Map<Query, String> STATEMENTS =
      Map.ofEntries(
          entry(
              Query.COUNTS,
              """
              SELECT (SELECT count(*) FROM (SELECT 1 AS one FROM {outbox}
                                             WHERE status = 'PENDING' LIMIT 1000000) a),
                     (SELECT count(*) FROM (SELECT 1 AS one FROM {outbox_parked}
                                             WHERE status = 'PENDING' LIMIT 1000000) b),
                     (SELECT count(*) FROM (SELECT 1 AS one FROM {outbox_parked}
                                             WHERE status = 'FAILED' AND discarded_at IS NULL
                                             LIMIT 1000000) c),
                     (SELECT count(*) FROM (SELECT 1 AS one FROM {outbox_parked}
                                             WHERE discarded_at IS NOT NULL LIMIT 1000000) d),
                     (SELECT count(*) FROM (SELECT 1 AS one FROM {outbox}
                                             WHERE status = 'SENT' LIMIT 1000000) e)"""),
          // In order of seq rather than of time: the least of a million times takes a full scan.
          entry(
              Query.OLDEST,
              """
              SELECT {now},
                     (SELECT created_at FROM {outbox}
                       WHERE status = 'PENDING' ORDER BY seq LIMIT 1),
                     (SELECT min(created_at) FROM {outbox_parked} WHERE status = 'PENDING')"""),
          entry(
              Query.FIND,
              """
              (SELECT seq, 0 AS version, id, topic, message_key, type,
                      octet_length(payload) AS size, created_at, status, 0 AS attempts,
                      NULL AS last_error, FALSE AS blocking, FALSE AS in_flight,
                      NULL AS next_attempt_at, FALSE AS discarded
                 FROM {outbox}
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
                WHERE relay = (SELECT min(relay) FROM {relay}) AND seq > ? AND seq <= ?
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
              SELECT (SELECT count(*)
                        FROM (SELECT 1 AS one
                                FROM {outbox}
                               WHERE seq > ? AND seq <= ?
                                 AND (? = 0 OR status = ?) AND (? = 0 OR topic = ?)
                                 AND (? = 0 OR message_key = ?) AND (? = 0 OR type = ?)
                                 AND (? = 0 OR created_at >= ?) AND (? = 0 OR created_at < ?)
                               LIMIT 1000000) a)
                     + (SELECT count(*)
                          FROM (SELECT 1 AS one
                                  FROM {outbox_parked}
                                 WHERE relay = (SELECT min(relay) FROM {relay})
                                   AND seq > ? AND seq <= ?
                                   AND (? = 0 OR status = ?) AND (? = 0 OR topic = ?)
                                   AND (? = 0 OR message_key = ?) AND (? = 0 OR type = ?)
                                   AND (? = 0 OR created_at >= ?) AND (? = 0 OR created_at < ?)
                                 LIMIT 1000000) b)"""),
          entry(
              Query.GET,
              """
              (SELECT seq, id, topic, message_key, type, source, content_type, headers,
                      traceparent, created_at, available_at, octet_length(payload) AS size,
                      payload, 0 AS attempts, NULL AS last_error, status
                 FROM {outbox}
                WHERE id = ?
                ORDER BY seq DESC
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
              Query.LOCK_RELAYS,
              """
              SELECT relay, {now}
                FROM {relay}
               ORDER BY relay, shard
                 FOR UPDATE"""),
          entry(
              Query.ACT_STATE,
              """
              SELECT version, status, discarded_at IS NOT NULL AS discarded, in_flight, order_key
                FROM {outbox_parked}
               WHERE relay = ? AND seq = ?"""),
          entry(
              Query.FAILED_PAGE,
              """
              SELECT seq, order_key
                FROM {outbox_parked}
               WHERE relay = ? AND seq > ? AND seq <= ?
                 AND status = 'FAILED' AND discarded_at IS NULL
                 AND (? = 0 OR status = ?) AND (? = 0 OR topic = ?)
                 AND (? = 0 OR message_key = ?) AND (? = 0 OR type = ?)
                 AND (? = 0 OR created_at >= ?) AND (? = 0 OR created_at < ?)
               ORDER BY seq
               LIMIT ?"""),
          entry(
              Query.DISCARD,
              """
              UPDATE {outbox_parked}
                 SET status = 'FAILED', blocking = FALSE, next_attempt_at = NULL,
                     discarded_at = {now}, discarded_by = ?, discard_reason = ?,
                     version = version + 1
               WHERE relay = ? AND seq = ?"""),
          entry(
              Query.LET_CONTINUE,
              """
              UPDATE {outbox_parked}
                 SET blocking = FALSE, version = version + 1
               WHERE relay = ? AND seq = ?"""),
          entry(
              Query.SENT_PAGE,
              """
              SELECT seq
                FROM {outbox}
               WHERE seq > ? AND seq <= ? AND status = 'SENT'
                 AND (? = 0 OR status = ?) AND (? = 0 OR topic = ?)
                 AND (? = 0 OR message_key = ?) AND (? = 0 OR type = ?)
                 AND (? = 0 OR created_at >= ?) AND (? = 0 OR created_at < ?)
               ORDER BY seq
               LIMIT ?"""),
          entry(Query.LAST_SEQ, "SELECT max(seq) FROM {outbox}"),
          entry(
              Query.PURGE_LOOK,
              """
              SELECT max(s.seq) AS last_seq,
                     max(CASE WHEN s.status = 'SENT' AND s.sent_at <= ? THEN 1 ELSE 0 END) AS old
                FROM (SELECT seq, status, sent_at
                        FROM {outbox}
                       WHERE seq > ?
                       ORDER BY seq
                       LIMIT ?) s"""),
          // SKIP LOCKED: what another purge is at is its own to delete and to count.
          entry(
              Query.PURGE_PAGE,
              """
              SELECT seq
                FROM {outbox}
               WHERE seq > ? AND seq <= ? AND status = 'SENT' AND sent_at <= ?
               ORDER BY seq
                 FOR UPDATE SKIP LOCKED"""),
          entry(
              Query.PURGE_DISCARDED_PAGE,
              """
              SELECT seq
                FROM {outbox_parked}
               WHERE relay = ? AND discarded_at <= ? AND in_flight = FALSE
               LIMIT ?"""),
          entry(
              Query.ONCE_PAGE,
              """
              SELECT id
                FROM {outbox_once}
               WHERE (? = 0 OR id > ?)
               ORDER BY id
               LIMIT ?"""),
          entry(
              Query.PURGE_ONCE,
              """
              DELETE FROM {outbox_once}
               WHERE (? = 0 OR id > ?) AND id <= ? AND created_at <= ?"""),
          entry(
              Query.PAUSE,
              """
              UPDATE {relay}
                 SET paused = TRUE, changes = changes + 1
               WHERE relay = ? AND shard = 0 AND paused = FALSE"""),
          entry(
              Query.RESUME,
              """
              UPDATE {relay}
                 SET paused = FALSE, changes = changes + 1
               WHERE relay = ? AND shard = 0 AND paused = TRUE"""));
}
