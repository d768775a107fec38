package io.rowpost.jdbc;

import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import java.util.stream.Collectors;

/** Lines of the audit, written in the transaction of the act they tell of. */
final class Audit {
  private Audit() {}

  /**
   * One act.
   *
   * @param actor who
   * @param act what
   * @param subject which record, relay or filter; of a long filter the first 4,096 characters, and
   *     what no database stores becomes U+FFFD
   * @param ids what was changed, if it is a list
   * @param affected how many
   * @param reason why
   */
  record Line(
      String actor, String act, String subject, List<?> ids, long affected, String reason) {}

  static void write(Session session, Line line) throws SQLException {
    write(session.prepare(Query.AUDIT), line);
  }

  /** Writes it by a statement of {@link Query#AUDIT}. */
  static void write(PreparedStatement statement, Line line) throws SQLException {
    statement.setString(1, line.actor);
    statement.setString(2, line.act);
    statement.setString(3, StoredText.error(line.subject));
    statement.setString(
        4,
        line.ids.isEmpty()
            ? null
            : line.ids.stream().map(String::valueOf).collect(Collectors.joining(" ")));
    statement.setLong(5, line.affected);
    statement.setString(6, line.reason);
    statement.executeUpdate();
  }
}
