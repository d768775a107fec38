package io.rowpost.testservers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.sql.DataSource;

/**
 * A pooler in transaction mode in front of a PostgreSQL database: each transaction of a client runs
 * on the next of three connections, so nothing that was set for a session stays with its client.
 */
public final class PgBouncer implements AutoCloseable {
  private static final String COMMAND = "pgbouncer";

  /** Where Debian puts it, which is not on every user's path. */
  private static final String SBIN = "/usr/sbin/pgbouncer";

  private static final String CONFIGURATION =
      """
      [databases]
      * = host=%s port=%d user='%s'%s
      [pgbouncer]
      listen_addr = 127.0.0.1
      listen_port = %d
      unix_socket_dir =
      auth_type = any
      pool_mode = transaction
      default_pool_size = 3
      min_pool_size = 3
      server_round_robin = 1
      ignore_startup_parameters = extra_float_digits
      """;

  private final Path folder;
  private final ServerProcess process;
  private final JdbcUrl url;

  private PgBouncer(Path folder, ServerProcess process, JdbcUrl url) {
    this.folder = folder;
    this.process = process;
    this.url = url;
  }

  /**
   * Starts one; skips the test if PgBouncer is not installed, or fails it under {@code CI=true}.
   */
  public static PgBouncer require(TestDatabase database) {
    return Requirement.ofEnvironment().of(() -> start(database));
  }

  private static PgBouncer start(TestDatabase database) {
    String command = command();
    Path folder = Folders.createTemporary(COMMAND);
    int port = Loopback.freePort();
    JdbcUrl direct = database.url();
    Path configuration = folder.resolve("pgbouncer.ini");
    try {
      // An empty password is a mistake to it.
      String password = direct.password().isEmpty() ? "" : " password='" + direct.password() + "'";
      Files.writeString(
          configuration,
          CONFIGURATION.formatted(direct.host(), direct.port(), direct.user(), password, port));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    var line = new ArrayList<>(Unprivileged.here().prefix(folder));
    line.addAll(List.of(command, configuration.toString()));
    // Before version 1.21 a pooler knows nothing of statements that the driver has prepared.
    JdbcUrl url = direct.withAddress(Loopback.HOST, port).withParameter("prepareThreshold", "0");
    var pooler = new PgBouncer(folder, ServerProcess.start(folder, "KILL", line), url);
    AtExit.close(pooler);
    pooler.process.awaitUp(COMMAND, pooler::answers);
    return pooler;
  }

  private static String command() {
    return Stream.of(COMMAND, SBIN)
        .filter(
            name -> ServerProcess.statusOf(ServerProcess.NO_LOG, List.of(name, "--version")) == 0)
        .findFirst()
        .orElseThrow(() -> new ServerAbsentException("PgBouncer: it is not installed"));
  }

  private boolean answers() {
    try (var connection = dataSource().getConnection()) {
      return connection.isValid(0);
    } catch (SQLException notYet) {
      return false;
    }
  }

  /** A data source that opens a new connection through the pooler each time. */
  public DataSource dataSource() {
    return new DirectDataSource(url.text(), url.user(), url.password());
  }

  @Override
  public void close() {
    AtExit.forget(this);
    process.kill();
    Folders.delete(folder);
  }
}
