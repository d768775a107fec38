package scenario.order;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * A relay as a process of its own: {@link RelayMain} in another JVM.
 *
 * <p>It dies by SIGKILL, after the broker has an event whose acknowledgement the relay did not
 * hear.
 */
final class RelayProcess implements StoryRelay {
  static final Duration LEASE = Duration.ofSeconds(4);

  private static final long PATIENCE_SECONDS = 30;

  private final String name;
  private final Journal journal;
  private final Process process;
  private final Thread listener = new Thread(this::listen);
  private final CountDownLatch started = new CountDownLatch(1);
  private volatile boolean killed;
  private volatile boolean stopped;
  private boolean closed;

  /** Starts a relay and returns when it runs. */
  RelayProcess(String name, Servers.Premises premises, long crashAt, Journal journal)
      throws IOException, InterruptedException {
    this.name = name;
    this.journal = journal;
    var builder =
        new ProcessBuilder(command(premises, crashAt))
            .redirectError(ProcessBuilder.Redirect.INHERIT);
    builder.environment().put(RelayMain.DATABASE, premises.orderDatabase().getJdbcUrl());
    this.process = builder.start();
    listener.setDaemon(true);
    listener.start();
    if (!started.await(PATIENCE_SECONDS, TimeUnit.SECONDS) || !process.isAlive()) {
      process.destroyForcibly();
      throw new IllegalStateException("relay " + name + " did not start; it said why above");
    }
  }

  private static List<String> command(Servers.Premises premises, long crashAt) {
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    // It lives for seconds, and there may be few cores.
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx128m"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(RelayMain.class.getName());
    command.addAll(List.of("--kafka", String.valueOf(premises.kafka())));
    command.addAll(List.of("--topic-prefix", premises.topicPrefix()));
    command.addAll(List.of("--lease", LEASE.toString(), "--cut-at", Long.toString(crashAt)));
    command.add("--attached");
    return command;
  }

  private void listen() {
    try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        heard(line.split(" "));
      }
    } catch (IOException e) {
      throw new UncheckedIOException("relay " + name + " cannot be heard", e);
    } finally {
      started.countDown();
    }
  }

  private void heard(String[] words) {
    long order = Long.parseLong(words[1]);
    switch (words[0]) {
      case RelayMain.STARTED -> started.countDown();
      case RelayMain.SENT -> journal.sent(name, order);
      case RelayMain.CUT -> {
        killed = true;
        process.toHandle().destroyForcibly();
        journal.relayCrashed("relay " + name + " KILLED (SIGKILL)", order);
      }
      case RelayMain.STOPPED -> stopped = true;
      default -> throw new IllegalStateException("relay " + name + " said " + words[0]);
    }
  }

  /** A process of its own hears of new records by polling. */
  @Override
  public void wakeUp() {}

  /** Sends SIGTERM and waits for the end. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    if (!killed) {
      journal.relayStops();
    }
    // By its handle: Process.destroy would close the pipe, and its last words would be lost.
    process.toHandle().destroy();
    awaitEnd();
    if (killed) {
      return;
    }
    if (!stopped) {
      process.destroyForcibly();
      throw new IllegalStateException("relay %s did not stop in an orderly way".formatted(name));
    }
    journal.relayStopped("relay " + name + " was told to stop (SIGTERM)");
  }

  /** Waits for the process, and until all that it said was heard. */
  private void awaitEnd() {
    try {
      if (process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        listener.join();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
