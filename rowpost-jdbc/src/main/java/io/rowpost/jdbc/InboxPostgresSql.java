package io.rowpost.jdbc;

import static java.util.Map.entry;

import java.util.Map;

/** Statements of the inbox for PostgreSQL. */
final class InboxPostgresSql {
  private InboxPostgresSql() {}

  static final Map<Query, String> STATEMENTS =
      Map.ofEntries(
          entry(
              Query.INBOX_CLAIM,
              """
              INSERT INTO {inbox} (consumer, message_id, status, message_time, completed_at)
              SELECT ?, ?, 'COMPLETED', m.time, {now}
                FROM (SELECT ?::timestamptz AS time) m
               CROSS JOIN (SELECT CASE current_setting('idle_in_transaction_session_timeout')
                                  WHEN '0'
                                  THEN set_config('idle_in_transaction_session_timeout', ?, TRUE)
                                   END) idle
               WHERE m.time IS NULL
                  OR m.time BETWEEN {now} - ?::bigint * interval '1 microsecond'
                                AND {now} + interval '1 day'
                  ON CONFLICT (consumer, message_id) DO NOTHING"""),
          entry(
              Query.INBOX_CLAIM_ARRAYS,
              """
              INSERT INTO {inbox} (consumer, message_id, status, message_time, completed_at)
              SELECT ?, m.id, 'COMPLETED', m.time, {now}
                FROM unnest(?::text[], ?::timestamptz[]) WITH ORDINALITY AS m (id, time, n)
               CROSS JOIN (SELECT CASE current_setting('idle_in_transaction_session_timeout')
                                  WHEN '0'
                                  THEN set_config('idle_in_transaction_session_timeout', ?, TRUE)
                                   END) idle
               WHERE m.time IS NULL
                  OR m.time BETWEEN {now} - ?::bigint * interval '1 microsecond'
                                AND {now} + interval '1 day'
               ORDER BY m.n
                  ON CONFLICT (consumer, message_id) DO NOTHING
              RETURNING message_id"""),
          // Without a lock, so that a duplicate writes nothing; no level here reads dirty rows.
          entry(
              Query.INBOX_STATES,
              """
              SELECT message_id, status
                FROM {inbox}
               WHERE consumer = ? AND message_id = ANY(?::text[])"""),
          entry(
              Query.INBOX_RECEIVE,
              """
              INSERT INTO {inbox} (consumer, message_id, status, message_time)
              VALUES (?, ?, 'FAILED', ?)
                  ON CONFLICT (consumer, message_id) DO NOTHING"""),
          entry(
              Query.INBOX_PURGE,
              """
              DELETE FROM {inbox} i
               USING (SELECT consumer, message_id
                        FROM {inbox}
                       WHERE status = 'COMPLETED'
                         AND message_time < {now} - ?::bigint * interval '1 microsecond'
                       ORDER BY message_time
                       LIMIT ?
                         FOR UPDATE SKIP LOCKED) old
               WHERE i.consumer = old.consumer AND i.message_id = old.message_id"""),
          entry(
              Query.INBOX_DISCARDED,
              """
              SELECT consumer, message_id
                FROM {inbox_parked}
               WHERE discarded_at IS NOT NULL
                 AND message_time < {now} - ?::bigint * interval '1 microsecond'
               LIMIT ?"""));
}
