package io.rowpost.jdbc;

import static java.util.Map.entry;

import java.util.Map;

/** Statements of the inbox that every database takes as they are; see {@link StandardSql}. */
final class InboxStandardSql {
  private InboxStandardSql() {}

  static final Map<Query, String> STATEMENTS =
      Map.ofEntries(
          entry(Query.INBOX_CLOCK, "SELECT {now}"),
          entry(
              Query.INBOX_LOCK,
              """
              SELECT status, attempts
                FROM {inbox}
               WHERE consumer = ? AND message_id = ?
                 FOR UPDATE"""),
          // Only with the lock of the message's row: every change of a copy begins with it.
          entry(
              Query.INBOX_PARKED_STATE,
              """
              SELECT retry_at IS NOT NULL AS reopened
                FROM {inbox_parked}
               WHERE consumer = ? AND message_id = ?"""),
          entry(
              Query.INBOX_TAKE,
              """
              UPDATE {inbox}
                 SET status = 'PROCESSING'
               WHERE consumer = ? AND message_id = ? AND status = 'FAILED'"""),
          entry(
              Query.INBOX_COMPLETE,
              """
              UPDATE {inbox}
                 SET status = 'COMPLETED', completed_at = {now}
               WHERE consumer = ? AND message_id = ? AND status = 'PROCESSING'"""),
          entry(
              Query.INBOX_END,
              """
              UPDATE {inbox}
                 SET attempts = attempts - 1, last_error = NULL
               WHERE consumer = ? AND message_id = ? AND status <> 'COMPLETED' AND attempts > 0"""),
          entry(
              Query.INBOX_FAIL,
              """
              UPDATE {inbox}
                 SET status = 'FAILED', attempts = ?, last_error = ?
               WHERE consumer = ? AND message_id = ? AND status <> 'COMPLETED'"""),
          entry(
              Query.INBOX_PARK,
              """
              INSERT INTO {inbox_parked}
                (consumer, message_id, original_id, topic, message_key, type, source,
                 content_type, headers, traceparent, message_time, payload, reason)
              VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""),
          entry(
              Query.INBOX_UNPARK,
              "DELETE FROM {inbox_parked} WHERE consumer = ? AND message_id = ?"),
          entry(
              Query.INBOX_UNPARK_DISCARDED,
              """
              DELETE FROM {inbox_parked}
               WHERE consumer = ? AND message_id = ? AND discarded_at IS NOT NULL"""),
          entry(
              Query.INBOX_COUNT,
              """
              SELECT count(*)
                FROM (SELECT 1 AS one FROM {inbox} WHERE status = ? LIMIT ?) c"""),
          entry(
              Query.INBOX_COUNT_OF,
              """
              SELECT count(*)
                FROM (SELECT 1 AS one FROM {inbox} WHERE consumer = ? AND status = ? LIMIT ?) c"""),
          entry(
              Query.INBOX_COUNT_PARKED,
              """
              SELECT count(*)
                FROM (SELECT 1 AS one
                        FROM {inbox_parked}
                       WHERE retry_at IS NULL AND discarded_at IS NULL
                       LIMIT ?) c"""),
          entry(
              Query.INBOX_COUNT_PARKED_OF,
              """
              SELECT count(*)
                FROM (SELECT 1 AS one
                        FROM {inbox_parked}
                       WHERE consumer = ? AND retry_at IS NULL AND discarded_at IS NULL
                       LIMIT ?) c"""),
          entry(
              Query.INBOX_PAGE,
              """
              SELECT i.consumer, i.message_id, i.status, i.attempts, i.last_error,
                     i.message_time, i.received_at, i.completed_at,
                     p.message_id IS NOT NULL AND p.retry_at IS NULL AS parked,
                     p.discarded_at IS NOT NULL AS discarded
                FROM {inbox} i
                LEFT JOIN {inbox_parked} p
                  ON p.consumer = i.consumer AND p.message_id = i.message_id
               WHERE i.consumer >= ? AND (i.consumer > ? OR i.message_id > ?)
                 AND i.status = COALESCE(?, i.status)
               ORDER BY i.consumer, i.message_id
               LIMIT ?"""),
          entry(
              Query.INBOX_PAGE_OF,
              """
              SELECT i.consumer, i.message_id, i.status, i.attempts, i.last_error,
                     i.message_time, i.received_at, i.completed_at,
                     p.message_id IS NOT NULL AND p.retry_at IS NULL AS parked,
                     p.discarded_at IS NOT NULL AS discarded
                FROM {inbox} i
                LEFT JOIN {inbox_parked} p
                  ON p.consumer = i.consumer AND p.message_id = i.message_id
               WHERE i.consumer = ? AND i.message_id > ?
                 AND i.status = COALESCE(?, i.status)
               ORDER BY i.message_id
               LIMIT ?"""),
          // Few are FAILED among all that are kept; an index has them, if the plan is made for it.
          entry(
              Query.INBOX_FAILED,
              """
              SELECT i.consumer, i.message_id, i.status, i.attempts, i.last_error,
                     i.message_time, i.received_at, i.completed_at,
                     p.message_id IS NOT NULL AND p.retry_at IS NULL AS parked,
                     p.discarded_at IS NOT NULL AS discarded
                FROM {inbox} i
                LEFT JOIN {inbox_parked} p
                  ON p.consumer = i.consumer AND p.message_id = i.message_id
               WHERE i.status = 'FAILED'
                 AND i.consumer >= ? AND (i.consumer > ? OR i.message_id > ?)
               ORDER BY i.consumer, i.message_id
               LIMIT ?"""),
          entry(
              Query.INBOX_FAILED_OF,
              """
              SELECT i.consumer, i.message_id, i.status, i.attempts, i.last_error,
                     i.message_time, i.received_at, i.completed_at,
                     p.message_id IS NOT NULL AND p.retry_at IS NULL AS parked,
                     p.discarded_at IS NOT NULL AS discarded
                FROM {inbox} i
                LEFT JOIN {inbox_parked} p
                  ON p.consumer = i.consumer AND p.message_id = i.message_id
               WHERE i.status = 'FAILED' AND i.consumer = ? AND i.message_id > ?
               ORDER BY i.message_id
               LIMIT ?"""),
          entry(
              Query.INBOX_ROW,
              """
              SELECT i.consumer, i.message_id, i.status, i.attempts, i.last_error,
                     i.message_time, i.received_at, i.completed_at,
                     p.message_id IS NOT NULL AND p.retry_at IS NULL AS parked,
                     p.discarded_at IS NOT NULL AS discarded
                FROM {inbox} i
                LEFT JOIN {inbox_parked} p
                  ON p.consumer = i.consumer AND p.message_id = i.message_id
               WHERE i.consumer = ? AND i.message_id = ?"""),
          entry(
              Query.INBOX_PARKED,
              """
              SELECT original_id, topic, message_key, type, source, content_type, headers,
                     traceparent, message_time, payload
                FROM {inbox_parked}
               WHERE consumer = ? AND message_id = ?"""),
          entry(
              Query.INBOX_REOPENED,
              """
              SELECT message_id
                FROM {inbox_parked}
               WHERE consumer = ? AND retry_at IS NOT NULL
               ORDER BY parked_at, message_id
               LIMIT ?"""),
          entry(
              Query.INBOX_REOPEN,
              """
              UPDATE {inbox_parked}
                 SET retry_at = {now}, version = version + 1
               WHERE consumer = ? AND message_id = ?
                 AND retry_at IS NULL AND discarded_at IS NULL"""),
          entry(
              Query.INBOX_RESET,
              "UPDATE {inbox} SET attempts = 0 WHERE consumer = ? AND message_id = ?"),
          entry(
              Query.INBOX_DISCARD,
              """
              UPDATE {inbox_parked}
                 SET discarded_at = {now}, discarded_by = ?, discard_reason = ?,
                     version = version + 1
               WHERE consumer = ? AND message_id = ?
                 AND retry_at IS NULL AND discarded_at IS NULL"""),
          entry(
              Query.INBOX_FORGET,
              """
              DELETE FROM {inbox}
               WHERE consumer = ? AND message_id = ? AND status = 'COMPLETED'"""),
          entry(Query.INBOX_DELETE, "DELETE FROM {inbox} WHERE consumer = ? AND message_id = ?"));
}
