package io.rowpost.testservers;

import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A database server of one test, which may be killed, stopped, paused and started again.
 *
 * <p>It listens on the loopback address, keeps its port and its data over a restart, and writes to
 * disk before it confirms a commit. It goes when it is closed, and at the latest with this JVM,
 * however that ends. Methods that change its state are safe for use by threads, one at a time.
 */
public final class OwnDatabaseServer implements DatabaseServer, AutoCloseable {

  private final DatabaseEngine engine;
  private final @Nullable SmallDisk disk;
  private final Path folder;
  private final DatabaseAdmin admin;
  private final int port;
  private ServerProcess process;
  private DatabaseAdmin.@Nullable Version version;
  private boolean closed;

  private OwnDatabaseServer(
      DatabaseEngine engine, @Nullable SmallDisk disk, Path folder, int port) {
    this.engine = engine;
    this.disk = disk;
    this.folder = folder;
    this.port = port;
    this.admin = new DatabaseAdmin(engine.product(), engine.product().local(port, engine.user()));
    this.process = launch();
  }

  static OwnDatabaseServer start(DatabaseEngine engine) {
    return start(engine, null, Folders.createTemporary(nameOf(engine)));
  }

  /** On a disk of its own, which may be filled. */
  static OwnDatabaseServer startOnSmallDisk(DatabaseEngine engine, int megabytes) {
    SmallDisk disk = SmallDisk.mount(megabytes);
    try {
      return start(engine, disk, Folders.createIn(disk.folder(), nameOf(engine)));
    } catch (RuntimeException e) {
      disk.close();
      throw e;
    }
  }

  private static String nameOf(DatabaseEngine engine) {
    return engine.product().title().toLowerCase(Locale.ROOT);
  }

  private static OwnDatabaseServer start(
      DatabaseEngine engine, @Nullable SmallDisk disk, Path folder) {
    try {
      engine.install(folder);
      OwnDatabaseServer server = new OwnDatabaseServer(engine, disk, folder, Loopback.freePort());
      AtExit.close(server);
      return server;
    } catch (RuntimeException e) {
      Folders.delete(folder);
      throw e;
    }
  }

  /**
   * As {@link #start}, but says why if it cannot be started here: for want of rights, libraries...
   */
  static DatabaseServer startOrAbsent(DatabaseEngine engine) {
    try {
      return start(engine);
    } catch (IllegalStateException | UncheckedIOException e) {
      throw new ServerAbsentException(String.valueOf(e.getMessage()), e);
    }
  }

  private ServerProcess launch() {
    ServerProcess launched =
        ServerProcess.start(folder, engine.immediateStopSignal(), engine.serve(folder, port));
    launched.awaitUp(engine.product().title(), this::answers);
    return launched;
  }

  private boolean answers() {
    try {
      version = admin.askVersion();
      return true;
    } catch (SQLException notYet) {
      return false;
    }
  }

  @Override
  public TestDatabase createDatabase(String options) {
    return TestDatabase.create(admin, options, this::isRunning);
  }

  /** Whether the server's process runs; it may be paused. */
  public synchronized boolean isRunning() {
    return process.isAlive();
  }

  /** Sends SIGKILL to all of its processes; returns when they are gone. */
  public synchronized void kill() {
    process.kill();
  }

  /**
   * Stops it as an operator in a hurry does: no checkpoint, recovery at the next start.
   *
   * <p>MariaDB has no such mode: there it is a kill.
   */
  public synchronized void stopImmediate() {
    process.stop(engine.immediateStopSignal());
  }

  /** Stops it in order: open transactions are rolled back, connections closed. */
  public synchronized void stop() {
    process.stop(engine.stopSignal());
  }

  /** Starts it again, on the same port and data; stops it in order first if it runs. */
  public synchronized void restart() {
    if (closed) {
      throw new IllegalStateException(this + " is closed");
    }
    if (process.isAlive()) {
      stop();
    }
    process = launch();
  }

  /**
   * Starts a standby that follows this server, which is restarted for it. PostgreSQL only.
   *
   * <p>It can be read, and is a server of its own once it was promoted.
   */
  public synchronized OwnDatabaseServer startStandby() {
    if (!(engine instanceof PostgresEngine postgres)) {
      throw new UnsupportedOperationException("no standby of " + engine.product().title());
    }
    stop();
    OwnDatabaseServer standby = start(postgres.standbyOf(folder, port));
    process = launch();
    return standby;
  }

  /** Makes a standby a server of its own. PostgreSQL only. */
  public void promote() {
    try {
      admin.execute("SELECT pg_promote()");
    } catch (SQLException e) {
      throw new IllegalStateException("cannot promote " + this, e);
    }
  }

  /** Stops all of its processes in their tracks (SIGSTOP): connections stay, nothing answers. */
  public synchronized void pause() {
    process.signal("STOP");
  }

  /** Lets its processes go on (SIGCONT). */
  public synchronized void resume() {
    process.signal("CONT");
  }

  /**
   * Takes all the space that is left on its disk.
   *
   * @throws IllegalStateException if it has no disk of its own
   */
  public void fillDisk() {
    if (disk == null) {
      throw new IllegalStateException(this + " has no disk of its own");
    }
    disk.fill();
  }

  /** Gives the space back that {@link #fillDisk} took, if it has taken any. */
  public void freeDisk() {
    if (disk != null) {
      disk.free();
    }
  }

  /** Where it listens, as the target of a {@link TcpProxy}. */
  public InetSocketAddress address() {
    return Loopback.at(port);
  }

  /** The id of its main process; all others are children of it. */
  public synchronized long pid() {
    return process.pid();
  }

  Path folder() {
    return folder;
  }

  @Override
  public int majorVersion() {
    return knownVersion().major();
  }

  @Override
  public String description() {
    return admin.describe(knownVersion());
  }

  private synchronized DatabaseAdmin.Version knownVersion() {
    if (version == null) {
      throw new IllegalStateException("never started");
    }
    return version;
  }

  /** Kills the server and deletes its folder; nothing if it was closed before. */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    AtExit.forget(this);
    if (process.isAlive()) {
      process.stop(engine.immediateStopSignal());
    }
    engine.tidy(folder);
    Folders.delete(folder);
    if (disk != null) {
      disk.close();
    }
  }

  @Override
  public String toString() {
    return engine.product().title() + " at 127.0.0.1:" + port;
  }
}
