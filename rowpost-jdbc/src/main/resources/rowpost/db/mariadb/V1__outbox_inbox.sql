-- liquibase formatted sql
-- changeset rowpost:1 dbms:mariadb
-- Rowpost: outbox and inbox, schema version 1, row layout, for MariaDB 10.6 and newer.
-- Read unchanged by Flyway, Liquibase and the mysql client. Creates everything in the current
-- database. Another table prefix: Schema.sql(dialect, prefix). Roles for it: roles.sql beside it.
-- Every CREATE commits by itself here, so each may be run again after a script was cut short.
-- Text compares byte by byte and with its trailing spaces (utf8mb4_nopad_bin). Times are UTC.

-- The stream of messages that are not yet confirmed by the broker, and those kept after it.
-- seq is given at the insert and read in its order. created_at is the time of the insert by this
-- database's clock, never the start of the transaction.
CREATE TABLE IF NOT EXISTS `rowpost_outbox` (
  seq          bigint NOT NULL AUTO_INCREMENT,
  id           binary(16) NOT NULL,
  bucket       smallint NOT NULL,
  topic        varchar(249) NOT NULL,
  message_key  varchar(255),
  type         varchar(255) NOT NULL,
  source       varchar(255),
  content_type varchar(255) NOT NULL,
  headers      mediumtext,
  traceparent  varchar(55),
  payload      longblob NOT NULL,
  created_at   datetime(6) NOT NULL DEFAULT (utc_timestamp(6)),
  available_at datetime(6),
  status       varchar(7) NOT NULL DEFAULT 'PENDING',
  sent_at      datetime(6),
  PRIMARY KEY (seq),
  CONSTRAINT `rowpost_outbox_status` CHECK (status IN ('PENDING', 'SENT')),
  CONSTRAINT `rowpost_outbox_sent` CHECK ((status = 'SENT') = (sent_at IS NOT NULL))
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;

-- Ids given to appendIfAbsent.
CREATE TABLE IF NOT EXISTS `rowpost_outbox_once` (
  id         binary(16) NOT NULL,
  created_at datetime(6) NOT NULL DEFAULT (utc_timestamp(6)),
  PRIMARY KEY (id)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;

-- Messages that could not be sent in their turn: retries, those that wait behind one of their own
-- key or for their destination, and those given up. Blocking rows of an order_key (a hash of topic
-- and key, 0 for no key) stand in a queue by (place, seq); its head has a next_attempt_at.
CREATE TABLE IF NOT EXISTS `rowpost_outbox_parked` (
  relay           varchar(100) NOT NULL,
  seq             bigint NOT NULL,
  id              binary(16) NOT NULL,
  bucket          smallint NOT NULL,
  topic           varchar(249) NOT NULL,
  message_key     varchar(255),
  type            varchar(255) NOT NULL,
  source          varchar(255),
  content_type    varchar(255) NOT NULL,
  headers         mediumtext,
  traceparent     varchar(55),
  payload         longblob NOT NULL,
  created_at      datetime(6) NOT NULL,
  available_at    datetime(6),
  order_key       bigint NOT NULL,
  place           bigint NOT NULL,
  status          varchar(7) NOT NULL,
  attempts        integer NOT NULL,
  next_attempt_at datetime(6),
  blocking        boolean NOT NULL,
  in_flight       boolean NOT NULL,
  version         bigint NOT NULL,
  last_error      varchar(4096),
  discarded_at    datetime(6),
  discarded_by    varchar(100),
  discard_reason  varchar(1000),
  PRIMARY KEY (relay, seq),
  INDEX `rowpost_outbox_parked_due_ix` (relay, in_flight, next_attempt_at),
  INDEX `rowpost_outbox_parked_queue_ix` (relay, blocking, order_key, place, seq),
  CONSTRAINT `rowpost_outbox_parked_status` CHECK (status IN ('PENDING', 'FAILED')),
  CONSTRAINT `rowpost_outbox_parked_due` CHECK (status = 'PENDING' OR next_attempt_at IS NULL),
  CONSTRAINT `rowpost_outbox_parked_key` CHECK (order_key <> 0 OR NOT blocking),
  CONSTRAINT `rowpost_outbox_parked_gone`
    CHECK (discarded_at IS NULL OR (status = 'FAILED' AND NOT blocking))
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;

-- One row per relay and shard: who owns it, until when, and what operators ask of it. Every message
-- up to low_seq is settled, and nobody can append one there any more: the next owner reads on there.
CREATE TABLE IF NOT EXISTS `rowpost_relay` (
  relay       varchar(100) NOT NULL,
  shard       integer NOT NULL,
  owner       binary(16),
  token       bigint NOT NULL,
  lease_until datetime(6),
  renewals    bigint NOT NULL,
  paused      boolean NOT NULL,
  changes     bigint NOT NULL,
  low_seq     bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (relay, shard)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;

-- What each consumer has taken in; the row commits together with the handler's own writes.
CREATE TABLE IF NOT EXISTS `rowpost_inbox` (
  consumer         varchar(100) NOT NULL,
  message_id       varchar(512) NOT NULL,
  status           varchar(10) NOT NULL,
  attempts         integer NOT NULL DEFAULT 0,
  last_error       varchar(4096),
  message_time     datetime(6),
  received_at      datetime(6) NOT NULL DEFAULT (utc_timestamp(6)),
  completed_at     datetime(6),
  PRIMARY KEY (consumer, message_id),
  INDEX `rowpost_inbox_age_ix` (status, message_time),
  CONSTRAINT `rowpost_inbox_status` CHECK (status IN ('PROCESSING', 'COMPLETED', 'FAILED')),
  CONSTRAINT `rowpost_inbox_done` CHECK ((status = 'COMPLETED') = (completed_at IS NOT NULL))
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;

-- Whole messages that were given up or refused, as they came: their texts have no limits of ours.
CREATE TABLE IF NOT EXISTS `rowpost_inbox_parked` (
  consumer       varchar(100) NOT NULL,
  message_id     varchar(512) NOT NULL,
  original_id    longtext NOT NULL,
  topic          longtext NOT NULL,
  message_key    longtext,
  type           longtext NOT NULL,
  source         longtext,
  content_type   longtext NOT NULL,
  headers        longtext,
  traceparent    longtext,
  message_time   datetime(6),
  payload        longblob NOT NULL,
  reason         varchar(4096) NOT NULL,
  parked_at      datetime(6) NOT NULL DEFAULT (utc_timestamp(6)),
  retry_at       datetime(6),
  version        bigint NOT NULL DEFAULT 0,
  discarded_at   datetime(6),
  discarded_by   varchar(100),
  discard_reason varchar(1000),
  PRIMARY KEY (consumer, message_id),
  CONSTRAINT `rowpost_inbox_parked_gone` CHECK (discarded_at IS NULL OR retry_at IS NULL)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;

-- Every act of an operator, written in the act's own transaction. subject names the record, the
-- relay or the filter; ids lists what was changed, as far as it is a list.
CREATE TABLE IF NOT EXISTS `rowpost_audit` (
  seq      bigint NOT NULL AUTO_INCREMENT,
  acted_at datetime(6) NOT NULL DEFAULT (utc_timestamp(6)),
  actor    varchar(100) NOT NULL,
  act      varchar(50) NOT NULL,
  subject  text NOT NULL,
  ids      mediumtext,
  affected bigint NOT NULL,
  reason   varchar(1000) NOT NULL,
  PRIMARY KEY (seq)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;

-- The state of every message as people ask for it.
CREATE OR REPLACE SQL SECURITY INVOKER VIEW `rowpost_outbox_status` AS
  SELECT seq, id, topic, message_key, type, created_at, available_at, status, 0 AS attempts,
         NULL AS next_attempt_at, NULL AS last_error, sent_at, NULL AS discarded_at
    FROM `rowpost_outbox`
  UNION ALL
  SELECT seq, id, topic, message_key, type, created_at, available_at, status, attempts,
         next_attempt_at, last_error, NULL, discarded_at
    FROM `rowpost_outbox_parked`;

-- Last, so that its row says: everything above is there.
CREATE TABLE IF NOT EXISTS `rowpost_schema_version` (
  version      integer NOT NULL,
  layout       varchar(8) NOT NULL,
  installed_at datetime(6) NOT NULL DEFAULT (utc_timestamp(6)),
  PRIMARY KEY (version),
  CONSTRAINT `rowpost_schema_version_layout` CHECK (layout IN ('row', 'log'))
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;

INSERT INTO `rowpost_schema_version` (version, layout) VALUES (1, 'row');
