-- liquibase formatted sql
-- changeset rowpost:1 dbms:postgresql
-- Rowpost: outbox and inbox, schema version 1, log layout, for PostgreSQL 13 and newer.
-- Read unchanged by Flyway, Liquibase and psql. Creates everything in the current schema.
-- Another table prefix: Schema.sql(dialect, prefix). Roles for it: roles.sql beside this file. The
-- row layout instead of the log layout: layout_row.sql beside this file, afterwards or later.

-- The log of messages: appended, read, and deleted when they are old; never updated. xid tells
-- which transaction wrote a row, hence when it became visible; seq orders what became visible
-- together. A sequence that hands out numbers in advance would invert that order between sessions,
-- hence CACHE 1. created_at is the time of the insert by this database's clock, never the start of
-- the transaction. There is no CHECK, since every INSERT would have to parse its expression anew.
CREATE TABLE "rowpost_outbox" (
  xid          xid8 NOT NULL DEFAULT pg_current_xact_id(),
  seq          bigint GENERATED ALWAYS AS IDENTITY (CACHE 1),
  id           uuid NOT NULL,
  bucket       smallint NOT NULL,
  topic        varchar(249) COLLATE "C" NOT NULL,
  message_key  varchar(255) COLLATE "C",
  type         varchar(255) COLLATE "C" NOT NULL,
  source       varchar(255) COLLATE "C",
  content_type varchar(255) COLLATE "C" NOT NULL,
  headers      text COLLATE "C",
  traceparent  varchar(55) COLLATE "C",
  payload      bytea NOT NULL,
  created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
  available_at timestamptz,
  CONSTRAINT "rowpost_outbox_pk" PRIMARY KEY (seq)
);

CREATE INDEX "rowpost_outbox_xid_ix"
  ON "rowpost_outbox" (xid);

-- Ids given to appendIfAbsent.
CREATE TABLE "rowpost_outbox_once" (
  id         uuid NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT "rowpost_outbox_once_pk" PRIMARY KEY (id)
);

-- Messages that could not be sent in their turn: retries, those that wait behind one of their own
-- key or for their destination, and those given up. Blocking rows of an order_key (a hash of topic
-- and key, 0 for no key) stand in a queue by (place, seq); its head has a next_attempt_at.
CREATE TABLE "rowpost_outbox_parked" (
  relay           varchar(100) COLLATE "C" NOT NULL,
  seq             bigint NOT NULL,
  id              uuid NOT NULL,
  bucket          smallint NOT NULL,
  topic           varchar(249) COLLATE "C" NOT NULL,
  message_key     varchar(255) COLLATE "C",
  type            varchar(255) COLLATE "C" NOT NULL,
  source          varchar(255) COLLATE "C",
  content_type    varchar(255) COLLATE "C" NOT NULL,
  headers         text COLLATE "C",
  traceparent     varchar(55) COLLATE "C",
  payload         bytea NOT NULL,
  created_at      timestamptz NOT NULL,
  available_at    timestamptz,
  order_key       bigint NOT NULL,
  place           bigint NOT NULL,
  status          varchar(7) COLLATE "C" NOT NULL,
  attempts        integer NOT NULL,
  next_attempt_at timestamptz,
  blocking        boolean NOT NULL,
  in_flight       boolean NOT NULL,
  version         bigint NOT NULL,
  last_error      varchar(4096) COLLATE "C",
  discarded_at    timestamptz,
  discarded_by    varchar(100) COLLATE "C",
  discard_reason  varchar(1000) COLLATE "C",
  CONSTRAINT "rowpost_outbox_parked_pk" PRIMARY KEY (relay, seq),
  CONSTRAINT "rowpost_outbox_parked_status" CHECK (status IN ('PENDING', 'FAILED')),
  CONSTRAINT "rowpost_outbox_parked_due" CHECK (status = 'PENDING' OR next_attempt_at IS NULL),
  CONSTRAINT "rowpost_outbox_parked_key" CHECK (order_key <> 0 OR NOT blocking),
  CONSTRAINT "rowpost_outbox_parked_gone"
    CHECK (discarded_at IS NULL OR (status = 'FAILED' AND NOT blocking))
);

-- Each holds only what it is for: to a planner that knows an empty table all indexes look alike, and
-- what is asked for by its seq must not be looked for in another than the primary key.
CREATE INDEX "rowpost_outbox_parked_due_ix"
  ON "rowpost_outbox_parked" (relay, in_flight, next_attempt_at)
  WHERE in_flight = TRUE OR next_attempt_at IS NOT NULL;
