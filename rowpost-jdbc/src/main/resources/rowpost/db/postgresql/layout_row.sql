-- Rowpost: turns the log layout into the row layout, for PostgreSQL 13 and newer.
-- Run by psql in the schema of the tables, or by Schema.convert, as the owner of the tables. Writers
-- and relays wait meanwhile, and the table is written anew if it holds rows: choose a quiet moment.
-- Everything keeps its state. Nothing happens but an error if several relays read the outbox, which
-- the row layout cannot serve, or if they have read in another cluster, where the same xids are
-- other transactions: call Schema.rebase first. Back again: layout_log.sql.

-- Each statement has to see what was committed while the lock was waited for.
BEGIN ISOLATION LEVEL READ COMMITTED;

LOCK TABLE "rowpost_relay", "rowpost_outbox", "rowpost_outbox_parked" IN ACCESS EXCLUSIVE MODE;

-- A division by zero, which ends all of it, if there are several relays or those of another cluster.
SELECT 1 / CASE WHEN count(*) > 1 OR bool_or(r.cluster <> s.system_identifier) THEN 0
                ELSE 1 END AS one_relay_of_this_cluster
  FROM "rowpost_relay" r, pg_control_system() s;

DROP VIEW "rowpost_outbox_status";

-- What is parked leaves the stream.
DELETE FROM "rowpost_outbox" o
      USING "rowpost_outbox_parked" p, "rowpost_relay" r
 WHERE p.seq = o.seq AND p.relay = r.relay;

ALTER TABLE "rowpost_outbox"
  ADD COLUMN status varchar(7) COLLATE "C" NOT NULL DEFAULT 'PENDING',
  ADD COLUMN sent_at timestamptz;

UPDATE "rowpost_outbox" o
   SET status = 'SENT', sent_at = clock_timestamp()
  FROM (SELECT c.consumed, c.reading, c.last_seq, c.settled
          FROM "rowpost_relay_cursor" c
          JOIN "rowpost_relay" r ON r.relay = c.relay AND r.shard = c.shard
         ORDER BY c.n DESC
         LIMIT 1) k
 WHERE pg_visible_in_snapshot(o.xid, k.consumed)
    OR (o.seq <= k.last_seq AND pg_visible_in_snapshot(o.xid, k.reading))
    OR o.seq = ANY (k.settled);

ALTER TABLE "rowpost_outbox"
  DROP COLUMN xid,
  ADD CONSTRAINT "rowpost_outbox_status" CHECK (status IN ('PENDING', 'SENT')),
  ADD CONSTRAINT "rowpost_outbox_sent" CHECK ((status = 'SENT') = (sent_at IS NOT NULL));

DROP TABLE "rowpost_relay_cursor";

ALTER TABLE "rowpost_relay"
  DROP COLUMN cluster,
  ADD COLUMN low_seq bigint NOT NULL DEFAULT 0;

-- No lease outlives the change. Every message up to low_seq is settled, and nobody can append one
-- there any more: the next owner reads on there.
UPDATE "rowpost_relay"
   SET owner = NULL, lease_until = NULL,
       low_seq = coalesce((SELECT min(seq) - 1 FROM "rowpost_outbox" WHERE status = 'PENDING'),
                          (SELECT max(seq) FROM "rowpost_outbox"), 0);

-- The state of every message as people ask for it.
CREATE VIEW "rowpost_outbox_status" AS
  SELECT (SELECT min(relay) FROM "rowpost_relay") AS relay,
         seq, id, topic, message_key, type, created_at, available_at, status, 0 AS attempts,
         NULL::timestamptz AS next_attempt_at, NULL AS last_error, sent_at,
         NULL::timestamptz AS discarded_at
    FROM "rowpost_outbox"
  UNION ALL
  SELECT relay, seq, id, topic, message_key, type, created_at, available_at, status, attempts,
         next_attempt_at, last_error, NULL, discarded_at
    FROM "rowpost_outbox_parked";

UPDATE "rowpost_schema_version" SET layout = 'row';

COMMIT;
