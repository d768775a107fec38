package io.rowpost.testservers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** PostgreSQL from a folder of binaries. */
final class PostgresEngine implements DatabaseEngine {

  /** In postmaster.pid: the key and the id of the shared memory. */
  private static final int SHARED_MEMORY_LINE = 6;

  private final Path binaries;
  private final Unprivileged unprivileged;
  private final Map<String, String> settings;

  /** The folder of the server that this one follows, if it is a standby. */
  private final @Nullable Path primary;

  PostgresEngine(Path binaries, Unprivileged unprivileged, Map<String, String> settings) {
    this(binaries, unprivileged, settings, null);
  }

  private PostgresEngine(
      Path binaries,
      Unprivileged unprivileged,
      Map<String, String> settings,
      @Nullable Path primary) {
    this.primary = primary;
    this.binaries = binaries;
    this.unprivileged = unprivileged;
    this.settings = new LinkedHashMap<>();
    this.settings.put("listen_addresses", "127.0.0.1");
    this.settings.put("unix_socket_directories", "");
    this.settings.put("fsync", "on");
    this.settings.put("synchronous_commit", "on");
    this.settings.put("wal_level", "logical");
    this.settings.put("max_connections", "200");
    this.settings.putAll(settings);
  }

  /** Of a standby of the server with this folder and port, which is stopped while it is copied. */
  PostgresEngine standbyOf(Path folder, int port) {
    Map<String, String> all = new LinkedHashMap<>(settings);
    all.put("primary_conninfo", "host=127.0.0.1 port=%d user=%s".formatted(port, user()));
    all.put("wal_retrieve_retry_interval", "100ms");
    return new PostgresEngine(binaries, unprivileged, all, folder);
  }

  @Override
  public DatabaseProduct product() {
    return DatabaseProduct.POSTGRESQL;
  }

  @Override
  public String user() {
    return "postgres";
  }

  @Override
  public void install(Path folder) {
    if (primary != null) {
      copy(primary, folder);
      return;
    }
    List<String> command = command(folder, "initdb");
    command.addAll(List.of("--username=" + user(), "--auth=trust"));
    command.addAll(List.of("--encoding=UTF8", "--locale=C"));
    // A power cut during these tests would lose them anyway.
    command.add("--no-sync");
    ServerProcess.run(ServerProcess.log(folder), command);
  }

  private static void copy(Path primary, Path folder) {
    ServerProcess.run(
        ServerProcess.log(folder),
        List.of("cp", "-a", primary.resolve("data").toString(), folder.resolve("data").toString()));
    try {
      Files.createFile(folder.resolve("data/standby.signal"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public List<String> serve(Path folder, int port) {
    List<String> command = command(folder, "postgres");
    command.addAll(List.of("-p", Integer.toString(port)));
    settings.forEach((name, value) -> command.addAll(List.of("-c", name + "=" + value)));
    return command;
  }

  private List<String> command(Path folder, String binary) {
    List<String> command = new ArrayList<>(unprivileged.prefix(folder));
    command.add(binaries.resolve(binary).toString());
    command.addAll(List.of("-D", folder.resolve("data").toString()));
    return command;
  }

  @Override
  public String stopSignal() {
    return "INT";
  }

  @Override
  public String immediateStopSignal() {
    return "QUIT";
  }

  @Override
  public void tidy(Path folder) {
    List<String> lines;
    try {
      lines = Files.readAllLines(folder.resolve("data/postmaster.pid"));
    } catch (IOException stoppedInOrder) {
      return;
    }
    if (lines.size() > SHARED_MEMORY_LINE) {
      String keyAndId = lines.get(SHARED_MEMORY_LINE).trim();
      String id = keyAndId.substring(keyAndId.lastIndexOf(' ') + 1);
      ServerProcess.statusOf(ServerProcess.NO_LOG, List.of("ipcrm", "-m", id));
    }
  }
}
