-- liquibase formatted sql
-- changeset rowpost:1 dbms:h2
-- Rowpost: outbox and inbox, schema version 1, row layout, for H2 2.3 and newer.
-- Read unchanged by Flyway, Liquibase and RUNSCRIPT. Creates everything in the current schema.
-- Another table prefix: Schema.sql(dialect, prefix). Table names are lower case: quote them.
-- Every CREATE commits by itself here, so each may be run again after a script was cut short.

-- H2's own CURRENT_TIMESTAMP stands still within a transaction; a message is dated by its insert.
CREATE ALIAS IF NOT EXISTS "rowpost_clock" FOR 'java.time.Instant.now';

-- The stream of messages that are not yet confirmed by the broker, and those kept after it.
-- seq is given at the insert and read in its order; H2 hands it out to all sessions from one place,
-- so its cache inverts nothing. Sets are compared by = ANY: an IN list in a CHECK fails in H2 2.4 as
-- soon as the connection that created the table is closed.
CREATE TABLE IF NOT EXISTS "rowpost_outbox" (
  seq          bigint GENERATED ALWAYS AS IDENTITY,
  id           uuid NOT NULL,
  bucket       smallint NOT NULL,
  topic        varchar(249) NOT NULL,
  message_key  varchar(255),
  type         varchar(255) NOT NULL,
  source       varchar(255),
  content_type varchar(255) NOT NULL,
  headers      varchar,
  traceparent  varchar(55),
  payload      blob NOT NULL,
  created_at   timestamp with time zone DEFAULT "rowpost_clock"() NOT NULL,
  available_at timestamp with time zone,
  status       varchar(7) DEFAULT 'PENDING' NOT NULL,
  sent_at      timestamp with time zone,
  CONSTRAINT "rowpost_outbox_pk" PRIMARY KEY (seq),
  CONSTRAINT "rowpost_outbox_status" CHECK (status = ANY (ARRAY['PENDING', 'SENT'])),
  CONSTRAINT "rowpost_outbox_sent" CHECK ((status = 'SENT') = (sent_at IS NOT NULL))
);

-- Ids given to appendIfAbsent.
CREATE TABLE IF NOT EXISTS "rowpost_outbox_once" (
  id         uuid NOT NULL,
  created_at timestamp with time zone DEFAULT "rowpost_clock"() NOT NULL,
  CONSTRAINT "rowpost_outbox_once_pk" PRIMARY KEY (id)
);

-- Messages that could not be sent in their turn: retries, those that wait behind one of their own
-- key or for their destination, and those given up. Blocking rows of an order_key (a hash of topic
-- and key, 0 for no key) stand in a queue by (place, seq); its head has a next_attempt_at.
CREATE TABLE IF NOT EXISTS "rowpost_outbox_parked" (
  relay           varchar(100) NOT NULL,
  seq             bigint NOT NULL,
  id              uuid NOT NULL,
  bucket          smallint NOT NULL,
  topic           varchar(249) NOT NULL,
  message_key     varchar(255),
  type            varchar(255) NOT NULL,
  source          varchar(255),
  content_type    varchar(255) NOT NULL,
  headers         varchar,
  traceparent     varchar(55),
  payload         blob NOT NULL,
  created_at      timestamp with time zone NOT NULL,
  available_at    timestamp with time zone,
  order_key       bigint NOT NULL,
  place           bigint NOT NULL,
  status          varchar(7) NOT NULL,
  attempts        integer NOT NULL,
  next_attempt_at timestamp with time zone,
  blocking        boolean NOT NULL,
  in_flight       boolean NOT NULL,
  version         bigint NOT NULL,
  last_error      varchar(4096),
  discarded_at    timestamp with time zone,
  discarded_by    varchar(100),
  discard_reason  varchar(1000),
  CONSTRAINT "rowpost_outbox_parked_pk" PRIMARY KEY (relay, seq),
  CONSTRAINT "rowpost_outbox_parked_status" CHECK (status = ANY (ARRAY['PENDING', 'FAILED'])),
  CONSTRAINT "rowpost_outbox_parked_due" CHECK (status = 'PENDING' OR next_attempt_at IS NULL),
  CONSTRAINT "rowpost_outbox_parked_key" CHECK (order_key <> 0 OR NOT blocking),
  CONSTRAINT "rowpost_outbox_parked_gone"
    CHECK (discarded_at IS NULL OR (status = 'FAILED' AND NOT blocking))
);

-- NULLS LAST, else H2 would step over all rows without a due time to find those with one.
CREATE INDEX IF NOT EXISTS "rowpost_outbox_parked_due_ix"
  ON "rowpost_outbox_parked" (relay, in_flight, next_attempt_at NULLS LAST);
CREATE INDEX IF NOT EXISTS "rowpost_outbox_parked_queue_ix"
  ON "rowpost_outbox_parked" (relay, blocking, order_key, place, seq);

