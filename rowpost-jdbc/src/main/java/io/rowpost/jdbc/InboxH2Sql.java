package io.rowpost.jdbc;

import static java.util.Map.entry;

import java.util.Map;

/** Statements of the inbox for H2. */
final class InboxH2Sql {
  private InboxH2Sql() {}

  static final Map<Query, String> STATEMENTS =
      Map.ofEntries(
          entry(
              Query.INBOX_CLAIM,
              """
              INSERT INTO {inbox} (consumer, message_id, status, message_time)
              SELECT ?, ?, 'PROCESSING', m.time
                FROM (SELECT CAST(? AS timestamp(6) with time zone) AS time) m
               WHERE m.time IS NULL
                  OR m.time BETWEEN DATEADD(MICROSECOND, -?, {now}) AND DATEADD(DAY, 1, {now})"""),
          entry(
              Query.INBOX_CLAIM_ROWS,
              """
              INSERT INTO {inbox} (consumer, message_id, status, message_time)
              SELECT ?, m.id, 'PROCESSING', m.time
                FROM UNNEST(CAST(? AS varchar(512) ARRAY),
                            CAST(? AS timestamp(6) with time zone ARRAY)) AS m (id, time)"""),
          entry(
              Query.INBOX_COMPLETE_ROWS,
              """
              UPDATE {inbox}
                 SET status = 'COMPLETED', completed_at = {now}
               WHERE consumer = ? AND message_id = ANY(CAST(? AS varchar(512) ARRAY))
                 AND status = 'PROCESSING'"""),
          entry(
              Query.INBOX_STATES,
              """
              SELECT message_id, status
                FROM {inbox}
               WHERE consumer = ? AND message_id = ANY(CAST(? AS varchar(512) ARRAY))
                 FOR UPDATE"""),
          entry(
              Query.INBOX_RECEIVE,
              """
              INSERT INTO {inbox} (consumer, message_id, status, message_time)
              VALUES (?, ?, 'FAILED', ?)"""),
          entry(
              Query.INBOX_PURGE,
              """
              DELETE FROM {inbox}
               WHERE status = 'COMPLETED' AND message_time < DATEADD(MICROSECOND, -?, {now})
               FETCH FIRST ? ROWS ONLY"""),
          entry(
              Query.INBOX_DISCARDED,
              """
              SELECT consumer, message_id
                FROM {inbox_parked}
               WHERE discarded_at IS NOT NULL
                 AND message_time < DATEADD(MICROSECOND, -?, {now})
               LIMIT ?"""));
}
