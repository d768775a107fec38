package io.rowpost.jdbc;

import static java.util.Map.entry;

import java.util.Map;

/** Statements of the inbox for MySQL and MariaDB. Several rows are one JSON text. */
final class InboxMySqlSql {
  private InboxMySqlSql() {}

  static final Map<Query, String> STATEMENTS =
      Map.ofEntries(
          entry(
              Query.INBOX_CLAIM,
              """
              INSERT INTO {inbox} (consumer, message_id, status, message_time)
              SELECT ?, ?, 'PROCESSING', m.time
                FROM (SELECT CAST(? AS datetime(6)) AS time) m
               WHERE m.time IS NULL
                  OR m.time BETWEEN {now} - INTERVAL ? MICROSECOND AND {now} + INTERVAL 1 DAY"""),
          entry(
              Query.INBOX_CLAIM_ROWS,
              """
              INSERT INTO {inbox} (consumer, message_id, status, message_time)
              SELECT ?, m.id, 'PROCESSING', m.time
                FROM JSON_TABLE(?, '$[*]' COLUMNS (
                       id varchar(512) CHARACTER SET utf8mb4 PATH '$[0]',
                       time datetime(6) PATH '$[1]')) AS m"""),
          entry(
              Query.INBOX_COMPLETE_ROWS,
              """
              UPDATE JSON_TABLE(?, '$[*]' COLUMNS (id varchar(512) CHARACTER SET utf8mb4 PATH '$[0]')) AS m
                STRAIGHT_JOIN {inbox} i FORCE INDEX (PRIMARY)
                   ON i.consumer = ? AND i.message_id = m.id
                 SET i.status = 'COMPLETED', i.completed_at = {now}
               WHERE i.status = 'PROCESSING'"""),
          // The failed INSERT of a duplicate leaves a shared lock, so this waits for nobody, and
          // only what is committed can be locked.
          entry(
              Query.INBOX_STATES,
              """
              SELECT i.message_id, i.status
                FROM JSON_TABLE(?, '$[*]' COLUMNS (id varchar(512) CHARACTER SET utf8mb4 PATH '$[0]')) AS m
                STRAIGHT_JOIN {inbox} i ON i.consumer = ? AND i.message_id = m.id
                LOCK IN SHARE MODE"""),
          // Locks the row like an UPDATE where it is known: a shared lock would have to be raised
          // later, and two who hold it and raise it wait for each other. Its count tells nothing.
          entry(
              Query.INBOX_RECEIVE,
              """
              INSERT INTO {inbox} (consumer, message_id, status, message_time)
              VALUES (?, ?, 'FAILED', ?)
                  ON DUPLICATE KEY UPDATE attempts = attempts"""),
          entry(
              Query.INBOX_PURGE,
              """
              DELETE FROM {inbox}
               WHERE status = 'COMPLETED' AND message_time < {now} - INTERVAL ? MICROSECOND
               ORDER BY message_time
               LIMIT ?"""),
          entry(
              Query.INBOX_DISCARDED,
              """
              SELECT consumer, message_id
                FROM {inbox_parked}
               WHERE discarded_at IS NOT NULL AND message_time < {now} - INTERVAL ? MICROSECOND
               LIMIT ?"""));
}
