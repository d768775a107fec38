-- Rowpost: roles for PostgreSQL, each with what its part of the program does and nothing else.
-- Run by psql as an administrator, in the schema of the tables, after V1__outbox_inbox.sql and
-- again after each later version. It may be run any number of times: a role that exists stays, and
-- a GRANT repeated changes nothing. It takes nothing away: privileges that you gave stay too.
-- Roles belong to the whole server, tables to one database. Other names, for tables or for roles:
-- Schema.rolesSql(dialect, tablePrefix, rolePrefix).
-- None can log in. Give them to your users: GRANT rowpost_app TO shop;

DO $$ BEGIN CREATE ROLE rowpost_app; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
DO $$ BEGIN CREATE ROLE rowpost_relay; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
DO $$ BEGIN CREATE ROLE rowpost_inbox; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
DO $$ BEGIN CREATE ROLE rowpost_read; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
DO $$ BEGIN CREATE ROLE rowpost_operator; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
DO $$ BEGIN CREATE ROLE rowpost_migrator; EXCEPTION WHEN duplicate_object THEN NULL; END $$;

DO $$ BEGIN
  EXECUTE format('GRANT USAGE ON SCHEMA %I TO rowpost_app', current_schema());
  EXECUTE format('GRANT USAGE ON SCHEMA %I TO rowpost_relay', current_schema());
  EXECUTE format('GRANT USAGE ON SCHEMA %I TO rowpost_inbox', current_schema());
  EXECUTE format('GRANT USAGE ON SCHEMA %I TO rowpost_read', current_schema());
  EXECUTE format('GRANT USAGE, CREATE ON SCHEMA %I TO rowpost_migrator', current_schema());
END $$;

-- The application appends. It reads nothing, so it can neither see other messages nor lock them.
-- Never seq: whoever chose it could put a message before others, or behind what was read.
GRANT INSERT (id, bucket, topic, message_key, type, source, content_type, headers, traceparent,
              payload, available_at)
  ON "rowpost_outbox" TO rowpost_app;
GRANT INSERT (id) ON "rowpost_outbox_once" TO rowpost_app;

-- The relay. In the row layout it puts parked rows back into the stream as SENT where sent ones are
-- kept, hence the INSERT. It purges what is old, and its pauses are acts, hence the audit.
GRANT SELECT, DELETE ON "rowpost_outbox" TO rowpost_relay;
GRANT SELECT, DELETE ON "rowpost_outbox_once" TO rowpost_relay;
DO $$ BEGIN
  IF (SELECT layout FROM "rowpost_schema_version" ORDER BY version DESC LIMIT 1) = 'row' THEN
    GRANT INSERT, UPDATE (status, sent_at) ON "rowpost_outbox" TO rowpost_relay;
    GRANT UPDATE (low_seq) ON "rowpost_relay" TO rowpost_relay;
    GRANT UPDATE (sent_at) ON "rowpost_outbox" TO rowpost_operator;
  ELSE
    GRANT SELECT, DELETE, INSERT (relay, shard, n, consumed, reading, last_seq, low_seq, settled)
      ON "rowpost_relay_cursor" TO rowpost_relay;
    GRANT UPDATE (cluster) ON "rowpost_relay" TO rowpost_relay;
    GRANT SELECT ON "rowpost_relay_cursor" TO rowpost_read;
    ALTER TABLE "rowpost_relay_cursor" OWNER TO rowpost_migrator;
  END IF;
END $$;
GRANT SELECT, INSERT, DELETE,
      UPDATE (place, status, attempts, next_attempt_at, blocking, in_flight, version, last_error)
  ON "rowpost_outbox_parked" TO rowpost_relay;
GRANT SELECT, INSERT (relay, shard, token, renewals, paused, changes),
      UPDATE (owner, token, lease_until, renewals, paused, changes)
  ON "rowpost_relay" TO rowpost_relay;
GRANT INSERT (actor, act, subject, ids, affected, reason) ON "rowpost_audit" TO rowpost_relay;
GRANT SELECT ON "rowpost_schema_version" TO rowpost_relay;

-- A consumer: for the user of the handlers' own writes.
GRANT SELECT, INSERT (consumer, message_id, status, message_time, completed_at),
      UPDATE (status, attempts, last_error, completed_at)
  ON "rowpost_inbox" TO rowpost_inbox;
GRANT SELECT, DELETE,
      INSERT (consumer, message_id, original_id, topic, message_key, type, source, content_type,
              headers, traceparent, message_time, payload, reason)
  ON "rowpost_inbox_parked" TO rowpost_inbox;

-- Who looks, payloads included.
GRANT SELECT ON "rowpost_outbox" TO rowpost_read;
GRANT SELECT ON "rowpost_outbox_once" TO rowpost_read;
GRANT SELECT ON "rowpost_outbox_parked" TO rowpost_read;
GRANT SELECT ON "rowpost_relay" TO rowpost_read;
GRANT SELECT ON "rowpost_inbox" TO rowpost_read;
GRANT SELECT ON "rowpost_inbox_parked" TO rowpost_read;
GRANT SELECT ON "rowpost_audit" TO rowpost_read;
GRANT SELECT ON "rowpost_schema_version" TO rowpost_read;
GRANT SELECT ON "rowpost_outbox_status" TO rowpost_read;

-- Who acts: all of OutboxAdmin and InboxAdmin. The audit can be added to, and not be changed. A
-- purge locks the rows it deletes, which takes the right to update some column.
GRANT rowpost_read TO rowpost_operator;
GRANT INSERT (id, bucket, topic, message_key, type, source, content_type, headers, traceparent,
              payload, created_at, available_at),
      DELETE
  ON "rowpost_outbox" TO rowpost_operator;
GRANT DELETE ON "rowpost_outbox_once" TO rowpost_operator;
GRANT UPDATE (status, attempts, next_attempt_at, blocking, version, discarded_at, discarded_by,
              discard_reason),
      DELETE
  ON "rowpost_outbox_parked" TO rowpost_operator;
GRANT UPDATE (paused, changes) ON "rowpost_relay" TO rowpost_operator;
GRANT UPDATE (attempts), DELETE ON "rowpost_inbox" TO rowpost_operator;
GRANT UPDATE (retry_at, version, discarded_at, discarded_by, discard_reason), DELETE
  ON "rowpost_inbox_parked" TO rowpost_operator;
GRANT INSERT (actor, act, subject, ids, affected, reason) ON "rowpost_audit" TO rowpost_operator;

-- Who installs later versions: the owner of the tables, and no other's.
ALTER TABLE "rowpost_outbox" OWNER TO rowpost_migrator;
ALTER TABLE "rowpost_outbox_once" OWNER TO rowpost_migrator;
ALTER TABLE "rowpost_outbox_parked" OWNER TO rowpost_migrator;
ALTER TABLE "rowpost_relay" OWNER TO rowpost_migrator;
ALTER TABLE "rowpost_inbox" OWNER TO rowpost_migrator;
ALTER TABLE "rowpost_inbox_parked" OWNER TO rowpost_migrator;
ALTER TABLE "rowpost_audit" OWNER TO rowpost_migrator;
ALTER TABLE "rowpost_schema_version" OWNER TO rowpost_migrator;
ALTER VIEW "rowpost_outbox_status" OWNER TO rowpost_migrator;
