package io.rowpost.jdbc;

import static java.util.Map.entry;

import java.util.Map;

/**
 * Statements that every database takes as they are.
 *
 * <p>{@code {name}} stands for a table, {@code {now}} for the database's own clock; both are put in
 * once, by {@link Statements}. Whoever changes a statement reviews the generated files under {@code
 * src/test/resources/golden}.
 */
final class StandardSql {
  private StandardSql() {}

  static final Map<Query, String> STATEMENTS =
      Map.ofEntries(
          entry(
              Query.APPEND,
              """
              INSERT INTO {outbox}
                (id, bucket, topic, message_key, type, source, content_type, headers,
                 traceparent, payload, available_at)
              VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""),
          entry(Query.REMEMBER_ID, "INSERT INTO {outbox_once} (id) VALUES (?)"),
          entry(Query.RELAYS, "SELECT relay FROM {relay} WHERE shard = 0"),
          entry(
              Query.READ_RELAY,
              """
              SELECT owner, token, renewals, lease_until, {now} AS now_at
                FROM {relay}
               WHERE relay = ? AND shard = 0"""),
          entry(
              Query.LOCK_RELAY,
              """
              SELECT owner, token, renewals, lease_until, {now} AS now_at
                FROM {relay}
               WHERE relay = ? AND shard = 0
                 FOR UPDATE"""),
          entry(
              Query.CREATE_RELAY,
              """
              INSERT INTO {relay} (relay, shard, token, renewals, paused, changes)
              VALUES (?, 0, 0, 0, FALSE, 0)"""),
          entry(
              Query.GRANT,
              """
              UPDATE {relay}
                 SET owner = ?, token = ?, lease_until = ?, renewals = 0
               WHERE relay = ? AND shard = 0"""),
          entry(
              Query.LAND_ALL,
              """
              UPDATE {outbox_parked}
                 SET in_flight = FALSE
               WHERE relay = ? AND in_flight = TRUE"""),
          entry(
              Query.RELEASE,
              """
              UPDATE {relay}
                 SET owner = NULL, lease_until = NULL
               WHERE relay = ? AND shard = 0 AND owner = ? AND token = ?"""),
          entry(
              Query.LEAVE_OFF,
              """
              UPDATE {relay}
                 SET low_seq = ?
               WHERE relay = ? AND shard = 0 AND owner = ? AND token = ?"""),
          entry(
              Query.BLOCKED_KEYS,
              """
              SELECT DISTINCT order_key
                FROM {outbox_parked}
               WHERE relay = ? AND blocking = TRUE
               LIMIT ?"""),
          entry(
              Query.FENCE,
              """
              SELECT r.paused, r.changes, {now} AS now_at,
                     EXISTS (SELECT 1 FROM {outbox_parked} p
                              WHERE p.relay = r.relay AND p.in_flight = FALSE
                                AND p.next_attempt_at <= {now}) AS due
                FROM {relay} r
               WHERE r.relay = ? AND r.shard = 0 AND r.owner = ? AND r.token = ?
                 FOR UPDATE"""),
          entry(
              Query.SETTLED_UP_TO,
              """
              SELECT r.low_seq
                FROM {relay} r
               WHERE r.relay = ? AND r.shard = 0
                 AND NOT EXISTS (SELECT 1
                                   FROM (SELECT seq, status FROM {outbox} ORDER BY seq LIMIT 1) o
                                  WHERE o.seq <= r.low_seq AND o.status = 'PENDING')"""),
          entry(
              Query.RENEW,
              """
              UPDATE {relay}
                 SET lease_until = ?, renewals = renewals + 1, low_seq = ?
               WHERE relay = ? AND shard = 0"""),
          entry(
              Query.BUMP_CHANGES,
              "UPDATE {relay} SET changes = changes + 1 WHERE relay = ? AND shard = 0"),
          entry(
              Query.SETTLE_PARKED,
              """
              UPDATE {outbox_parked}
                 SET place = ?, status = ?, attempts = ?, next_attempt_at = ?, blocking = ?,
                     last_error = ?, in_flight = FALSE, version = version + 1
               WHERE relay = ? AND seq = ?"""),
          entry(
              Query.SET_DUE,
              "UPDATE {outbox_parked} SET next_attempt_at = ? WHERE relay = ? AND seq = ?"),
          entry(
              Query.AUDIT,
              """
              INSERT INTO {audit} (actor, act, subject, ids, affected, reason)
              VALUES (?, ?, ?, ?, ?, ?)"""),
          entry(
              Query.DUE,
              """
              SELECT p.seq, p.order_key, p.place, p.blocking, octet_length(p.payload) AS size
                FROM {outbox_parked} p
               WHERE p.relay = ? AND p.in_flight = FALSE AND p.next_attempt_at <= ?
                 AND p.status = 'PENDING' AND p.seq <= ?
                 AND (p.blocking = FALSE
                      OR NOT EXISTS (SELECT 1 FROM {outbox_parked} e
                                      WHERE e.relay = p.relay AND e.blocking = TRUE
                                        AND e.order_key = p.order_key AND e.place <= p.place
                                        AND (e.place < p.place OR e.seq < p.seq)))
               ORDER BY p.next_attempt_at, p.seq
               LIMIT ?"""),
          entry(
              Query.SUCCESSORS,
              """
              (SELECT seq, order_key, place, status, in_flight,
                      next_attempt_at IS NOT NULL AS dated, octet_length(payload) AS size
                 FROM {outbox_parked}
                WHERE relay = ? AND blocking = TRUE AND order_key = ?
                  AND place >= ? AND (place > ? OR seq > ?)
                ORDER BY place, seq
                LIMIT ?)"""),
          entry(
              Query.CATALOG_VERSION,
              "SELECT version, layout FROM {schema_version} ORDER BY version DESC"));
}