-- One row per relay and shard: who owns it, until when, and what operators ask of it. Every message
-- up to low_seq is settled, and nobody can append one there any more: the next owner reads on there.
CREATE TABLE IF NOT EXISTS "rowpost_relay" (
  relay       varchar(100) NOT NULL,
  shard       integer NOT NULL,
  owner       uuid,
  token       bigint NOT NULL,
  lease_until timestamp with time zone,
  renewals    bigint NOT NULL,
  paused      boolean NOT NULL,
  changes     bigint NOT NULL,
  low_seq     bigint DEFAULT 0 NOT NULL,
  CONSTRAINT "rowpost_relay_pk" PRIMARY KEY (relay, shard)
);

-- What each consumer has taken in; the row commits together with the handler's own writes.
CREATE TABLE IF NOT EXISTS "rowpost_inbox" (
  consumer         varchar(100) NOT NULL,
  message_id       varchar(512) NOT NULL,
  status           varchar(10) NOT NULL,
  attempts         integer DEFAULT 0 NOT NULL,
  last_error       varchar(4096),
  message_time     timestamp with time zone,
  received_at      timestamp with time zone DEFAULT "rowpost_clock"() NOT NULL,
  completed_at     timestamp with time zone,
  CONSTRAINT "rowpost_inbox_pk" PRIMARY KEY (consumer, message_id),
  CONSTRAINT "rowpost_inbox_status" CHECK (status = ANY (ARRAY['PROCESSING', 'COMPLETED', 'FAILED'])),
  CONSTRAINT "rowpost_inbox_done" CHECK ((status = 'COMPLETED') = (completed_at IS NOT NULL))
);

CREATE INDEX IF NOT EXISTS "rowpost_inbox_age_ix"
  ON "rowpost_inbox" (status, message_time);

-- Whole messages that were given up or refused, as they came: their texts have no limits of ours.
CREATE TABLE IF NOT EXISTS "rowpost_inbox_parked" (
  consumer       varchar(100) NOT NULL,
  message_id     varchar(512) NOT NULL,
  original_id    varchar NOT NULL,
  topic          varchar NOT NULL,
  message_key    varchar,
  type           varchar NOT NULL,
  source         varchar,
  content_type   varchar NOT NULL,
  headers        varchar,
  traceparent    varchar,
  message_time   timestamp with time zone,
  payload        blob NOT NULL,
  reason         varchar(4096) NOT NULL,
  parked_at      timestamp with time zone DEFAULT "rowpost_clock"() NOT NULL,
  retry_at       timestamp with time zone,
  version        bigint DEFAULT 0 NOT NULL,
  discarded_at   timestamp with time zone,
  discarded_by   varchar(100),
  discard_reason varchar(1000),
  CONSTRAINT "rowpost_inbox_parked_pk" PRIMARY KEY (consumer, message_id),
  CONSTRAINT "rowpost_inbox_parked_gone" CHECK (discarded_at IS NULL OR retry_at IS NULL)
);

-- Every act of an operator, written in the act's own transaction. subject names the record, the
-- relay or the filter; ids lists what was changed, as far as it is a list.
CREATE TABLE IF NOT EXISTS "rowpost_audit" (
  seq      bigint GENERATED ALWAYS AS IDENTITY,
  acted_at timestamp with time zone DEFAULT "rowpost_clock"() NOT NULL,
  actor    varchar(100) NOT NULL,
  act      varchar(50) NOT NULL,
  subject  varchar NOT NULL,
  ids      varchar,
  affected bigint NOT NULL,
  reason   varchar(1000) NOT NULL,
  CONSTRAINT "rowpost_audit_pk" PRIMARY KEY (seq)
);

-- The state of every message as people ask for it.
CREATE OR REPLACE VIEW "rowpost_outbox_status" AS
  SELECT seq, id, topic, message_key, type, created_at, available_at, status, 0 AS attempts,
         NULL AS next_attempt_at, NULL AS last_error, sent_at, NULL AS discarded_at
    FROM "rowpost_outbox"
  UNION ALL
  SELECT seq, id, topic, message_key, type, created_at, available_at, status, attempts,
         next_attempt_at, last_error, NULL, discarded_at
    FROM "rowpost_outbox_parked";

-- Last, so that its row says: everything above is there.
CREATE TABLE IF NOT EXISTS "rowpost_schema_version" (
  version      integer NOT NULL,
  layout       varchar(8) NOT NULL,
  installed_at timestamp with time zone DEFAULT "rowpost_clock"() NOT NULL,
  CONSTRAINT "rowpost_schema_version_pk" PRIMARY KEY (version),
  CONSTRAINT "rowpost_schema_version_layout" CHECK (layout = ANY (ARRAY['row', 'log']))
);

INSERT INTO "rowpost_schema_version" (version, layout) VALUES (1, 'row');
