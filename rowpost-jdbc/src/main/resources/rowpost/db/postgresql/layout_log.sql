-- Rowpost: turns the row layout back into the log layout, for PostgreSQL 13 and newer.
-- Run by psql in the schema of the tables, or by Schema.convert, as the owner of the tables. Writers
-- and relays wait meanwhile, and the table is written anew if it holds rows: choose a quiet moment.
-- Everything keeps its state.

-- Each statement has to see what was committed while the lock was waited for.
BEGIN ISOLATION LEVEL READ COMMITTED;

LOCK TABLE "rowpost_relay", "rowpost_outbox", "rowpost_outbox_parked" IN ACCESS EXCLUSIVE MODE;

DROP VIEW "rowpost_outbox_status";

-- All rows there are get the xid of this transaction, which no cursor has consumed.
ALTER TABLE "rowpost_outbox"
  ADD COLUMN xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  DROP CONSTRAINT "rowpost_outbox_status",
  DROP CONSTRAINT "rowpost_outbox_sent";

-- What was sent seems written before every snapshot.
UPDATE "rowpost_outbox" SET xid = '2' WHERE status = 'SENT';

ALTER TABLE "rowpost_outbox"
  DROP COLUMN status,
  DROP COLUMN sent_at;

-- What is parked stands in the log, too, where it shows as sent when it has been.
INSERT INTO "rowpost_outbox"
       (xid, seq, id, bucket, topic, message_key, type, source, content_type, headers,
        traceparent, payload, created_at, available_at)
       OVERRIDING SYSTEM VALUE
SELECT '2', seq, id, bucket, topic, message_key, type, source, content_type, headers,
       traceparent, payload, created_at, available_at
  FROM "rowpost_outbox_parked"
    ON CONFLICT DO NOTHING;

CREATE INDEX "rowpost_outbox_xid_ix"
  ON "rowpost_outbox" (xid);

-- How far each relay has come; the row with the highest n counts, older ones are deleted now and
-- then. Everything visible in the snapshot consumed is settled. If reading is there, so are those of
-- its rows up to last_seq; no row that reading shows in addition has a seq below low_seq, but for
-- those of transactions that were open in consumed. settled lists rows settled out of their turn.
CREATE TABLE "rowpost_relay_cursor" (
  relay      varchar(100) COLLATE "C" NOT NULL,
  shard      integer NOT NULL,
  n          bigint NOT NULL,
  consumed   pg_snapshot NOT NULL,
  reading    pg_snapshot,
  last_seq   bigint NOT NULL,
  low_seq    bigint NOT NULL,
  settled    bigint[] NOT NULL,
  settled_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT "rowpost_relay_cursor_pk" PRIMARY KEY (relay, shard, n),
  CONSTRAINT "rowpost_relay_cursor_window" CHECK (reading IS NOT NULL OR last_seq = 0)
);

INSERT INTO "rowpost_relay_cursor"
       (relay, shard, n, consumed, last_seq, low_seq, settled)
SELECT relay, shard, 0, '3:3:', 0, 0, '{}'
  FROM "rowpost_relay";

-- No lease outlives the change.
UPDATE "rowpost_relay" SET owner = NULL, lease_until = NULL;

ALTER TABLE "rowpost_relay"
  ADD COLUMN cluster bigint,
  DROP COLUMN low_seq;

-- The state of every message for each relay, as people ask for it.
CREATE VIEW "rowpost_outbox_status" AS
  SELECT k.relay, o.seq, o.id, o.topic, o.message_key, o.type, o.created_at, o.available_at,
         CASE WHEN p.seq IS NOT NULL THEN p.status
              WHEN pg_visible_in_snapshot(o.xid, k.consumed)
                   OR (o.seq <= k.last_seq AND pg_visible_in_snapshot(o.xid, k.reading))
                   OR o.seq = ANY (k.settled) THEN 'SENT'
              ELSE 'PENDING' END AS status,
         coalesce(p.attempts, 0) AS attempts, p.next_attempt_at, p.last_error,
         NULL::timestamptz AS sent_at, p.discarded_at
    FROM "rowpost_outbox" o
    LEFT JOIN (SELECT r.relay, c.consumed, c.reading, c.last_seq, c.settled
                 FROM "rowpost_relay" r
                 LEFT JOIN LATERAL (SELECT *
                                      FROM "rowpost_relay_cursor" n
                                     WHERE n.relay = r.relay AND n.shard = r.shard
                                     ORDER BY n.n DESC
                                     LIMIT 1) c ON TRUE) k ON TRUE
    LEFT JOIN "rowpost_outbox_parked" p ON p.relay = k.relay AND p.seq = o.seq
  UNION ALL
  SELECT relay, seq, id, topic, message_key, type, created_at, available_at, status, attempts,
         next_attempt_at, last_error, NULL, discarded_at
    FROM "rowpost_outbox_parked" p
   WHERE NOT EXISTS (SELECT 1 FROM "rowpost_outbox" o WHERE o.seq = p.seq);

UPDATE "rowpost_schema_version" SET layout = 'log';

COMMIT;