CREATE INDEX "rowpost_outbox_parked_queue_ix"
  ON "rowpost_outbox_parked" (relay, order_key, place, seq)
  WHERE blocking = TRUE;

-- One row per relay and shard: who owns it, until when, and what operators ask of it. cluster is
-- the server's system identifier: in another cluster xid and cursors mean nothing.
CREATE TABLE "rowpost_relay" (
  relay       varchar(100) COLLATE "C" NOT NULL,
  shard       integer NOT NULL,
  owner       uuid,
  token       bigint NOT NULL,
  lease_until timestamptz,
  renewals    bigint NOT NULL,
  paused      boolean NOT NULL,
  changes     bigint NOT NULL,
  cluster     bigint,
  CONSTRAINT "rowpost_relay_pk" PRIMARY KEY (relay, shard)
);

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

-- What each consumer has taken in; the row commits together with the handler's own writes.
CREATE TABLE "rowpost_inbox" (
  consumer         varchar(100) COLLATE "C" NOT NULL,
  message_id       varchar(512) COLLATE "C" NOT NULL,
  status           varchar(10) COLLATE "C" NOT NULL,
  attempts         integer NOT NULL DEFAULT 0,
  last_error       varchar(4096) COLLATE "C",
  message_time     timestamptz,
  received_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
  completed_at     timestamptz,
  CONSTRAINT "rowpost_inbox_pk" PRIMARY KEY (consumer, message_id),
  CONSTRAINT "rowpost_inbox_status" CHECK (status IN ('PROCESSING', 'COMPLETED', 'FAILED')),
  CONSTRAINT "rowpost_inbox_done" CHECK ((status = 'COMPLETED') = (completed_at IS NOT NULL))
);

CREATE INDEX "rowpost_inbox_age_ix"
  ON "rowpost_inbox" (status, message_time);

-- Whole messages that were given up or refused, as they came: their texts have no limits of ours.
CREATE TABLE "rowpost_inbox_parked" (
  consumer       varchar(100) COLLATE "C" NOT NULL,
  message_id     varchar(512) COLLATE "C" NOT NULL,
  original_id    text COLLATE "C" NOT NULL,
  topic          text COLLATE "C" NOT NULL,
  message_key    text COLLATE "C",
  type           text COLLATE "C" NOT NULL,
  source         text COLLATE "C",
  content_type   text COLLATE "C" NOT NULL,
  headers        text COLLATE "C",
  traceparent    text COLLATE "C",
  message_time   timestamptz,
  payload        bytea NOT NULL,
  reason         varchar(4096) COLLATE "C" NOT NULL,
  parked_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
  retry_at       timestamptz,
  version        bigint NOT NULL DEFAULT 0,
  discarded_at   timestamptz,
  discarded_by   varchar(100) COLLATE "C",
  discard_reason varchar(1000) COLLATE "C",
  CONSTRAINT "rowpost_inbox_parked_pk" PRIMARY KEY (consumer, message_id),
  CONSTRAINT "rowpost_inbox_parked_gone" CHECK (discarded_at IS NULL OR retry_at IS NULL)
);

-- Every act of an operator, written in the act's own transaction. subject names the record, the
-- relay or the filter; ids lists what was changed, as far as it is a list.
CREATE TABLE "rowpost_audit" (
  seq      bigint GENERATED ALWAYS AS IDENTITY,
  acted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  actor    varchar(100) COLLATE "C" NOT NULL,
  act      varchar(50) COLLATE "C" NOT NULL,
  subject  text COLLATE "C" NOT NULL,
  ids      text COLLATE "C",
  affected bigint NOT NULL,
  reason   varchar(1000) COLLATE "C" NOT NULL,
  CONSTRAINT "rowpost_audit_pk" PRIMARY KEY (seq)
);

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

-- Last, so that its row says: everything above is there.
CREATE TABLE "rowpost_schema_version" (
  version      integer NOT NULL,
  layout       varchar(8) COLLATE "C" NOT NULL,
  installed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT "rowpost_schema_version_pk" PRIMARY KEY (version),
  CONSTRAINT "rowpost_schema_version_layout" CHECK (layout IN ('row', 'log'))
);

INSERT INTO "rowpost_schema_version" (version, layout) VALUES (1, 'log');
