package io.rowpost.verification;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * The business tables of a run, and what application and handlers do in them.
 *
 * <p>They are made so that a wrong order, a second effect and a lost one can be seen: numbers and
 * places are given under a row lock that is held to the commit, and nothing keeps an order or an
 * effect from being written twice.
 */
final class Ledger {
  private static final String SAVE =
      "INSERT INTO orders (id, message_key, number, hash) VALUES (?, ?, ?, ?)";

  private static final List<String> TABLES =
      List.of(
          "CREATE TABLE message_keys (message_key integer PRIMARY KEY, last_number bigint NOT NULL)",
          """
          CREATE TABLE orders (
            id varchar(36) NOT NULL, message_key integer NOT NULL, number bigint NOT NULL,
            hash bigint NOT NULL)""",
          "CREATE INDEX orders_ix ON orders (id)",
          "CREATE INDEX orders_of_key_ix ON orders (message_key)",
          """
          CREATE TABLE effect_places (
            hop integer, message_key integer, place bigint NOT NULL,
            PRIMARY KEY (hop, message_key))""",
          """
          CREATE TABLE effects (
            hop integer NOT NULL, message_key integer NOT NULL, place bigint NOT NULL,
            id varchar(36) NOT NULL, number bigint NOT NULL, hash bigint NOT NULL)""",
          "CREATE INDEX effects_ix ON effects (id, hop)",
          "CREATE INDEX effects_of_key_ix ON effects (message_key, hop)",
          "CREATE TABLE regressions (what varchar(200) NOT NULL)");

  /** No strike retries a failed record, so nobody may take one up again. */
  private static final List<String> POSTGRES_WATCHES =
      List.of(
          """
          CREATE FUNCTION note_regress() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS
          'BEGIN INSERT INTO regressions (what) VALUES (TG_NAME); RETURN NULL; END'""",
          """
          CREATE TRIGGER reopened AFTER UPDATE ON rowpost_inbox FOR EACH ROW
            WHEN (OLD.status = 'COMPLETED' AND NEW.status <> 'COMPLETED')
            EXECUTE FUNCTION note_regress()""",
          """
          CREATE TRIGGER forgotten AFTER DELETE ON rowpost_inbox FOR EACH ROW
            WHEN (OLD.status = 'COMPLETED') EXECUTE FUNCTION note_regress()""",
          """
          CREATE TRIGGER old_token AFTER UPDATE ON rowpost_relay FOR EACH ROW
            WHEN (NEW.token < OLD.token) EXECUTE FUNCTION note_regress()""",
          """
          CREATE TRIGGER taken_up AFTER UPDATE ON rowpost_outbox_parked FOR EACH ROW
            WHEN (OLD.status = 'FAILED' AND NEW.status <> 'FAILED'
                  OR OLD.discarded_at IS NOT NULL AND NEW.discarded_at IS NULL)
            EXECUTE FUNCTION note_regress()""",
          """
          CREATE TRIGGER dropped AFTER DELETE ON rowpost_outbox_parked FOR EACH ROW
            WHEN (OLD.status = 'FAILED' AND OLD.discarded_at IS NULL)
            EXECUTE FUNCTION note_regress()""");

  /** In the log layout nobody has the right to change a row of the stream. */
  private static final String POSTGRES_ROW_WATCH =
      """
      CREATE TRIGGER sent_again AFTER UPDATE ON rowpost_outbox FOR EACH ROW
        WHEN (OLD.status = 'SENT' AND NEW.status <> 'SENT') EXECUTE FUNCTION note_regress()""";

  private static final List<String> MARIADB_WATCHES =
      List.of(
          """
          CREATE TRIGGER reopened AFTER UPDATE ON rowpost_inbox FOR EACH ROW
            INSERT INTO regressions (what)
            SELECT 'reopened' FROM DUAL WHERE OLD.status = 'COMPLETED' AND NEW.status <> 'COMPLETED'""",
          """
          CREATE TRIGGER forgotten AFTER DELETE ON rowpost_inbox FOR EACH ROW
            INSERT INTO regressions (what)
            SELECT 'forgotten' FROM DUAL WHERE OLD.status = 'COMPLETED'""",
          """
          CREATE TRIGGER old_token AFTER UPDATE ON rowpost_relay FOR EACH ROW
            INSERT INTO regressions (what)
            SELECT 'old_token' FROM DUAL WHERE NEW.token < OLD.token""",
          """
          CREATE TRIGGER taken_up AFTER UPDATE ON rowpost_outbox_parked FOR EACH ROW
            INSERT INTO regressions (what)
            SELECT 'taken_up' FROM DUAL
             WHERE OLD.status = 'FAILED' AND NEW.status <> 'FAILED'
                OR OLD.discarded_at IS NOT NULL AND NEW.discarded_at IS NULL""",
          """
          CREATE TRIGGER dropped AFTER DELETE ON rowpost_outbox_parked FOR EACH ROW
            INSERT INTO regressions (what)
            SELECT 'dropped' FROM DUAL
             WHERE OLD.status = 'FAILED' AND OLD.discarded_at IS NULL""",
          """
          CREATE TRIGGER sent_again AFTER UPDATE ON rowpost_outbox FOR EACH ROW
            INSERT INTO regressions (what)
            SELECT 'sent_again' FROM DUAL WHERE OLD.status = 'SENT' AND NEW.status <> 'SENT'""");

