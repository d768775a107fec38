package io.rowpost.testservers;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** MariaDB from the installed binaries. */
final class MariaDbEngine implements DatabaseEngine {

  /** Where mariadbd lies on systems that keep it off the PATH. */
  private static final List<String> MORE_FOLDERS =
      List.of(
          "/usr/sbin", "/usr/local/sbin", "/usr/local/bin", "/opt/homebrew/bin", "/usr/libexec");

  private final Path installDb;
  private final Path server;
  private final Map<String, String> settings;

  private MariaDbEngine(Path installDb, Path server, Map<String, String> settings) {
    this.installDb = installDb;
    this.server = server;
    this.settings = settings;
  }

  /**
   * MariaDB from the PATH and the usual folders.
   *
   * @throws ServerAbsentException if it is not there
   */
  static MariaDbEngine installed(Map<String, String> settings) {
    String path = Objects.requireNonNullElse(System.getenv("PATH"), "");
    List<String> folders = new ArrayList<>(List.of(path.split(File.pathSeparator, -1)));
    folders.addAll(MORE_FOLDERS);
    return installedIn(folders, settings);
  }

  static MariaDbEngine installedIn(List<String> folders, Map<String, String> settings) {
    return new MariaDbEngine(
        find(folders, "mariadb-install-db"), find(folders, "mariadbd"), settings);
  }

  private static Path find(List<String> folders, String binary) {
    return folders.stream()
        .map(folder -> Path.of(folder, binary))
        .filter(Files::isExecutable)
        .findFirst()
        .orElseThrow(() -> new ServerAbsentException("MariaDB: no " + binary + " is installed"));
  }

  @Override
  public DatabaseProduct product() {
    return DatabaseProduct.MARIADB;
  }

  @Override
  public String user() {
    return "root";
  }

  @Override
  public void install(Path folder) {
    List<String> command = command(installDb, folder);
    command.addAll(List.of("--auth-root-authentication-method=normal", "--skip-test-db"));
    ServerProcess.run(ServerProcess.log(folder), command);
  }

  @Override
  public List<String> serve(Path folder, int port) {
    List<String> command = command(server, folder);
    command.addAll(List.of("--bind-address=127.0.0.1", "--port=" + port));
    command.add("--socket=" + folder.resolve("socket"));
    command.add("--pid-file=" + folder.resolve("pid"));
    command.addAll(List.of("--innodb-flush-log-at-trx-commit=1", "--max-connections=200"));
    command.addAll(List.of("--character-set-server=utf8mb4", "--skip-name-resolve"));
    settings.forEach((name, value) -> command.add("--" + name + "=" + value));
    return command;
  }

  private List<String> command(Path binary, Path folder) {
    List<String> command = new ArrayList<>();
    command.addAll(
        List.of(binary.toString(), "--no-defaults", "--datadir=" + folder.resolve("data")));
    // The default of 96 MB is written in full at the first start.
    command.add("--innodb-log-file-size=16M");
    if ("root".equals(System.getProperty("user.name"))) {
      command.add("--user=root");
    }
    return command;
  }

  @Override
  public String stopSignal() {
    return "TERM";
  }

  @Override
  public String immediateStopSignal() {
    return "KILL";
  }

  @Override
  public void tidy(Path folder) {
    // A killed server leaves nothing outside of its folder.
  }
}
