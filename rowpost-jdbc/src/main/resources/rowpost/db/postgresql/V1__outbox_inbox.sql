-- liquibase formatted sql
-- changeset rowpost:1 dbms:postgresql
-- Rowpost: outbox and inbox, schema version 1, row layout, for PostgreSQL 13 and newer.
-- Read unchanged by Flyway, Liquibase and psql. Creates everything in the current schema.
-- Another table prefix: Schema.sql(dialect, prefix). Roles for it: roles.sql beside this file.

-- The stream of messages that are not yet confirmed by the broker, and those kept after it.
-- seq is given at the insert and read in its order. A sequence that hands out numbers in advance
-- would invert that order between sessions, hence CACHE 1. created_at is the time of the insert by
-- this database's clock, never the start of the transaction.
CREATE TABLE "rowpost_outbox" (
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
  status       varchar(7) COLLATE "C" NOT NULL DEFAULT 'PENDING',
  sent_at      timestamptz,
  CONSTRAINT "rowpost_outbox_pk" PRIMARY KEY (seq),
  CONSTRAINT "rowpost_outbox_bucket" CHECK (bucket BETWEEN 0 AND 255),
  CONSTRAINT "rowpost_outbox_status" CHECK (status IN ('PENDING', 'SENT')),
  CONSTRAINT "rowpost_outbox_sent" CHECK ((status = 'SENT') = (sent_at IS NOT NULL))
);

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

CREATE INDEX "rowpost_outbox_parked_due_ix"
  ON "rowpost_outbox_parked" (relay, in_flight, next_attempt_at);
CREATE INDEX "rowpost_outbox_parked_queue_ix"
  ON "rowpost_outbox_parked" (relay, blocking, order_key, place, seq);

-- One row per relay and shard: who owns it, until when, and what operators ask of it.
CREATE TABLE "rowpost_relay" (
  relay       varchar(100) COLLATE "C" NOT NULL,
  shard       integer NOT NULL,
  owner       uuid,
  token       bigint NOT NULL,
  lease_until timestamptz,
  renewals    bigint NOT NULL,
  paused      boolean NOT NULL,
  changes     bigint NOT NULL,
  CONSTRAINT "rowpost_relay_pk" PRIMARY KEY (relay, shard)
);

-- What each consumer has taken in; the row commits together with the handler's own writes.
CREATE TABLE "rowpost_inbox" (
  consumer         varchar(100) COLLATE "C" NOT NULL,
  message_id       varchar(512) COLLATE "C" NOT NULL,
  status           varchar(10) COLLATE "C" NOT NULL,
  attempts         integer NOT NULL DEFAULT 0,
  started_attempts integer NOT NULL DEFAULT 0,
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

-- The state of every message as people ask for it.
CREATE VIEW "rowpost_outbox_status" AS
  SELECT seq, id, topic, message_key, type, created_at, available_at, status, 0 AS attempts,
         NULL AS next_attempt_at, NULL AS last_error, sent_at, NULL AS discarded_at
    FROM "rowpost_outbox"
  UNION ALL
  SELECT seq, id, topic, message_key, type, created_at, available_at, status, attempts,
         next_attempt_at, last_error, NULL, discarded_at
    FROM "rowpost_outbox_parked";

-- Last, so that its row says: everything above is there.
CREATE TABLE "rowpost_schema_version" (
  version      integer NOT NULL,
  layout       varchar(8) COLLATE "C" NOT NULL,
  installed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT "rowpost_schema_version_pk" PRIMARY KEY (version),
  CONSTRAINT "rowpost_schema_version_layout" CHECK (layout IN ('row', 'log'))
);

INSERT INTO "rowpost_schema_version" (version, layout) VALUES (1, 'row');
