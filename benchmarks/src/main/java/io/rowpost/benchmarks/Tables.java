package io.rowpost.benchmarks;

import io.rowpost.jdbc.Schema;
import java.sql.SQLException;
import javax.sql.DataSource;

/** Which of Rowpost's layouts the outbox table has; what is appended to it is the same in all. */
enum Tables {
  /** Rows that are deleted or marked when they are sent. */
  ROW,
  /** Rows that stay as they are; how far the relay came stands elsewhere. */
  LOG;

  static final String CLEAR =
      "TRUNCATE orders, \"rowpost_outbox\", \"rowpost_outbox_parked\"";

  private static final String LOG_TABLE =
      """
      CREATE TABLE IF NOT EXISTS "rowpost_outbox" (
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
      CREATE INDEX IF NOT EXISTS "rowpost_outbox_xid_ix" ON "rowpost_outbox" (xid);
      CREATE TABLE IF NOT EXISTS "rowpost_outbox_parked" (seq bigint)
      """;

  void install(DataSource dataSource) throws SQLException {
    Sql.execute(dataSource, Orders.TABLE);
    switch (this) {
      case ROW -> Schema.install(dataSource);
      case LOG -> Sql.execute(dataSource, LOG_TABLE);
    }
  }
}
