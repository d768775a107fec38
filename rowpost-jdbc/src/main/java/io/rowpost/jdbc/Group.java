package io.rowpost.jdbc;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Statements that are sent together: on PostgreSQL they cost one round trip, elsewhere one each.
 *
 * <p>They run in the order in which they were added, in the transaction of their session. If one
 * fails, those behind it are not run. Not thread-safe; for one run.
 */
final class Group {
  private final Session session;
  private final List<Part> parts = new ArrayList<>();
  private boolean commits;

  /** Binds the parameters of one statement. */
  interface Binder {
    /**
     * Binds.
     *
     * @param index of its first parameter
     * @return the index behind its last
     */
    int bind(PreparedStatement statement, int index) throws SQLException;
  }

  /** Reads the result of one statement. */
  interface Reader {
    void read(ResultSet result) throws SQLException;
  }

  private record Part(String sql, Binder binder, @Nullable Reader reader) {}

  Group(Session session) {
    this.session = session;
  }

  Group add(Query query, Binder binder) {
    parts.add(new Part(session.statements().get(query), binder, null));
    return this;
  }

  Group add(Query query, Binder binder, Reader reader) {
    parts.add(new Part(session.statements().get(query), binder, reader));
    return this;
  }

  /** Ends the transaction, PostgreSQL only: what was read counts only if this succeeds. */
  Group commit() {
    parts.add(new Part("COMMIT", (statement, index) -> index, null));
    commits = true;
    return this;
  }

  void run() throws SQLException {
    if (session.statements().dialect() == Dialect.POSTGRESQL) {
      runTogether();
    } else {
      runOneByOne();
    }
  }

  private void runOneByOne() throws SQLException {
    for (Part part : parts) {
      PreparedStatement statement = session.prepare(part.sql);
      part.binder.bind(statement, 1);
      statement.execute();
      read(part, statement);
    }
  }

  private void runTogether() throws SQLException {
    List<String> beginning = session.beginning();
    String sql =
        Stream.concat(beginning.stream(), parts.stream().map(Part::sql))
            .collect(Collectors.joining(";\n"));
    PreparedStatement statement = session.prepared(sql);
    int index = 1;
    for (Part part : parts) {
      index = part.binder.bind(statement, index);
    }
    if (commits) {
      session.ended();
    }
    statement.execute();
    for (int i = 0; i < beginning.size(); i++) {
      statement.getMoreResults();
    }
    for (Part part : parts) {
      read(part, statement);
      statement.getMoreResults();
    }
  }

  private static void read(Part part, PreparedStatement statement) throws SQLException {
    if (part.reader != null) {
      try (ResultSet result = statement.getResultSet()) {
        part.reader.read(result);
      }
    }
  }
}
