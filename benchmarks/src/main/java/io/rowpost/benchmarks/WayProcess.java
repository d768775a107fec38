package io.rowpost.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The JVM of a way, seen from the one that measures. It ends when it is closed, or with us. */
final class WayProcess implements AutoCloseable {
  private static final Duration UP_WITHIN = Duration.ofSeconds(60);
  private static final Duration GONE_WITHIN = Duration.ofSeconds(10);
  private static final String END_OF_OUTPUT = "";

  private final String name;
  private final Process process;
  private final PrintStream commands;
  private final BlockingQueue<String> answers = new LinkedBlockingQueue<>();
  private @Nullable String settings;

  private WayProcess(String name, Process process) {
    this.name = name;
    this.process = process;
    commands = new PrintStream(process.getOutputStream(), true, StandardCharsets.UTF_8);
    var reader = new Thread(this::read, name + "-answers");
    reader.setDaemon(true);
    reader.start();
  }

  /** Starts a JVM on a class path; does not wait until it is up. */
  static WayProcess start(
      String name, String classPath, List<String> options, List<String> mainAndArguments)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(ProcessHandle.current().info().command().orElse("java"));
    command.addAll(options);
    command.addAll(List.of("-cp", classPath));
    command.addAll(mainAndArguments);
    return new WayProcess(
        name, new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start());
  }

  private void read() {
    try (BufferedReader in = process.inputReader(StandardCharsets.UTF_8)) {
      // A JVM that records says so before it is up.
      boolean up = false;
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        up |= line.startsWith(WayMain.READY);
        if (up) {
          answers.add(line);
        }
      }
    } catch (IOException ended) {
      // told below
    }
    answers.add(END_OF_OUTPUT);
  }

  /** How the way is set, in its own words; waits until its JVM is up. */
  String settings() {
    if (settings == null) {
      settings = answer(WayMain.READY, UP_WITHIN);
    }
    return settings;
  }

  long pid() {
    return process.pid();
  }

  void send(Object... words) {
    commands.println(Stream.of(words).map(Object::toString).collect(Collectors.joining(" ")));
  }

  /** Sends a command and waits until it is done. */
  String call(Duration limit, Object... words) {
    send(words);
    return await(WayMain.DONE, limit);
  }

  /** The rest of the next answer, which must begin with a word. */
  String await(String word, Duration limit) {
    var unused = settings();
    return answer(word, limit);
  }

  private String answer(String word, Duration limit) {
    String answer = next(limit);
    if (answer == null) {
      process.destroyForcibly();
      throw new WayFailedException(
          "%s did not answer '%s' within %d s".formatted(name, word, limit.toSeconds()));
    }
    if (!answer.startsWith(word)) {
      throw new WayFailedException(
          "%s answered '%s' instead of '%s'"
              .formatted(name, answer.equals(END_OF_OUTPUT) ? "nothing more" : answer, word));
    }
    return answer.substring(word.length()).trim();
  }

  private @Nullable String next(Duration limit) {
    try {
      return answers.poll(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new WayFailedException(name + ": interrupted");
    }
  }

  @Override
  public void close() {
    commands.close();
    try {
      if (!process.waitFor(GONE_WITHIN.toMillis(), TimeUnit.MILLISECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