  private Ledger() {}

  /** Creates the tables, and triggers that note states which go backwards. */
  static void install(Connection connection, Storage storage, int keys, int hops)
      throws SQLException {
    try (Statement statement = connection.createStatement()) {
      for (String sql : TABLES) {
        statement.execute(sql);
      }
      for (String sql : watches(storage)) {
        statement.execute(sql);
      }
      for (int key = 0; key < keys; key++) {
        statement.executeUpdate("INSERT INTO message_keys VALUES (%d, 0)".formatted(key));
        for (int hop = 0; hop < hops; hop++) {
          statement.executeUpdate(
              "INSERT INTO effect_places VALUES (%d, %d, 0)".formatted(hop, key));
        }
      }
    }
  }

  private static List<String> watches(Storage storage) {
    return switch (storage) {
      case POSTGRES_LOG -> POSTGRES_WATCHES;
      case POSTGRES_ROW ->
          Stream.concat(POSTGRES_WATCHES.stream(), Stream.of(POSTGRES_ROW_WATCH)).toList();
      case MARIADB -> MARIADB_WATCHES;
    };
  }

  /** The next number of a key, whose row stays locked until the transaction ends. */
  static long nextNumber(Connection tx, int key) throws SQLException {
    try (PreparedStatement select =
        tx.prepareStatement(
            "SELECT last_number FROM message_keys WHERE message_key = ? FOR UPDATE")) {
      select.setInt(1, key);
      return 1 + number(select);
    }
  }

  /** Saves the business data that a message speaks of. */
  static void save(Connection tx, Payload payload) throws SQLException {
    try (PreparedStatement insert = tx.prepareStatement(SAVE);
        PreparedStatement update =
            tx.prepareStatement("UPDATE message_keys SET last_number = ? WHERE message_key = ?")) {
      set(insert, payload);
      insert.executeUpdate();
      update.setLong(1, payload.number());
      update.setInt(2, payload.key());
      update.executeUpdate();
    }
  }

  /** Saves what many messages speak of, whose keys no row gives numbers to. */
  static void saveAll(Connection tx, List<Payload> payloads) throws SQLException {
    try (PreparedStatement insert = tx.prepareStatement(SAVE)) {
      for (Payload payload : payloads) {
        set(insert, payload);
        insert.addBatch();
      }
      insert.executeBatch();
    }
  }

  private static void set(PreparedStatement insert, Payload payload) throws SQLException {
    insert.setString(1, payload.id().toString());
    insert.setInt(2, payload.key());
    insert.setLong(3, payload.number());
    insert.setLong(4, payload.hash());
  }

  /** Writes an effect at the next place of its hop and key. */
  static void effect(Connection tx, Payload payload) throws SQLException {
    try (PreparedStatement select =
            tx.prepareStatement(
                "SELECT place FROM effect_places WHERE hop = ? AND message_key = ? FOR UPDATE");
        PreparedStatement update =
            tx.prepareStatement(
                "UPDATE effect_places SET place = ? WHERE hop = ? AND message_key = ?");
        PreparedStatement insert =
            tx.prepareStatement(
                """
                INSERT INTO effects (hop, message_key, place, id, number, hash)
                VALUES (?, ?, ?, ?, ?, ?)""")) {
      select.setInt(1, payload.hop());
      select.setInt(2, payload.key());
      long place = 1 + number(select);
      update.setLong(1, place);
      update.setInt(2, payload.hop());
      update.setInt(3, payload.key());
      update.executeUpdate();
      insert.setInt(1, payload.hop());
      insert.setInt(2, payload.key());
      insert.setLong(3, place);
      insert.setString(4, payload.id().toString());
      insert.setLong(5, payload.number());
      insert.setLong(6, payload.hash());
      insert.executeUpdate();
    }
  }

  /** How often a message took effect, as far as committed. */
  static long effects(Connection connection, UUID id, int hop) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement("SELECT count(*) FROM effects WHERE id = ? AND hop = ?")) {
      select.setString(1, id.toString());
      select.setInt(2, hop);
      return number(select);
    }
  }

  private static long number(PreparedStatement select) throws SQLException {
    try (ResultSet row = select.executeQuery()) {
      row.next();
      return row.getLong(1);
    }
  }
}
