package io.rowpost.verification;

import io.rowpost.testservers.TcpProxy;
import io.rowpost.testservers.TestDatabase;
import io.rowpost.testservers.WallClock;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/** Launches the processes of a run, numbered from 1, each with a log and a way of its own. */
final class Launcher {
  private final TestDatabase tables;
  private final Path folder;
  private final Map<Integer, WallClock> clocks = new HashMap<>();
  private int launched;

  Launcher(TestDatabase tables, Path folder) {
    this.tables = tables;
    this.folder = folder;
  }

  /**
   * Returns as soon as the process is there.
   *
   * @param main its class, of which it is told by a {@link Setup}
   * @param database where its server is
   */
  Member launch(Class<?> main, Login login, Setup setup, InetSocketAddress database) {
    int process = ++launched;
    TcpProxy proxy = TcpProxy.to(database);
    Setup own =
        setup
            .with(Setting.URL, tables.jdbcUrl(proxy))
            .with(Setting.USER, login.user(tables))
            .with(Setting.PROCESS, process);
    return new Member(
        process,
        new Child(
            main,
            folder.resolve("%04d.log".formatted(process)),
            own.arguments(),
            environment(setup, process)),
        proxy);
  }

  private Map<String, String> environment(Setup setup, int process) {
    if (!setup.text(Setting.OWN_CLOCKS).equals("yes")) {
      return Map.of();
    }
    WallClock clock = WallClock.require(folder.resolve("%04d.clock".formatted(process)));
    clocks.put(process, clock);
    return clock.environment();
  }

  /** The wall clock of a process, in a run where each has its own. */
  WallClock clock(Member member) {
    return Objects.requireNonNull(clocks.get(member.process()), "clock");
  }

  void setClocksRight() {
    for (WallClock clock : clocks.values()) {
      clock.set(Duration.ZERO);
    }
  }
}
