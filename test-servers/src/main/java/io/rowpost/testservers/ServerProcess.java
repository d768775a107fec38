package io.rowpost.testservers;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;

/**
 * A server that runs as a child process, with its log and its signals.
 *
 * <p>A guard, a small shell, stands beside each server and holds the other end of a pipe of this
 * JVM. However this JVM ends, by SIGKILL too, the pipe closes, and the guard stops the server and
 * deletes its folder. A shell, because it must work for any server, even for one that is paused.
 */
final class ServerProcess {

  /** Generous, for machines with far more work than processors: who fails early wastes more. */
  private static final Duration UP_WITHIN = Duration.ofMinutes(3);

  private static final Duration GONE_WITHIN = Duration.ofMinutes(1);
  private static final int LOG_TAIL_LINES = 30;
  static final Path NO_LOG = Path.of("/dev/null");

  /** Arguments: pid of the server, signal that stops it, folder to delete. */
  private static final String GUARD =
      """
      while read -r line; do :; done
      kill -s "$2" "$1"
      kill -s CONT "$1"
      tries=0
      while kill -0 "$1" && [ "$tries" -lt 100 ]; do sleep 0.1; tries=$((tries + 1)); done
      kill -s KILL "$1"
      rm -rf -- "$3"
      """;

  private final Process process;
  private final CompletableFuture<Process> guardsEnd;
  private final Path log;

  private ServerProcess(Process process, Process guard, Path log) {
    this.process = process;
    // Dismissed at once, before the process id can belong to somebody else.
    this.guardsEnd = process.onExit().thenCompose(ended -> guard.destroyForcibly().onExit());
    this.log = log;
  }

  /**
   * Starts a server.
   *
   * @param folder its folder, deleted if this JVM dies; the log goes to {@code server.log} in it
   * @param stopSignal the signal with which the guard stops it, such as KILL
   */
  static ServerProcess start(Path folder, String stopSignal, List<String> command) {
    Path log = log(folder);
    try {
      Process process = builder(command, log).start();
      Process guard =
          new ProcessBuilder(
                  "sh", "-c", GUARD, "guard", "" + process.pid(), stopSignal, folder.toString())
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      return new ServerProcess(process, guard, log);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot start " + command.get(0), e);
    }
  }

  /** Where a server in a folder logs. */
  static Path log(Path folder) {
    return folder.resolve("server.log");
  }

  /** Runs a command to its end, its output in {@code log}; fails unless it ends with 0. */
  static void run(Path log, List<String> command) {
    int status = statusOf(log, command);
    if (status != 0) {
      throw new IllegalStateException(
          String.join(" ", command) + " ended with " + status + ":\n" + tailOf(log));
    }
  }

  /** Runs a command to its end and returns its exit status; 127 if there is no such command. */
  static int statusOf(Path log, List<String> command) {
    Process process;
    try {
      process = builder(command, log).start();
    } catch (IOException noSuchCommand) {
      return 127;
    }
    try {
      return process.waitFor();
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while running " + command.get(0), e);
    }
  }

  private static ProcessBuilder builder(List<String> command, Path log) {
    return new ProcessBuilder(command)
        .redirectInput(new File("/dev/null"))
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
  }

  /**
   * Returns when the server is up.
   *
   * @throws IllegalStateException with the end of its log, if it ends before or takes too long; it
   *     is killed then
   */
  void awaitUp(String name, BooleanSupplier isUp) {
    if (Await.until(UP_WITHIN, () -> !isAlive() || isUp.getAsBoolean()) && isAlive()) {
      return;
    }
    String why =
        isAlive()
            ? "not up after " + UP_WITHIN.toSeconds() + " s"
            : "ended with " + process.exitValue();
    kill();
    throw new IllegalStateException(name + " did not start: " + why + "\n" + tailOf(log));
  }

  long pid() {
    return process.pid();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** Sends a signal such as STOP to the server and its children; nothing if it has ended. */
  void signal(String name) {
    send(name, tree());
  }

  private void send(String signal, List<ProcessHandle> processes) {
    if (!isAlive()) {
      return;
    }
    List<String> command = new ArrayList<>(List.of("kill", "-s", signal));
    processes.stream().filter(ProcessHandle::isAlive).forEach(p -> command.add("" + p.pid()));
    statusOf(NO_LOG, command);
  }

  /** Sends SIGKILL to the server and its children, and returns when all of them are gone. */
  void kill() {
    // Stopped first, it has no more children than those that are counted.
    send("STOP", List.of(process.toHandle()));
    List<ProcessHandle> tree = tree();
    tree.forEach(ProcessHandle::destroyForcibly);
    awaitGone(tree);
  }

  /**
   * Sends a signal to the server alone, and returns when it and its children are gone.
   *
   * <p>A paused one is woken, to obey.
   */
  void stop(String signal) {
    List<ProcessHandle> tree = tree();
    send(signal, List.of(process.toHandle()));
    send("CONT", tree);
    awaitGone(tree);
  }

  private List<ProcessHandle> tree() {
    List<ProcessHandle> tree = new ArrayList<>();
    tree.add(process.toHandle());
    process.descendants().forEach(tree::add);
    return tree;
  }

  private void awaitGone(List<ProcessHandle> tree) {
    if (!Await.until(
        GONE_WITHIN, () -> !isAlive() && tree.stream().allMatch(ServerProcess::isGone))) {
      throw new IllegalStateException(
          "still there after "
              + GONE_WITHIN.toSeconds()
              + " s: process "
              + pid()
              + "\n"
              + tailOf(log));
    }
    // From now on nobody deletes the folder but its owner.
    guardsEnd.join();
  }

  /** An orphan whose new parent does not collect it stays as a zombie, which holds nothing. */
  static boolean isGone(ProcessHandle process) {
    if (!process.isAlive()) {
      return true;
    }
    try {
      String stat = Files.readString(Path.of("/proc/" + process.pid() + "/stat"));
      return stat.charAt(stat.lastIndexOf(')') + 2) == 'Z';
    } catch (IOException noProcFileSystem) {
      return false;
    }
  }

  private static String tailOf(Path log) {
    try {
      List<String> lines =
          new String(Files.readAllBytes(log), StandardCharsets.UTF_8).lines().toList();
      return String.join(
          "\n", lines.subList(Math.max(0, lines.size() - LOG_TAIL_LINES), lines.size()));
    } catch (IOException e) {
      return "(no log: " + e + ")";
    }
  }
}
