-- Rowpost: roles for MariaDB, each with what its part of the program does and nothing else.
-- Run as an administrator, in the database of the tables, after V1__outbox_inbox.sql and again
-- after each later version. It may be run any number of times: a role that exists stays, and a
-- GRANT repeated changes nothing. It takes nothing away: privileges that you gave stay too.
-- Roles belong to the whole server, tables to one database. Other names, for tables or for roles:
-- Schema.rolesSql(dialect, tablePrefix, rolePrefix).
-- None can log in. Give them to your users:
--   GRANT rowpost_app TO shop; SET DEFAULT ROLE rowpost_app FOR shop;
-- Optional, for the relay: GRANT PROCESS ON *.* TO rowpost_relay; then it asks who may still fill a
-- gap in the numbers, and forgets the others. Without it gaps are looked at again until its lease
-- ends, which is slower after many rollbacks and never wrong.

CREATE ROLE IF NOT EXISTS rowpost_app;
CREATE ROLE IF NOT EXISTS rowpost_relay;
CREATE ROLE IF NOT EXISTS rowpost_inbox;
CREATE ROLE IF NOT EXISTS rowpost_read;
CREATE ROLE IF NOT EXISTS rowpost_operator;
CREATE ROLE IF NOT EXISTS rowpost_migrator;

-- The application appends. It reads nothing, so it can neither see other messages nor lock them.
-- Never seq: whoever chose it could put a message before others, or behind what was read.
GRANT INSERT (id, bucket, topic, message_key, type, source, content_type, headers, traceparent,
              payload, available_at)
  ON `rowpost_outbox` TO rowpost_app;
GRANT INSERT (id) ON `rowpost_outbox_once` TO rowpost_app;

-- The relay. It puts parked rows back into the stream as SENT where sent ones are kept, hence the
-- INSERT. Its pauses are acts, hence the audit.
GRANT SELECT, INSERT, DELETE, UPDATE (status, sent_at) ON `rowpost_outbox` TO rowpost_relay;
GRANT SELECT, DELETE ON `rowpost_outbox_once` TO rowpost_relay;
GRANT SELECT, INSERT, DELETE,
      UPDATE (place, status, attempts, next_attempt_at, blocking, in_flight, version, last_error)
  ON `rowpost_outbox_parked` TO rowpost_relay;
GRANT SELECT, INSERT (relay, shard, token, renewals, paused, changes),
      UPDATE (owner, token, lease_until, renewals, paused, changes, low_seq)
  ON `rowpost_relay` TO rowpost_relay;
GRANT INSERT (actor, act, subject, ids, affected, reason) ON `rowpost_audit` TO rowpost_relay;
GRANT SELECT ON `rowpost_schema_version` TO rowpost_relay;

-- A consumer: for the user of the handlers' own writes. An INSERT that updates where the row is
-- there takes the right to update what it inserts.
GRANT SELECT, INSERT (consumer, message_id, status, message_time, completed_at),
      UPDATE (consumer, message_id, status, message_time, attempts, last_error, completed_at)
  ON `rowpost_inbox` TO rowpost_inbox;
GRANT SELECT, DELETE,
      INSERT (consumer, message_id, original_id, topic, message_key, type, source, content_type,
              headers, traceparent, message_time, payload, reason)
  ON `rowpost_inbox_parked` TO rowpost_inbox;

-- Who looks, payloads included.
GRANT SELECT ON `rowpost_outbox` TO rowpost_read;
GRANT SELECT ON `rowpost_outbox_once` TO rowpost_read;
GRANT SELECT ON `rowpost_outbox_parked` TO rowpost_read;
GRANT SELECT ON `rowpost_relay` TO rowpost_read;
GRANT SELECT ON `rowpost_inbox` TO rowpost_read;
GRANT SELECT ON `rowpost_inbox_parked` TO rowpost_read;
GRANT SELECT ON `rowpost_audit` TO rowpost_read;
GRANT SELECT ON `rowpost_schema_version` TO rowpost_read;
GRANT SELECT ON `rowpost_outbox_status` TO rowpost_read;

-- Who acts: all of OutboxAdmin and InboxAdmin. The audit can be added to, and not be changed.
GRANT rowpost_read TO rowpost_operator;
GRANT INSERT (id, bucket, topic, message_key, type, source, content_type, headers, traceparent,
              payload, created_at, available_at),
      DELETE
  ON `rowpost_outbox` TO rowpost_operator;
GRANT DELETE ON `rowpost_outbox_once` TO rowpost_operator;
GRANT UPDATE (status, attempts, next_attempt_at, blocking, version, discarded_at, discarded_by,
              discard_reason),
      DELETE
  ON `rowpost_outbox_parked` TO rowpost_operator;
GRANT UPDATE (paused, changes) ON `rowpost_relay` TO rowpost_operator;
GRANT UPDATE (attempts), DELETE ON `rowpost_inbox` TO rowpost_operator;
GRANT UPDATE (retry_at, version, discarded_at, discarded_by, discard_reason), DELETE
  ON `rowpost_inbox_parked` TO rowpost_operator;
GRANT INSERT (actor, act, subject, ids, affected, reason) ON `rowpost_audit` TO rowpost_operator;

-- Who installs later versions. New tables and views may be created beside the others; existing
-- ones that are not Rowpost's stay out of reach.
GRANT CREATE, CREATE VIEW ON * TO rowpost_migrator;
GRANT SELECT, INSERT, UPDATE, DELETE, ALTER, DROP, INDEX
  ON `rowpost_outbox` TO rowpost_migrator;
GRANT SELECT, INSERT, UPDATE, DELETE, ALTER, DROP, INDEX
  ON `rowpost_outbox_once` TO rowpost_migrator;
GRANT SELECT, INSERT, UPDATE, DELETE, ALTER, DROP, INDEX
  ON `rowpost_outbox_parked` TO rowpost_migrator;
GRANT SELECT, INSERT, UPDATE, DELETE, ALTER, DROP, INDEX
  ON `rowpost_relay` TO rowpost_migrator;
GRANT SELECT, INSERT, UPDATE, DELETE, ALTER, DROP, INDEX
  ON `rowpost_inbox` TO rowpost_migrator;
GRANT SELECT, INSERT, UPDATE, DELETE, ALTER, DROP, INDEX
  ON `rowpost_inbox_parked` TO rowpost_migrator;
GRANT SELECT, INSERT, UPDATE, DELETE, ALTER, DROP, INDEX
  ON `rowpost_audit` TO rowpost_migrator;
GRANT SELECT, INSERT, UPDATE, DELETE, ALTER, DROP, INDEX
  ON `rowpost_schema_version` TO rowpost_migrator;
GRANT SELECT, DROP, SHOW VIEW ON `rowpost_outbox_status` TO rowpost_migrator;
